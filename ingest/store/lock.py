"""One process owns a data folder: a lock that dies with the process, and a note saying who holds it."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from types import TracebackType

from filelock import FileLock, Timeout

from ingest.store.errors import CatalogUnusable, DataFolderBusy
from ingest.store.exchange import finish_exchange
from ingest.store.files import disk_named, make_folder
from models.reasons import quoted

_LOCK = "owner.lock"
_NOTE = "owner.json"
_PATIENCE = 1.0
_POLL = 0.05


@dataclass(frozen=True)
class OwnerInfo:
    """Who holds a data folder: its process, the address it serves at or an empty string, and since when.

    `secret` is what this process knows others by who can read the folder, and `certificate` (PEM) what they know it by
    over HTTPS; "" without.
    """

    pid: int
    url: str
    since: float
    secret: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)


class DataFolderLock:
    """Holds a data folder from `acquire` to `release`, or as a context manager."""

    def __init__(self, folder: Path, *, url: str = "") -> None:
        self._folder = folder
        self._url = url
        self.secret = token_urlsafe(32)
        self._lock = FileLock(folder / _LOCK, thread_local=False)
        self._held: int | None = None

    def acquire(self) -> None:
        """Creates the folder if it is missing, finishes a restore that was cut short.

        Raises DataFolderBusy, naming the owner, or CatalogUnusable.
        """
        make_folder(self._folder, 0o700)
        try:
            # Whoever asks for the owner holds the locks for a moment.
            self._lock.acquire(timeout=_PATIENCE, poll_interval=_POLL)
            self._held = _hold(self._folder, _PATIENCE)
        except (Timeout, BlockingIOError) as error:
            self._lock.release()
            found = _note(self._folder) or OwnerInfo(0, "", 0.0)
            raise DataFolderBusy(folder=str(self._folder), pid=found.pid or "?", url=found.url or "?") from error
        except OSError as error:
            self._lock.release()
            raise CatalogUnusable(path=str(self._folder / _LOCK), reason=quoted(error.strerror)) from error
        try:
            with disk_named(self._folder.name, self._folder):
                finish_exchange(self._folder)
            self.announce(self._url)
        except BaseException:
            self._let_go()
            raise

    def announce(self, url: str, certificate: str = "") -> None:
        """Say where this process can be reached, once that is known. Raises DiskFull, CatalogUnusable."""
        self._url = url
        with disk_named(_NOTE, self._folder):
            self._write(OwnerInfo(os.getpid(), url, time.time(), self.secret, certificate))

    def release(self) -> None:
        """Let go. Does nothing when the lock is not held."""
        if self._lock.is_locked:
            with suppress(OSError):  # a note that stays behind counts for nothing
                (self._folder / _NOTE).unlink(missing_ok=True)
            self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None
        self._lock.release()

    def _write(self, info: OwnerInfo) -> None:
        temporary = self._folder / f"{_NOTE}.new"
        temporary.unlink(missing_ok=True)
        # Nobody else may read the secret, not for a moment either.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as note:
            json.dump(asdict(info), note)
        temporary.replace(self._folder / _NOTE)

    def __enter__(self) -> DataFolderLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def owner(folder: Path) -> OwnerInfo | None:
    """Who holds a data folder, or None. A note that a dead process left behind does not count."""
    found = _note(folder)
    return found if found is not None and _is_held(folder) else None


def _is_held(folder: Path) -> bool:
    lock = FileLock(folder / _LOCK, thread_local=False)
    try:
        if (folder / _LOCK).exists():
            lock.acquire(blocking=False)
            lock.release()
        held = _hold(folder)
    except OSError:
        # Held, which is a kind of OSError, or closed to this user, who then cannot tell.
        return True
    if held is not None:
        os.close(held)
    return False


def _hold(folder: Path, patience: float = 0.0) -> int | None:
    """Lock the folder itself, so that a lock file that somebody deleted lets nobody in. The descriptor holds the lock.

    None where a folder cannot be locked: on Windows, where a file that is held cannot be deleted, and on some network
    drives. Raises BlockingIOError where somebody else holds it for longer than `patience` seconds.
    """
    if os.name == "nt":
        return None
    import fcntl

    descriptor, deadline = os.open(folder, os.O_RDONLY), time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise
            time.sleep(_POLL)
        except OSError:
            os.close(descriptor)
            return None
        else:
            return descriptor


def _note(folder: Path) -> OwnerInfo | None:
    try:
        return OwnerInfo(**json.loads((folder / _NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
