"""What the engine `postgresql` is made of: reading dumps and base backups, and restoring them."""
