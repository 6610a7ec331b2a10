"""`inventory.yaml`: what should be. Schema, loading, selecting; touches nothing but YAML."""
