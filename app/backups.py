"""Backups for a browser: one at a time, made in the data folder, and deleted as soon as it was sent.

What is left of one by a process that died is deleted by the next, for it holds the text of documents.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from app import __version__
from app.errors import BackupBusy
from ingest.store.backup import BackedUp, back_up
from ingest.store.files import make_folder

# Inside the data folder: what is in it is as open to others as the rest, and lies on the disk whose room is known.
FOLDER = "backup"


@dataclass(frozen=True)
class Made:
    """The last backup, and when it was made, in seconds since 1970."""

    at: float
    what: BackedUp


class Backups:
    """Makes backups of a data folder that is in use."""

    def __init__(self, data: Path, clock: Callable[[], float] = time.time) -> None:
        """Sweeps what a process left that died."""
        self._data = data
        self._clock = clock
        self._one = Lock()
        self.last: Made | None = None
        self._sweep()

    @property
    def busy(self) -> bool:
        """Whether one is being made or sent."""
        return self._one.locked()

    def make(self) -> Path:
        """Make one; `done` deletes it. Raises BackupBusy while there is another one, and as `back_up` does."""
        if not self._one.acquire(blocking=False):
            raise BackupBusy()
        try:
            make_folder(self._data / FOLDER, mode=0o700)
            made = back_up(self._data, self._data / FOLDER / "zhiwen.zip", __version__)
            self.last = Made(self._clock(), made)
        except BaseException:
            self.done()
            raise
        return made.path

    def done(self) -> None:
        """Delete the one that was made, sent or not: there may be another one then."""
        try:
            self._sweep()
        finally:
            self._one.release()

    def _sweep(self) -> None:
        shutil.rmtree(self._data / FOLDER, ignore_errors=True)
