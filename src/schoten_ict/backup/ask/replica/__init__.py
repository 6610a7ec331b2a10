"""Replica: a copied tree beside its source, on one machine or on two.

`repository.url` is the folder of the copy. What changed in the source longer ago than the RPO must be in it,
and so must what changed before the replica last took something (`timing.py`); what changed since may still be
on its way, and says how far the replica lags. The copy of a source path lies in the folder itself, below the
path's last part, or below the whole path, as rsync does it with a slash at the end, without, and with
`--relative`: where most of its files are.

A replica that is compared as rsync does, by size and time, hides a changed bit for ever: here both sides are
read and hashed, a share per look. Links, rights and owners are not compared.
"""

from schoten_ict.backup.ask.replica.looking import observe
from schoten_ict.backup.ask.replica.taking import take

__all__ = ["observe", "take"]
