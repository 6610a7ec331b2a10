"""Pure rules about equipment: what may happen to it, and what is wrong."""
