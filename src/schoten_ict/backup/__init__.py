"""The room of backups: what is there, what proves that it would come back, and what does not."""
