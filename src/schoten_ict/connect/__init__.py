"""Connectors: the only place that speaks to machines, and the only one that imports the libraries for it."""
