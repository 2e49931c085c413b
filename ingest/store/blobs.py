"""The original files, each once, named by the hash of its bytes: originals/ab/<sha256>."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from ingest.errors import EmptyFile, FileTooLarge
from ingest.parsers.formats import FORMATS
from ingest.store.files import disk_named, make_folder, replace_durably, sync_folder
from ingest.store.records import Blob

# What the name of a damaged original ends with.
DAMAGED = ".damaged"
# What the mark of an original ends with that comes or goes just now.
_GOING = ".going"
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
        """What cannot be deleted now is swept at the next start."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


class Blobs:
    """The folder `originals` of a data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        make_folder(self.incoming)

    def store(self, stream: BinaryIO, name: str, max_bytes: int) -> Blob:
        """Keep what the stream holds. Raises EmptyFile, FileTooLarge, DiskFull, CatalogUnusable; then nothing is."""
        return self.keep(self.receive(stream, name, max_bytes))

    def receive(self, stream: BinaryIO, name: str, max_bytes: int) -> Received:
        """Write a stream to disk and hash it, without keeping it yet. Raises as `store` does."""
        with disk_named(name, self.folder):
            descriptor, temporary = tempfile.mkstemp(dir=self.incoming)
        path = Path(temporary)
        try:
            # Unbuffered, so that closing it writes nothing more that could fail.
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                digest, size = self._copy(stream, file, name, max_bytes)
        except BaseException:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise
        return Received(Blob(digest, size, media_type(name)), path)

    def _copy(self, stream: BinaryIO, file: FileIO, name: str, max_bytes: int) -> tuple[str, int]:
        """The hash and the size of what was copied. The disk of the stream may be another one, and its errors too."""
        digest, size = hashlib.sha256(), 0
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > max_bytes:
                raise FileTooLarge(name=name, limit_mb=max_bytes // 1_000_000)
            digest.update(piece)
            with disk_named(name, self.folder):
                left = memoryview(piece)
                while left:
                    left = left[file.write(left) :]
        if size == 0:
            raise EmptyFile(name=name)
        with disk_named(name, self.folder):
            os.fsync(file.fileno())
        return digest.hexdigest(), size

    def keep(self, received: Received) -> Blob:
        """Give a received file its final name. Raises DiskFull, CatalogUnusable; then it is dropped."""
        final = self.path(received.blob.sha256)
        try:
            make_folder(final.parent)
            with disk_named(final.name, self.folder):
                replace_durably(received.path, final)
        except BaseException:
            received.drop()
            raise
        return received.blob

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash are, or would be."""
        return self.folder / sha256[:2] / sha256

    def is_whole(self, sha256: str) -> bool:
        """Whether the bytes are there, and are those that have this hash. Reads all of them. Raises CatalogUnusable."""
        path = self.path(sha256)
        with disk_named(sha256, self.folder):
            if not path.is_file():
                return False
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def damaged_path(self, sha256: str) -> Path:
        """Where bytes are put that should have this hash and have another."""
        return self.path(f"{sha256}{DAMAGED}")

    def remove(self, sha256: str) -> None:
        """Delete a file, and what a repair took for a damaged one, if it is there. Raises CatalogUnusable."""
        with disk_named(sha256, self.folder):
            there = [path for path in (self.path(sha256), self.damaged_path(sha256)) if path.exists()]
            for path in there:
                path.unlink()
            if there:
                sync_folder(there[0].parent)

    def begin(self, hashes: Collection[str]) -> None:
        """Note, before their rows change, that these originals come or go: those that no row names may be deleted then.

        Without the note an original stays, for a catalog may have lost its row. Raises DiskFull, CatalogUnusable.
        """
        if not hashes:
            return
        with disk_named(self.incoming.name, self.folder):
            for sha256 in hashes:
                (self.incoming / f"{sha256}{_GOING}").touch()
            sync_folder(self.incoming)

    def end(self, hashes: Collection[str]) -> None:
        """Take back what `begin` noted. What cannot be deleted now goes at the next start."""
        for sha256 in hashes:
            with suppress(OSError):
                (self.incoming / f"{sha256}{_GOING}").unlink(missing_ok=True)

    def going(self) -> set[str]:
        """The hashes that `begin` noted, and nothing took back."""
        return {path.stem for path in self.incoming.glob(f"*{_GOING}")}

    def every(self) -> Iterator[str]:
        """The hashes of all files."""
        for path in self.folder.glob("??/*"):
            if _NAME.fullmatch(path.name):
                yield path.name

    def sweep(self) -> None:
        """Delete what uploads left behind that never ended, and what libraries put there for a while; no notes."""
        with disk_named(self.incoming.name, self.folder):
            for path in self.incoming.iterdir():
                if path.suffix == _GOING:
                    continue
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
