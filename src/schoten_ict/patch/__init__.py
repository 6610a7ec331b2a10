"""Patch status: what is missing where, since when, against which deadline. It installs nothing."""
