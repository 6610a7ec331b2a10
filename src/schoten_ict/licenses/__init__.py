"""Licences: what is owned, what is used, what is missing or idle, and what to buy."""
