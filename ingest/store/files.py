"""Writing files so that a crash leaves either all of one or none."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import DiskFull, IngestError
from ingest.store.errors import CatalogUnusable

_FULL = {errno.ENOSPC, errno.EDQUOT}
_UNUSABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE}


def explain_os_error(error: OSError, name: str, folder: Path) -> IngestError | None:
    """What the disk has against storing or reading `name` in `folder`; None where it is no fault of the disk's."""
    if error.errno in _FULL:
        return DiskFull(name=name, path=str(folder))
    if error.errno in _UNUSABLE:
        return CatalogUnusable(path=str(error.filename or folder), reason=error.strerror)
    return None


@contextmanager
def disk_full_named(name: str, folder: Path) -> Iterator[None]:
    """A full disk becomes DiskFull, saying what could not be stored."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(name=name, path=str(folder)) from error
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
