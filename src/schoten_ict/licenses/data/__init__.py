"""The products that come with the package."""
