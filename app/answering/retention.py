"""Deletes conversations that nobody has gone on with for many days, where the owner wants that.

What a clock says that is wrong for a while deletes nothing: a conversation goes by what the clock said a day ago or
more, so that what a wrong hour seemed to make due is looked at again. That day is also the time to think better of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from sqlalchemy import Connection, func, select

from app.answering.conversations import remove_in
from ingest.store.catalog import Catalog, drop_setting, get_setting, set_setting
from ingest.store.schema import conversations

DAY = 86_400.0
# The setting of the catalog that keeps when the clock was read, for how many days conversations were kept then, and
# since when those have been seen that seem to be of a later time than now.
_NOTE = "conversations-kept"
_LOOK_SECONDS = 3600.0


class Retention:
    """Works off what is due. `days` is asked each time: 0 keeps everything. `forget` is told each id that went."""

    def __init__(
        self,
        catalog: Catalog,
        days: Callable[[], int],
        forget: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalog = catalog
        self._days = days
        self._forget = forget
        self._clock = clock

    def older(self, days: int) -> int:
        """How many conversations nobody has gone on with for so many days."""
        old = conversations.c.updated_at <= self._clock() - days * DAY
        with self._catalog.read() as connection:
            return connection.scalar(select(func.count()).where(old)) or 0

    def step(self) -> float | None:
        """Delete what is due, `Catalog.erase` takes its words out of the file; gives the seconds until the next look.

        None where everything is kept.
        """
        days, now = self._days(), self._clock()
        with self._catalog.read() as connection:
            noted = get_setting(connection, _NOTE)
        if not days:
            if noted is not None:
                with self._catalog.write() as connection:
                    drop_setting(connection, _NOTE)
            return None
        note = json.loads(noted) if noted else {}
        read_at, ahead = float(note.get("at", now)), note.get("ahead", {})
        if note.get("days") == days and 0 <= now - read_at < DAY:
            return min(read_at + DAY - now, _LOOK_SECONDS)
        # Under another setting, or after the clock was set back, what it said is worth nothing.
        believed = note.get("days") == days and read_at <= now
        with self._catalog.write() as connection:
            gone = _due(connection, read_at - days * DAY, now, ahead) if believed else []
            if gone:
                self._catalog.mark_erase(connection)
                remove_in(connection, gone)
            kept = {"at": now, "days": days, "ahead": _ahead(connection, now, ahead)}
            set_setting(connection, _NOTE, json.dumps(kept))
        for conversation_id in gone:
            self._forget(conversation_id)
        return _LOOK_SECONDS


def _due(connection: Connection, until: float, now: float, ahead: Mapping[str, float]) -> list[str]:
    """Those that were last gone on with, or seen to be of a later time than now, until then."""
    old = set(connection.scalars(select(conversations.c.id).where(conversations.c.updated_at <= until)))
    return [*old, *(each for each in _ahead(connection, now, ahead) if ahead.get(each, now) <= until)]


def _ahead(connection: Connection, now: float, seen: Mapping[str, float]) -> dict[str, float]:
    """Those that were written before the clock was set back, and since when they are known to have been.

    Their own time would keep them for as long as the clock was wrong. It stays, for it may be today's that is wrong.
    """
    later = connection.scalars(select(conversations.c.id).where(conversations.c.updated_at > now))
    return {each: min(seen.get(each, now), now) for each in later}
