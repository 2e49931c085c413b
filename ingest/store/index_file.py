"""A vector index on disk: magic, version, header length, header as JSON, then the index itself.

A file is a cache: it is believed only if its checksum holds, and never needed. It is read as a whole and not mapped
into memory: the checksum takes every byte anyway, FAISS cannot add to an index that is mapped, and under a map a disk
that fails ends the process, where reading says that the file is damaged.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

from ingest.store.files import make_folder, write_durably

_MAGIC = b"ZWIX"
_VERSION = 2
_FRONT = struct.Struct("<4sII")


class IndexDamaged(Exception):
    """An index file is not what was written, or not for this version; it is to be built anew."""


@dataclass(frozen=True)
class IndexHeader:
    """Whose vectors a file holds: catalog, base, embedder, the base's generation then, and how many.

    Another catalog counts its chunks from 1 again, in a base of the same name: they are not these.
    """

    catalog: str
    base: str
    fingerprint: str
    generation: int
    count: int


def write_index(path: Path, header: IndexHeader, payload: bytes) -> None:
    """Replace the file as a whole, durably. Raises DiskFull, CatalogUnusable; then the old file stays."""
    values = {**asdict(header), "sha256": _checksum(header, payload)}
    head = json.dumps(values).encode("utf-8")
    make_folder(path.parent)
    write_durably(path, _FRONT.pack(_MAGIC, _VERSION, len(head)), head, payload)


def read_index(path: Path) -> tuple[IndexHeader, memoryview]:
    """The header and the index, which is not copied. Raises FileNotFoundError, IndexDamaged."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise IndexDamaged(f"it cannot be read: {error.strerror}") from error
    if len(data) < _FRONT.size:
        raise IndexDamaged("too short")
    magic, version, length = _FRONT.unpack_from(data)
    if magic != _MAGIC or version != _VERSION:
        raise IndexDamaged("not an index file of this version")
    payload = memoryview(data)[_FRONT.size + length :]
    try:
        values = json.loads(data[_FRONT.size : _FRONT.size + length])
        checksum = values.pop("sha256")
        header = IndexHeader(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged("broken header") from error
    if _checksum(header, payload) != checksum:
        raise IndexDamaged("wrong checksum")
    return header, payload


def _checksum(header: IndexHeader, payload: bytes | memoryview) -> str:
    digest = hashlib.sha256(json.dumps(asdict(header)).encode("utf-8"))
    digest.update(payload)
    return digest.hexdigest()
