"""How large the directory of a ZIP file is, before it is read: millions of empty members fit into a small file."""

from __future__ import annotations

import os
import struct
from pathlib import Path

# An entry takes 46 bytes and its name: this is some 100,000 members, more than any document has.
MOST_BYTES = 10_000_000

# PKWARE's APPNOTE, 4.3.16, 4.3.15 and 4.3.14: the end of the directory, and that of one that needs 64 bits.
_END, _LOCATOR, _END_64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_END_BYTES, _LOCATOR_BYTES, _END_64_BYTES = 22, 20, 56
_LONGEST_COMMENT = 65_535


def directory_bytes(path: Path) -> int:
    """The size that the file declares, as `zipfile` will believe it; 0 for what is no ZIP file."""
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        start = max(0, length - _END_BYTES - _LONGEST_COMMENT - _LOCATOR_BYTES)
        file.seek(start)
        tail = file.read()
        at = tail.rfind(_END)
        if at < 0 or len(tail) - at < _END_BYTES:
            return 0
        size, _ = struct.unpack_from("<LL", tail, at + 12)
        locator = tail[at - _LOCATOR_BYTES : at] if at >= _LOCATOR_BYTES else b""
        if locator.startswith(_LOCATOR):
            # It stands right before its locator, or where that says: the larger of the two counts.
            (where,) = struct.unpack_from("<Q", locator, 8)
            sizes = (_size_64(path, start + at - _LOCATOR_BYTES - _END_64_BYTES), _size_64(path, where))
            return max(int(size), *sizes)
        return int(size)


def _size_64(path: Path, at: int) -> int:
    if not 0 <= at < 1 << 62:
        return 0
    with path.open("rb") as file:
        file.seek(at)
        record = file.read(_END_64_BYTES)
    return int(struct.unpack_from("<Q", record, 40)[0]) if len(record) == _END_64_BYTES and record[:4] == _END_64 else 0
