"""What is done about backups: verify, drill, take one, report."""
