"""The room of notifications: what is told of a run, to whom, in which form."""
