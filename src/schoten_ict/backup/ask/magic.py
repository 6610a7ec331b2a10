"""What files of common kinds begin with: an encrypted file keeps its name and loses this.

From the formats' own specifications: PKZIP APPNOTE 4.3.7, PDF 32000-1 7.5.2, PNG, JFIF, OLE2 (MS-CFB 2.2),
GIF89a, RIFF, RFC 1952 (gzip), 7z, SQLite file format 1.3.
"""

from pathlib import PurePosixPath

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_STARTS: dict[str, tuple[bytes, ...]] = {
    ".zip": _ZIP, ".docx": _ZIP, ".xlsx": _ZIP, ".pptx": _ZIP, ".odt": _ZIP, ".ods": _ZIP, ".odp": _ZIP,
    ".doc": _OLE, ".xls": _OLE, ".ppt": _OLE, ".msg": _OLE, ".msi": _OLE,
    ".pdf": (b"%PDF-",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",), ".jpeg": (b"\xff\xd8\xff",),
    ".gif": (b"GIF87a", b"GIF89a"),
    ".webp": (b"RIFF",), ".wav": (b"RIFF",), ".avi": (b"RIFF",),
    ".gz": (b"\x1f\x8b",), ".7z": (b"7z\xbc\xaf\x27\x1c",), ".rar": (b"Rar!\x1a\x07",),
    ".sqlite": (b"SQLite format 3\0",), ".exe": (b"MZ",), ".dll": (b"MZ",),
    ".rtf": (b"{\\rtf",),
}  # fmt: skip
LENGTH = max(len(start) for starts in _STARTS.values() for start in starts)
"""How many bytes of a file must be read to know."""


def is_typed(path: str) -> bool:
    """Whether files with this extension begin with something known."""
    return suffix_of(path) in _STARTS


def fits(path: str, head: bytes) -> bool:
    """Whether a file begins as its extension says; true for extensions without a rule, and empty files."""
    starts = _STARTS.get(suffix_of(path))
    return starts is None or not head or head.startswith(starts)


def suffix_of(path: str) -> str:
    """The lower-case extension of a path with `/`, with its dot; empty for none."""
    return PurePosixPath(path).suffix.lower()
