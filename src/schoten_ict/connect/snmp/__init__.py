"""SNMP: one way to ask, two libraries that do it."""
