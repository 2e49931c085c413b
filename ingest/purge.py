"""Deletes for good what was hidden long enough, and goes on erasing until nothing is left in the files.

It has a thread of its own: a deletion must not wait behind a book that is being read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event, Thread

from ingest.errors import IngestError
from ingest.library import Library
from ingest.store.errors import UnknownDocument

log = logging.getLogger(__name__)

# A reader of the catalog may hold the log for a moment, and a full disk may get room.
_RETRY_SECONDS = 5.0


class Purger:
    """Works off what is hidden in a library, in the order of its deletion."""

    def __init__(self, library: Library, clock: Callable[[], float] = time.time) -> None:
        self._library = library
        self._clock = clock
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin, with what an earlier process left."""
        self._stop.clear()
        self._thread = Thread(target=self._run, name="purge", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is still hidden is deleted after the next start. Does nothing when not started."""
        self._stop.set()
        self._library.to_purge.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def step(self) -> float | None:
        """Delete what is due; gives the seconds until there is more to do, or None. Raises as Library.delete does."""
        due, later = self._library.hidden(self._clock())
        for document_id in due:
            try:
                self._library.delete(document_id)
            except UnknownDocument:
                log.debug("a hidden document was deleted meanwhile")
        if not self._library.erase():
            return _RETRY_SECONDS
        return later

    def _run(self) -> None:
        while not self._stop.is_set():
            self._library.to_purge.clear()
            try:
                wait = self.step()
            except IngestError as error:
                log.warning("deleting pauses: %s", error)
                wait = _RETRY_SECONDS
            except Exception:
                log.exception("deleting pauses")
                wait = _RETRY_SECONDS
            self._library.to_purge.wait(wait)
