"""Makes a data folder of a backup: all of it, or nothing is changed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ingest.errors import DiskFull, IngestError
from ingest.store.backup import FORMAT, MANIFEST, PIECE, unwritable_named
from ingest.store.database import FILE as CATALOG
from ingest.store.database import check_revision
from ingest.store.exchange import FRESH, SMALL, exchange, under_way
from ingest.store.files import sync_folder
from ingest.store.lock import DataFolderLock
from models.errors import Cause
from models.reasons import because, quoted

_ORIGINAL = re.compile(r"originals/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_PICTURE = re.compile(r"pages/[0-9a-f]{64}/[0-9]{1,7}\.webp")
# The year 9999, in seconds.
_LATEST = 253_000_000_000
# A manifest has a line for every original: so much is enough for a million.
_LARGEST_MANIFEST = 256_000_000
_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
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


class BackupDamaged(IngestError):
    """The file is no backup, or not as it was written."""

    code = "backup-damaged"
    template = "{path} is not a whole backup of Zhiwen ({reason}). Nothing was restored; use another backup."


class _Unlike(Cause):
    """The archive differs from what backups are."""


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
class Restored:
    """What came out of a backup, and where what was there before is now."""

    folder: Path
    documents: int
    originals: int
    written_at: float
    before: Path | None = None


def restore(path: Path, folder: Path, *, over: bool = False) -> Restored:
    """Make `folder` the data folder that a backup holds. Nothing is changed before all of the backup was checked.

    With `over` what the folder holds is moved into a folder beside it. Raises DataFolderBusy, FolderInUse,
    BackupDamaged, BackupTooNew, CatalogTooNew, BackupUnwritable, DiskFull.
    """
    with DataFolderLock(folder):
        if (folder / CATALOG).exists() and not over:
            raise FolderInUse(folder=str(folder))
        with unwritable_named(folder):
            fresh = Path(tempfile.mkdtemp(dir=folder, prefix=FRESH))
        try:
            with unwritable_named(path), _opened(path) as archive:
                manifest = _manifest(archive, path)
                _check_room(manifest, path.name, folder)
                for member in manifest["members"]:
                    _extract(archive, member, fresh, path)
                for made in (fresh, *(each for each in fresh.rglob("*") if each.is_dir())):
                    sync_folder(made)
            documents = _checked(fresh / CATALOG, path)
            with unwritable_named(folder):
                before = exchange(fresh, folder)
        finally:
            if not under_way(folder):
                shutil.rmtree(fresh, ignore_errors=True)
    originals = sum(member["name"].startswith("originals/") for member in manifest["members"])
    return Restored(folder, documents, originals, manifest["written_at"], before)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _BROKEN as error:
        raise BackupDamaged(path=str(path), reason=quoted(error)) from error
    except OSError as error:
        # A member is said to begin before the file does.
        if error.errno != errno.EINVAL:
            raise
        raise BackupDamaged(path=str(path), reason=because("cut-off")) from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """The checked manifest: the archive holds what it names, each once, and nothing else."""
    try:
        if any(each.compress_type not in _WAYS for each in archive.infolist()):
            raise _Unlike(because("backup-packing"))
        if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
            raise _Unlike(because("backup-manifest-large"))
        manifest = json.loads(archive.read(MANIFEST))
        if manifest["format"] > FORMAT:
            raise BackupTooNew(path=str(path), version=manifest["version"])
        members = manifest["members"]
        names = [member["name"] for member in members]
        if sorted([MANIFEST, *names]) != sorted(archive.namelist()) or CATALOG not in names:
            raise _Unlike(because("backup-members"))
        for member in members:
            original = _ORIGINAL.fullmatch(member["name"])
            if not original and member["name"] not in (CATALOG, *SMALL) and not _PICTURE.fullmatch(member["name"]):
                raise _Unlike(because("backup-member-foreign", name=member["name"]))
            if original and original[2] != member["sha256"]:
                raise _Unlike(because("backup-member-hash", name=member["name"]))
            if archive.getinfo(member["name"]).file_size != member["size"]:
                raise _Unlike(because("backup-member-size", name=member["name"]))
        written_at = float(manifest["written_at"])
        if not 0 <= written_at < _LATEST:
            raise _Unlike(because("backup-no-time"))
        return {"members": members, "written_at": written_at}
    except _Unlike as cause:
        raise BackupDamaged(path=str(path), reason=cause.reason) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupDamaged(path=str(path), reason=quoted(error)) from error


def _check_room(manifest: dict[str, Any], name: str, folder: Path) -> None:
    if sum(member["size"] for member in manifest["members"]) > shutil.disk_usage(folder).free:
        raise DiskFull(name=name, path=str(folder))


def _extract(archive: zipfile.ZipFile, member: dict[str, Any], into: Path, path: Path) -> None:
    target = into / member["name"]
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), member["size"]
    with archive.open(member["name"]) as source, _created(target) as file:
        while piece := source.read(PIECE):
            left -= len(piece)
            if left < 0:
                break
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if left != 0 or digest.hexdigest() != member["sha256"]:
        raise BackupDamaged(path=str(path), reason=because("backup-member-changed", name=member["name"]))


def _created(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _checked(catalog: Path, path: Path) -> int:
    """How many documents a restored catalog has, in which nobody is logged in. Raises BackupDamaged, CatalogTooNew."""
    try:
        with closing(sqlite3.connect(catalog, isolation_level=None)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
            if verdict != "ok":
                raise BackupDamaged(path=str(path), reason=quoted(verdict))
            check_revision(connection, path)
            (documents,) = connection.execute("SELECT count(*) FROM documents").fetchone()
            # Who was logged in then has logged out since, or changed the password.
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").fetchone():
                connection.execute("DELETE FROM sessions")
    except sqlite3.Error as error:
        raise BackupDamaged(path=str(path), reason=quoted(error)) from error
    return int(documents)
