"""Writes a data folder into one file while it is in use.

A backup is a ZIP file: `manifest.json` with the size and hash of every other member, a snapshot of `catalog.db`, the
originals that it names, the pictures of pages that nobody can make again, and what was chosen and calibrated on the
machine. Indices are left out: they are made of these again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.errors import DiskFull, IngestError
from ingest.store.database import FILE as CATALOG
from ingest.store.database import explain
from ingest.store.exchange import SMALL
from ingest.store.files import explain_os_error, replace_durably
from models.reasons import quoted

MANIFEST = "manifest.json"
FORMAT = 1
PIECE = 1 << 20
# How often a snapshot is taken again because a document was deleted meanwhile.
_TRIES = 5


class NothingToBackUp(IngestError):
    """The data folder has no catalog."""

    code = "nothing-to-back-up"
    template = "{folder} holds no catalog. Set ZHIWEN_DATA_DIR to the data folder that is to be backed up."


class BackupExists(IngestError):
    """There is a file where the backup is to go."""

    code = "backup-exists"
    template = "{path} exists already. Choose another name, or delete it first."


class BackupRaced(IngestError):
    """Documents were deleted faster than they could be copied."""

    code = "backup-raced"
    permanent = False
    template = "Documents in {folder} were deleted again and again while they were copied. Try again when it is quiet."


class BackupUnwritable(IngestError):
    """The backup cannot be written, or the data folder cannot be read or written."""

    code = "backup-unwritable"
    template = "{path} cannot be read or written ({reason})."


@dataclass(frozen=True)
class BackedUp:
    """What a backup holds. `lost` names the documents whose original is not as it was, or not there."""

    path: Path
    documents: int
    originals: int
    size: int
    lost: tuple[str, ...] = ()


class _Vanished(Exception):
    """An original was deleted after the snapshot was taken."""


def back_up(folder: Path, path: Path, version: str) -> BackedUp:
    """Write a backup of a data folder, which may be in use, to `path`. All of it is there then, or nothing.

    Raises NothingToBackUp, BackupExists, BackupRaced, BackupUnwritable, CatalogDamaged, DiskFull.
    """
    if not (folder / CATALOG).is_file():
        raise NothingToBackUp(folder=str(folder))
    if path.exists():
        raise BackupExists(path=str(path))
    with unwritable_named(path):
        _sweep(path)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
        os.close(descriptor)
    part = Path(name)
    snapshot = part.with_suffix(".db")
    try:
        with unwritable_named(path):
            done = _tried(folder, part, snapshot, version)
            replace_durably(part, path)
    finally:
        part.unlink(missing_ok=True)
        snapshot.unlink(missing_ok=True)
    return replace(done, path=path)


def _sweep(path: Path) -> None:
    """Delete what a backup to the same file left behind that was killed: it holds the text of documents."""
    left = re.compile(rf"\.{re.escape(path.name)}-[a-z0-9_]{{8}}\.(part|db(-journal|-wal|-shm)?)")
    for found in path.parent.iterdir():
        if left.fullmatch(found.name):
            found.unlink(missing_ok=True)


def _tried(folder: Path, part: Path, snapshot: Path, version: str) -> BackedUp:
    for _ in range(_TRIES):
        _take_snapshot(folder / CATALOG, snapshot)
        with suppress(_Vanished):
            return _write(folder, part, snapshot, version)
    raise BackupRaced(folder=str(folder))


def _take_snapshot(catalog: Path, snapshot: Path) -> None:
    """One state of a catalog that others may be writing to. A reader holds no writer up."""
    snapshot.unlink(missing_ok=True)
    snapshot.touch(mode=0o600)
    try:
        with (
            closing(_reading(catalog)) as source,
            closing(sqlite3.connect(snapshot)) as target,
        ):
            source.backup(target)
            # One file: no write-ahead log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise explain(error, catalog) or error from error


def _write(folder: Path, part: Path, snapshot: Path, version: str) -> BackedUp:
    """Write the archive. Raises _Vanished if an original that was there is gone when it is copied."""
    wanted, documents = _wanted(snapshot)
    members = [_member(CATALOG, snapshot)]
    members += [_member(name, folder / name) for name in SMALL if (folder / name).is_file()]
    lost: dict[str, str] = {}
    for sha256, name in wanted.items():
        original = folder / "originals" / sha256[:2] / sha256
        found = _member(f"originals/{sha256[:2]}/{sha256}", original) if original.is_file() else None
        if found is None or found["sha256"] != sha256:
            lost[sha256] = name
            continue
        members.append(found)
        pictures = sorted((folder / "pages" / sha256).glob("*.webp"))
        members += [_member(f"pages/{sha256}/{picture.name}", picture) for picture in pictures]
    # What nobody wants any more is not lost: somebody deleted it meanwhile.
    if lost and not lost.keys() <= _wanted(folder / CATALOG)[0].keys():
        raise _Vanished
    manifest = {"format": FORMAT, "version": version, "written_at": time.time(), "members": members}
    with part.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, json.dumps(manifest))
            for member in members:
                _add(archive, member, snapshot if member["name"] == CATALOG else folder / member["name"])
        file.flush()
        os.fsync(file.fileno())
    originals = sum(each["name"].startswith("originals/") for each in members)
    return BackedUp(part, documents, originals, part.stat().st_size, tuple(lost.values()))


def _wanted(catalog: Path) -> tuple[dict[str, str], int]:
    """The hash of every original that a catalog needs, with the name of a document of it; and how many documents."""
    with closing(_reading(catalog)) as connection:
        rows = connection.execute(
            "SELECT sha256, name FROM documents WHERE kept UNION "
            "SELECT jobs.sha256, name FROM jobs JOIN documents ON documents.id = document_id WHERE jobs.kind = 'ingest'"
        ).fetchall()
        (documents,) = connection.execute("SELECT count(*) FROM documents").fetchone()
    return dict(rows), int(documents)


def _reading(catalog: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{catalog.absolute().as_uri()}?mode=ro", uri=True, timeout=30)


def _member(name: str, path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return {"name": name, "size": file.tell(), "sha256": digest}
    except FileNotFoundError as error:
        raise _Vanished from error


def _add(archive: zipfile.ZipFile, member: dict[str, Any], path: Path) -> None:
    # The catalog is text; most of the rest is compressed already.
    kind = zipfile.ZIP_DEFLATED if member["name"] == CATALOG else zipfile.ZIP_STORED
    info = zipfile.ZipInfo(member["name"])
    info.compress_type, info.file_size = kind, member["size"]
    try:
        with path.open("rb") as source, archive.open(info, "w") as target:
            shutil.copyfileobj(source, target, PIECE)
    except FileNotFoundError as error:
        raise _Vanished from error


@contextmanager
def unwritable_named(path: Path) -> Iterator[None]:
    """A full disk becomes DiskFull, another failure of the file system BackupUnwritable."""
    try:
        yield
    except OSError as error:
        ours = explain_os_error(error, path.name, path.parent)
        if isinstance(ours, DiskFull):
            raise ours from error
        raise BackupUnwritable(path=str(error.filename or path), reason=quoted(error.strerror or error)) from error
