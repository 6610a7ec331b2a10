"""The room of machines: asking them, keeping what they say, and comparing it with what should be."""
