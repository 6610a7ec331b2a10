"""From a result to text on a stream, and from data to documents."""
