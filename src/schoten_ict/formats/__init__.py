"""Readers of other people's files: tables (CSV, XLSX), dates, money. Pure: from bytes to values."""
