"""Pure rules about machines: what drifted, what changed, who is unknown."""
