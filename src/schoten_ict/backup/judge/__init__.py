"""Rules from facts, declaration, history and time to findings."""
