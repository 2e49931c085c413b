"""How much room this installation takes: sums of the catalog, and files as they lie on the disk."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from ingest.store.database import FILE as CATALOG
from ingest.store.files import disk_named

# A folder of a hundred thousand files takes a second to look through.
_KEPT_SECONDS = 15.0
_PARTS = {"originals": "originals", "index": "indexes", "pages": "pictures"}


@dataclass(frozen=True)
class Disk:
    """Bytes on the disk, by what they are; `rest` is what else lies in the data folder, `free` what is left there."""

    catalog: int
    originals: int
    indexes: int
    pictures: int
    rest: int
    models: int
    free: int


class Storage:
    """Measures two folders, at most every few seconds and once at a time."""

    def __init__(self, data: Path, weights: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.data = data
        self._weights = weights
        self._clock = clock
        self._lock = Lock()
        self._measured: tuple[float, Disk] | None = None

    def disk(self) -> Disk:
        """As it was a few seconds ago at most. Raises CatalogUnusable for what cannot be looked at."""
        with self._lock:
            now = self._clock()
            if self._measured is None or now - self._measured[0] >= _KEPT_SECONDS:
                self._measured = now, self._measure()
            return self._measured[1]

    def _measure(self) -> Disk:
        parts = dict.fromkeys(("catalog", *_PARTS.values(), "rest"), 0)
        with disk_named(self.data.name, self.data):
            for entry in _entries(self.data):
                known = "catalog" if entry.name in _CATALOG_FILES else _PARTS.get(entry.name, "rest")
                parts[known] += _size(entry)
            free = shutil.disk_usage(self.data).free
        with disk_named(self._weights.name, self._weights):
            models = sum(_size(entry) for entry in _entries(self._weights))
        return Disk(**parts, models=models, free=free)


_CATALOG_FILES = {CATALOG, f"{CATALOG}-wal", f"{CATALOG}-shm"}


def _size(entry: os.DirEntry[str]) -> int:
    """Of a file, or of all files below a folder. What goes meanwhile counts for nothing; no link is followed."""
    with suppress(FileNotFoundError):
        if not entry.is_dir(follow_symlinks=False):
            return entry.stat(follow_symlinks=False).st_size
        return sum(_size(each) for each in _entries(Path(entry.path)))
    return 0


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        yield from found
