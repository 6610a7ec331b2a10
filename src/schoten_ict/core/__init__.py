"""The words that all other packages use. Nothing here reads a network, a clock or the store."""
