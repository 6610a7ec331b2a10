"""Families of devices, one module per maker: its `PLATFORMS` declare how they are told apart and read.

A new device is a new module here; nothing else lists them. Object numbers are from the makers' MIBs, which
the modules name.
"""
