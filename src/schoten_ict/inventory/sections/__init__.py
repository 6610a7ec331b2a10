"""The sections of `inventory.yaml`, one module each; a module declares its types and one `SECTION`."""
