"""`inventory.yaml`: what should be. Schema, loading, selecting; touches nothing but YAML."""

from schoten_ict.inventory.loading import load
from schoten_ict.inventory.model import Inventory

__all__ = ["Inventory", "load"]
