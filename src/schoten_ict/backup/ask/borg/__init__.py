"""borg 1.1 to 1.4: archives of a repository on a disk or behind SSH. borg 2 is another format and tool.

A repository on a disk of the machine that looks is shown to borg as a mirror (`files`): nothing is locked,
nothing is written, and damage that borg would mend without a word is seen. Every look checks what shows
without reading data, the metadata of all archives against the index, and a share of the segments: checksums,
and every chunk decrypted and compared with its id. That costs about as much as `extract --dry-run` of as many
bytes (some 5 s for 1 GiB, where checksums alone take 1.5), but reads no chunk twice, and over a whole round
it also reaches what only older archives hold.

Behind SSH `check` reads all segments over there, under a lock, and `extract --dry-run` a share of the files
of the newest archives; only a full read decrypts everything.
"""

from schoten_ict.backup.ask.borg.looking import observe
from schoten_ict.backup.ask.borg.taking import take

__all__ = ["observe", "take"]
