"""When something was used last: noted now and then, for not every request is worth a write to disk."""

from __future__ import annotations

import logging

from sqlalchemy import Update

from ingest.errors import DiskFull
from ingest.store.catalog import Catalog
from ingest.store.errors import CatalogUnusable

log = logging.getLogger(__name__)
# Seconds between two notes of one thing, and between two tries where the disk takes none.
NOTED = 60.0


class LastUse:
    """Notes uses of sessions, or of keys. A full disk keeps nobody out, who may have come to make room on it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._failed_at: float | None = None

    def note(self, before: float | None, now: float, change: Update) -> None:
        """Make this change, unless one was made just `before`; what the disk has against it is logged, not raised."""
        if _just(before, now) or _just(self._failed_at, now):
            return
        try:
            with self._catalog.write() as connection:
                connection.execute(change)
        except (DiskFull, CatalogUnusable) as error:
            self._failed_at = now
            log.warning("when somebody came last is not noted: %s", error)


def _just(then: float | None, now: float) -> bool:
    return then is not None and abs(now - then) < NOTED
