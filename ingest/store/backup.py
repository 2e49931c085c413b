"""Writes a data folder into one file while it is in use, and makes a data folder of such a file.

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
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from ingest.errors import DiskFull, IngestError
from ingest.store.database import FILE as CATALOG
from ingest.store.database import check_revision, explain
from ingest.store.files import disk_full_named, replace_durably, sync_folder
from ingest.store.lock import DataFolderLock

MANIFEST = "manifest.json"
FORMAT = 1
# Files of the data folder that are taken as they are, if they are there.
_SMALL = ("calibrations.json", "choices.json")
# All that a data folder consists of, the catalog last: without it a folder counts as empty.
_PARTS = ("index", "originals", "pages", *_SMALL, f"{CATALOG}-wal", f"{CATALOG}-shm", CATALOG)
_ORIGINAL = re.compile(r"originals/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_PICTURE = re.compile(r"pages/[0-9a-f]{64}/[0-9]{1,7}\.webp")
_PIECE = 1 << 20
# The year 9999, in seconds.
_LATEST = 253_000_000_000
# A manifest has a line for every original: so much is enough for a million.
_LARGEST_MANIFEST = 256_000_000
# What zipfile and zlib say of bytes that are no archive.
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    RuntimeError,
    ValueError,
)
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


class BackupDamaged(IngestError):
    """The file is no backup, or not as it was written."""

    code = "backup-damaged"
    template = "{path} is not a whole backup of Zhiwen ({reason}). Nothing was restored; use another backup."


class BackupTooNew(IngestError):
    """The backup was written by a later version of Zhiwen."""

    code = "backup-too-new"
    template = "{path} was written by a later version of Zhiwen ({version}). Update Zhiwen, then restore it."


class FolderInUse(IngestError):
    """The data folder holds documents already."""

    code = "folder-in-use"
    template = (
        "{folder} holds a catalog already. Set ZHIWEN_DATA_DIR to an empty folder, or add --replace: what is there "
        "now is then kept beside it."
    )


@dataclass(frozen=True)
class BackedUp:
    """What a backup holds. `lost` names the documents whose original is not as it was, or not there."""

    path: Path
    documents: int
    originals: int
    size: int
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Restored:
    """What came out of a backup, and where what was there before is now."""

    folder: Path
    documents: int
    originals: int
    written_at: float
    before: Path | None = None


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
    with _named(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
        os.close(descriptor)
    part = Path(name)
    snapshot = part.with_suffix(".db")
    try:
        with _named(path):
            done = _tried(folder, part, snapshot, version)
            replace_durably(part, path)
    finally:
        part.unlink(missing_ok=True)
        snapshot.unlink(missing_ok=True)
    return replace(done, path=path)


def restore(path: Path, folder: Path, *, over: bool = False) -> Restored:
    """Make `folder` the data folder that a backup holds. Nothing is changed before all of the backup was checked.

    With `over` what the folder holds is moved into a folder beside it. Raises DataFolderBusy, FolderInUse,
    BackupDamaged, BackupTooNew, CatalogTooNew, BackupUnwritable, DiskFull.
    """
    with DataFolderLock(folder):
        if (folder / CATALOG).exists() and not over:
            raise FolderInUse(folder=str(folder))
        with _named(folder):
            fresh = Path(tempfile.mkdtemp(dir=folder, prefix="restoring-"))
        try:
            with _named(path), _opened(path) as archive:
                manifest = _manifest(archive, path)
                _check_room(manifest, folder)
                for member in manifest["members"]:
                    _extract(archive, member, fresh, path)
            documents = _checked(fresh / CATALOG, path)
            with _named(folder):
                before = _swap(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    originals = sum(member["name"].startswith("originals/") for member in manifest["members"])
    return Restored(folder, documents, originals, manifest["written_at"], before)


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
    members += [_member(name, folder / name) for name in _SMALL if (folder / name).is_file()]
    lost = []
    for sha256, name in wanted.items():
        original = folder / "originals" / sha256[:2] / sha256
        if not original.is_file() and sha256 not in _wanted(folder / CATALOG)[0]:
            raise _Vanished
        found = _member(f"originals/{sha256[:2]}/{sha256}", original) if original.is_file() else None
        if found is None or found["sha256"] != sha256:
            lost.append(name)
            continue
        members.append(found)
        pictures = sorted((folder / "pages" / sha256).glob("*.webp"))
        members += [_member(f"pages/{sha256}/{picture.name}", picture) for picture in pictures]
    manifest = {"format": FORMAT, "version": version, "written_at": time.time(), "members": members}
    with part.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, json.dumps(manifest))
            for member in members:
                _add(archive, member, snapshot if member["name"] == CATALOG else folder / member["name"])
        file.flush()
        os.fsync(file.fileno())
    originals = sum(each["name"].startswith("originals/") for each in members)
    return BackedUp(part, documents, originals, part.stat().st_size, tuple(lost))


def _wanted(catalog: Path) -> tuple[dict[str, str], int]:
    """The hash of every original that a catalog needs, with the name of a document of it; and how many documents."""
    with closing(_reading(catalog)) as connection:
        rows = connection.execute(
            "SELECT sha256, name FROM documents WHERE kept UNION "
            "SELECT jobs.sha256, name FROM jobs JOIN documents ON documents.id = document_id"
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
            shutil.copyfileobj(source, target, _PIECE)
    except FileNotFoundError as error:
        raise _Vanished from error


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _BROKEN as error:
        raise BackupDamaged(path=str(path), reason=error) from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """The checked manifest: the archive holds what it names, each once, and nothing else."""
    try:
        if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
            raise ValueError("the manifest is too large")
        manifest = json.loads(archive.read(MANIFEST))
        if manifest["format"] > FORMAT:
            raise BackupTooNew(path=str(path), version=manifest["version"])
        members = manifest["members"]
        names = [member["name"] for member in members]
        if sorted([MANIFEST, *names]) != sorted(archive.namelist()) or CATALOG not in names:
            raise ValueError("members are missing, or are there that should not be")
        for member in members:
            original = _ORIGINAL.fullmatch(member["name"])
            if not original and member["name"] not in (CATALOG, *_SMALL) and not _PICTURE.fullmatch(member["name"]):
                raise ValueError(f"{member['name']!r} does not belong there")
            if original and original[2] != member["sha256"]:
                raise ValueError(f"{member['name']} has another hash")
            if archive.getinfo(member["name"]).file_size != member["size"]:
                raise ValueError(f"{member['name']} has another size")
        written_at = float(manifest["written_at"])
        if not 0 <= written_at < _LATEST:
            raise ValueError("it was written at no time")
        return {"members": members, "written_at": written_at}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupDamaged(path=str(path), reason=error) from error


def _check_room(manifest: dict[str, Any], folder: Path) -> None:
    if sum(member["size"] for member in manifest["members"]) > shutil.disk_usage(folder).free:
        raise DiskFull(name=MANIFEST.removesuffix(".json"), path=str(folder))


def _extract(archive: zipfile.ZipFile, member: dict[str, Any], into: Path, path: Path) -> None:
    target = into / member["name"]
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), member["size"]
    with archive.open(member["name"]) as source, _created(target) as file:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                break
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(target.parent)
    if left != 0 or digest.hexdigest() != member["sha256"]:
        raise BackupDamaged(path=str(path), reason=f"{member['name']} is not as it was written")


def _created(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _checked(catalog: Path, path: Path) -> int:
    """How many documents a restored catalog has, in which nobody is logged in. Raises BackupDamaged, CatalogTooNew."""
    try:
        with closing(sqlite3.connect(catalog, isolation_level=None)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
            if verdict != "ok":
                raise BackupDamaged(path=str(path), reason=verdict)
            check_revision(connection, path)
            (documents,) = connection.execute("SELECT count(*) FROM documents").fetchone()
            # Who was logged in then has logged out since, or changed the password.
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").fetchone():
                connection.execute("DELETE FROM sessions")
    except sqlite3.Error as error:
        raise BackupDamaged(path=str(path), reason=error) from error
    return int(documents)


def _swap(fresh: Path, folder: Path) -> Path | None:
    """Put the parts of a restored data folder in the place of those that are there, which go into a folder beside it.

    A failure puts them back.
    """
    there = [name for name in _PARTS if (folder / name).exists()]
    before = folder.with_name(f"{folder.name}-before-{time.strftime('%Y%m%d-%H%M%S')}") if there else None
    moves = [(folder / name, before / name) for name in there] if before else []
    moves += [(fresh / name, folder / name) for name in _PARTS if (fresh / name).exists()]
    if before:
        before.mkdir(mode=0o700)
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            source.rename(target)
            done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        if before:
            before.rmdir()
        raise
    for changed in filter(None, (before, folder, folder.parent)):
        sync_folder(changed)
    return before


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """A full disk becomes DiskFull, another failure of the file system BackupUnwritable."""
    try:
        with disk_full_named(path.name, path.parent):
            yield
    except OSError as error:
        raise BackupUnwritable(path=str(error.filename or path), reason=error.strerror or error) from error
