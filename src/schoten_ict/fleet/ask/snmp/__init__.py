"""What is asked of devices over SNMP, and how their answers are read.

`platforms/` declares families of devices, `identity` says who a device is; the other modules read one part
each.
"""

from schoten_ict.fleet.ask.snmp.collecting import collect

__all__ = ["collect"]
