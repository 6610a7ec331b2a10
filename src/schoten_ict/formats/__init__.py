"""Readers of other people's files: tables (CSV, XLSX), dates and amounts of money. Pure, from bytes to values."""
