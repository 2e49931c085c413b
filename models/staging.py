"""From fetched files to installed weights: the room they need, and the one step that shows them."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models import installed
from models.catalog import Weights
from models.errors import DiskSpace, PullCancelled, PullFailed
from models.fetch_http import Stopped, Watcher, flush_to_disk, sha256_of
from models.reasons import because

_SLACK = 64 << 20


def staging(weights: Weights, weights_dir: Path, source: str) -> Path:
    """Where a source keeps what it has of some weights, until all of it is there."""
    return weights_dir / installed.PARTIAL / weights.name / source


def install(weights: Weights, files: Path, weights_dir: Path, source: str, watcher: Watcher) -> None:
    """Move a folder of finished files to its place, record included, in one step."""
    names = sorted(p.relative_to(files).as_posix() for p in files.rglob("*") if p.is_file())
    sha256s = {name: sha256_of(files / name, watcher) for name in names if name != installed.RECORD}
    installed.write_record(files, weights, source, sha256s)
    for name in (*sha256s, installed.RECORD):
        flush_to_disk(files / name)
    final = weights_dir / weights.name
    if final.exists():
        installed.discard(final, weights_dir)
    files.replace(final)
    _flush_folder(weights_dir)
    shutil.rmtree(weights_dir / installed.PARTIAL / weights.name, ignore_errors=True)


@contextmanager
def explained(weights: Weights, weights_dir: Path) -> Iterator[None]:
    """Say a stop, a full disk and a refusing file system in our own words."""
    try:
        yield
    except Stopped as stop:
        raise PullCancelled(name=weights.name) from stop
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            reason = because("file-system-refused", error=error.strerror, file=error.filename)
            raise PullFailed(name=weights.name, reason=reason) from error
        raise _disk_space(weights, weights_dir, weights.size) from error


def need(weights: Weights, weights_dir: Path, needed: int) -> None:
    """Raises DiskSpace when `needed` bytes and some slack are not free."""
    if shutil.disk_usage(weights_dir).free < needed + _SLACK:
        raise _disk_space(weights, weights_dir, needed + _SLACK)


def _disk_space(weights: Weights, weights_dir: Path, needed: int) -> DiskSpace:
    free = shutil.disk_usage(weights_dir).free
    return DiskSpace(name=weights.name, path=weights_dir, needed_mb=needed >> 20, free_mb=free >> 20)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
