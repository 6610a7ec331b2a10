"""What the store keeps of backups: points, runs and proofs."""
