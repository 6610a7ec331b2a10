"""How each engine is asked: one module each, with `observe`."""
