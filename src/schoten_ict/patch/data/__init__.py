"""Dated data that ships with the package, and how it is read and renewed."""
