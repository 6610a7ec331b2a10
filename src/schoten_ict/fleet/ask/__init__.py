"""What is asked of each platform and how its answer is read."""
