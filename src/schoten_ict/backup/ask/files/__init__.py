"""Files: archives, dumps or dated folders of one pattern, or one plain tree of files.

`repository.url` is a pattern (`/backup/app/app-*.tar.gz`), one archive, or a folder. Of a folder, what in it
has a date in its name are the backups where that is most of it; else the folder itself is one. Read are tar
and zip, packed with gzip, bzip2, xz, or zstd where that program is there; of any other file only the sum can
be proven. A manifest of SHA-256 sums is the declared one, or `NAME.sha256` beside a backup, or `SHA256SUMS`
beside or in it. Archives are read where they lie, by Python: the machine that looks needs no other program.

What a plain copy cannot tell: when its writing began. So only source files that did not change for twelve
hours before it must be in it.
"""

from schoten_ict.backup.ask.files.looking import observe
from schoten_ict.backup.ask.files.taking import take

__all__ = ["observe", "take"]
