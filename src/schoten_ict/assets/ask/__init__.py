"""Reading other people's lists of equipment: from bytes to rows, nothing stored."""
