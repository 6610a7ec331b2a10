"""The commands, one file per `ict GROUP`: parse, call a room, return a result."""
