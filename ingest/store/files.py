"""Writing files so that a crash leaves either all of one or none."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ingest.errors import DiskFull, IngestError
from ingest.store.errors import CatalogUnusable
from models.reasons import quoted

_FULL = {errno.ENOSPC, errno.EDQUOT}
_UNUSABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE}


def explain_os_error(error: OSError, name: str, folder: Path) -> IngestError | None:
    """What the disk has against storing or reading `name` in `folder`; None where it is no fault of the disk's.

    DiskFull where it has no room; CatalogUnusable where it is read-only, broken, gone, or closed to this user.
    """
    if error.errno in _FULL:
        return DiskFull(name=name, path=str(folder))
    if error.errno in _UNUSABLE:
        return CatalogUnusable(path=str(error.filename or folder), reason=quoted(error.strerror))
    return None


@contextmanager
def disk_named(name: str, folder: Path) -> Iterator[None]:
    """What the disk has against storing `name` in `folder` is said in our own words: as `explain_os_error` does."""
    try:
        yield
    except OSError as error:
        if (ours := explain_os_error(error, name, folder)) is not None:
            raise ours from error
        raise


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Create a folder and those above it, unless they are there, durably. Raises DiskFull, CatalogUnusable."""
    try:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        for each in missing:
            sync_folder(each.parent)
    except OSError as error:
        unusable = CatalogUnusable(path=str(folder), reason=quoted(error.strerror))
        raise explain_os_error(error, folder.name, folder) or unusable from error


def write_durably(path: Path, *pieces: bytes) -> None:
    """Write a file: after a crash it is the old one or the new one, whole. Raises DiskFull, CatalogUnusable."""
    temporary = path.with_name(f"{path.name}.new")
    with disk_named(path.name, path.parent):
        try:
            with temporary.open("wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            replace_durably(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


def replace_durably(temporary: Path, final: Path) -> None:
    """Rename a file that was written and synced, and sync its folder: it is there after a power cut."""
    temporary.replace(final)
    sync_folder(final.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable. Windows has no such call, and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
