"""What the store keeps of updates, and its questions."""
