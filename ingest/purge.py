"""Deletes for good what was hidden long enough, and goes on erasing until nothing is left in the files.

It has a thread of its own: a deletion must not wait behind a book that is being read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Thread

from ingest.errors import IngestError
from ingest.library import Library
from ingest.store import bases, documents
from ingest.store.catalog import Catalog
from ingest.store.errors import UnknownBase, UnknownDocument

log = logging.getLogger(__name__)

# How long a deletion can be undone. A clock that was set back does not make it longer.
UNDO_SECONDS = 10.0
# A reader of the catalog may hold the log for a moment, and a full disk may get room.
_RETRY_SECONDS = 5.0


@dataclass(frozen=True)
class Due:
    """The ids of what was hidden long enough to be deleted. `next_in` is in seconds; None: nothing else is hidden."""

    bases: tuple[str, ...]
    documents: tuple[str, ...]
    next_in: float | None


def look(catalog: Catalog, now: float) -> Due:
    """What is to be deleted by now, and when there is more of it."""
    with catalog.read() as connection:
        hidden_bases, hidden = bases.hidden(connection), documents.hidden(connection)
    # The clock was set back: their time is counted from now on, or they would be kept for as long as it was.
    for hide, rows in ((bases.hide, hidden_bases), (documents.hide, hidden)):
        if ahead := [key for key, since in rows if since > now]:
            with catalog.write() as connection:
                for key in ahead:
                    hide(connection, key, now)
    left = [min(since, now) + UNDO_SECONDS - now for _, since in (*hidden_bases, *hidden)]
    return Due(
        bases=tuple(base_id for base_id, since in hidden_bases if since + UNDO_SECONDS <= now),
        documents=tuple(document_id for document_id, since in hidden if since + UNDO_SECONDS <= now),
        next_in=min((seconds for seconds in left if seconds > 0), default=None),
    )


class Purger:
    """Works off what is hidden in a library, in the order of its deletion.

    `chores` are what else is due now and then, done in the same thread: each gives the seconds until it wants to be
    called again, or None.
    """

    def __init__(
        self,
        library: Library,
        clock: Callable[[], float] = time.time,
        chores: Sequence[Callable[[], float | None]] = (),
    ) -> None:
        self._library = library
        self._chores = chores
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
        """Do what is due; gives the seconds until there is more to do, or None.

        Deletions, each chore and the erasure do not hinder each other. What fails is tried again: a full disk, on which
        nothing can be deleted, keeps no model in memory.
        """
        waits = [self._tried(each) for each in (self._delete, *self._chores, self._erase)]
        return min((wait for wait in waits if wait is not None), default=None)

    def _delete(self) -> float | None:
        due = look(self._library.catalog, self._clock())
        for delete, ids in ((self._library.delete_base, due.bases), (self._library.delete, due.documents)):
            for each in ids:
                try:
                    delete(each)
                except (UnknownBase, UnknownDocument):
                    log.debug("something hidden was deleted meanwhile")
        return due.next_in

    def _erase(self) -> float | None:
        return None if self._library.erase() else _RETRY_SECONDS

    def _tried(self, chore: Callable[[], float | None]) -> float | None:
        try:
            return chore()
        except IngestError as error:
            log.warning("what the purger does is tried again: %s", error)
        except Exception:
            log.exception("what the purger does is tried again")
        return _RETRY_SECONDS

    def _run(self) -> None:
        while not self._stop.is_set():
            self._library.to_purge.clear()
            self._library.to_purge.wait(self.step())
