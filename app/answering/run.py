"""A run: the log of one answer, from the question's place in the queue to its last word."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Condition, Event

from app.answering.events import AnswerEvent, Done, Failed, Sources
from app.answering.question import Question
from ingest.news import News


class Run:
    """The log of one answer, for the user who asked. One that is `attended` has a reader who holds a connection open.

    `position` is how many questions are answered before it, as it was told last.
    """

    def __init__(
        self, question: Question, conversation: str | None, user: str | None = None, *, attended: bool = True
    ) -> None:
        self.id = uuid.uuid4().hex
        self.user = user
        self.question = question
        self.attended = attended
        self.conversation = conversation
        self.cancel = Event()
        self.position = 0
        self.looked_for = False
        self._events: list[AnswerEvent] = []
        self._changed = Condition()
        self.news = News()
        self.dropped = False
        self._gone: set[str] = set()
        self._taken_back: set[str] = set()
        self._readers = 0
        self._last_read = time.monotonic()

    def publish(self, event: AnswerEvent) -> None:
        """Tell an event. Sources take the place of those that were told before."""
        with self._changed:
            if isinstance(event, Sources):
                self._events = [Sources(()) if isinstance(each, Sources) else each for each in self._events]
            self._events.append(event)
            if isinstance(event, Sources) and self.shows(self._gone):
                self.dropped = True
            self._changed.notify_all()
        self.news.tell()

    @property
    def finished(self) -> bool:
        return bool(self._events) and isinstance(self._events[-1], Done | Failed)

    def events(self, start: int = 0) -> list[AnswerEvent]:
        """A copy of the events from number `start` on, for whoever keeps them."""
        with self._changed:
            return self._events[start:]

    def told(self, start: int = 0) -> list[AnswerEvent] | None:
        """The events from number `start` on as its reader may be told them; None once it is dropped."""
        with self._changed:
            return None if self.dropped else self._events[start:]

    def documents(self) -> set[str]:
        """The ids of the documents that it has text of."""
        return {document for event in self.events() if isinstance(event, Sources) for document in _documents(event)}

    def shows(self, documents: Collection[str]) -> bool:
        """Whether it has text of one of these documents."""
        return not self.documents().isdisjoint(documents)

    def let_go(self, documents: Collection[str]) -> None:
        """Drop it if it shows one of these documents: now, or in a moment, because it was found before it went."""
        with self._changed:
            self._gone.update(documents)
            if self.shows(documents):
                self.dropped = True

    def show(self, found: Sources) -> None:
        """Tell sources before its turn, unless there are none, or some were taken back meanwhile."""
        with self._changed:
            if found.sources and self._taken_back.isdisjoint(_documents(found)):
                self.publish(found)

    def take_back(self, documents: Collection[str]) -> None:
        """Show nothing of these documents any more before its turn, which finds others."""
        with self._changed:
            self._taken_back.update(documents)
            if self.shows(documents):
                self.publish(Sources(()))

    def wait(self, start: int, timeout: float) -> list[AnswerEvent]:
        """Events from number `start` on; waits for the first of them, at most `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._events) > start or self.finished, timeout)
            return self._events[start:]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Counts as a reader while inside."""
        with self._changed:
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._last_read = time.monotonic()

    def unread_seconds(self) -> float:
        """How long nobody has been reading; 0 while somebody is."""
        with self._changed:
            return 0.0 if self._readers else time.monotonic() - self._last_read


def _documents(found: Sources) -> set[str]:
    return {source.hit.chunk.document_id for source in found.sources}
