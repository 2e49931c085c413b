"""The original files, each once, named by the hash of its bytes: originals/ab/<sha256>."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from ingest.errors import EmptyFile, FileTooLarge
from ingest.parsers.formats import FORMATS
from ingest.store.errors import CatalogUnusable
from ingest.store.files import disk_full_named, replace_durably, sync_folder
from ingest.store.records import Blob

_PIECE = 1 << 20
_NAME = re.compile(r"[0-9a-f]{64}")
# Endings whose type is another than that of their family in ingest/parsers/formats.py.
_TYPES = (("image/webp", ".webp"), ("application/rtf", ".rtf"), ("text/tab-separated-values", ".tsv"))


@dataclass(frozen=True)
class Received:
    """A file that is on disk under a temporary name, until it is kept or dropped."""

    blob: Blob
    path: Path

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)


class Blobs:
    """The folder `originals` of a data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        try:
            with disk_full_named(folder.name, folder):
                self.incoming.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogUnusable(path=str(folder), reason=error.strerror) from error

    def store(self, stream: BinaryIO, name: str, max_bytes: int) -> Blob:
        """Keep what the stream holds. Raises EmptyFile, FileTooLarge, DiskFull; then nothing is kept."""
        return self.keep(self.receive(stream, name, max_bytes))

    def receive(self, stream: BinaryIO, name: str, max_bytes: int) -> Received:
        """Write a stream to disk and hash it, without keeping it yet. Raises as `store` does."""
        with disk_full_named(name, self.folder):
            descriptor, temporary = tempfile.mkstemp(dir=self.incoming)
        path = Path(temporary)
        try:
            with disk_full_named(name, self.folder), os.fdopen(descriptor, "wb") as file:
                digest, size = _copy(stream, file, name, max_bytes)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Received(Blob(digest, size, media_type(name)), path)

    def keep(self, received: Received) -> Blob:
        """Give a received file its final name. Raises DiskFull; then it is dropped."""
        final = self.path(received.blob.sha256)
        try:
            with disk_full_named(final.name, self.folder):
                if not final.parent.is_dir():
                    final.parent.mkdir(exist_ok=True)
                    sync_folder(self.folder)
                replace_durably(received.path, final)
        except BaseException:
            received.drop()
            raise
        return received.blob

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash are, or would be."""
        return self.folder / sha256[:2] / sha256

    def remove(self, sha256: str) -> None:
        """Delete a file, if it is there."""
        path = self.path(sha256)
        if path.exists():
            path.unlink()
            sync_folder(path.parent)

    def every(self) -> Iterator[str]:
        """The hashes of all files."""
        for path in self.folder.glob("??/*"):
            if _NAME.fullmatch(path.name):
                yield path.name

    def sweep(self) -> None:
        """Delete what uploads left behind that never ended, and what libraries put there for a while."""
        for path in self.incoming.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def media_type(name: str) -> str:
    """What a file's name says of its kind."""
    return _table().guess_type(name)[0] or "application/octet-stream"


@cache
def _table() -> mimetypes.MimeTypes:
    # Python's own table, not the machine's: the same file has the same type everywhere.
    table = mimetypes.MimeTypes()
    for kind, ending in _TYPES:
        table.add_type(kind, ending)
    for found in FORMATS.values():
        for ending in found.extensions:
            if table.guess_type(f"a{ending}")[0] is None:
                table.add_type(found.media_type, ending)
    return table


def _copy(stream: BinaryIO, file: BinaryIO, name: str, max_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > max_bytes:
            raise FileTooLarge(name=name, limit_mb=max_bytes // 1_000_000)
        digest.update(piece)
        file.write(piece)
    if size == 0:
        raise EmptyFile(name=name)
    file.flush()
    os.fsync(file.fileno())
    return digest.hexdigest(), size
