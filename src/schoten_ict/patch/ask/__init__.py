"""What is asked about updates, per manager, and how the answers are read."""
