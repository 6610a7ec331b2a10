"""The room of equipment: what there is, who holds it, under which policy, and what became of it."""
