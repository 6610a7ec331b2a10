"""The tables of this room, read."""
