"""ict: the toolkit of a municipal ICT team."""

__version__ = "0.1.0"
