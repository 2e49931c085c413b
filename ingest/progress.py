"""The latest state of every document that changed, for whoever watches: pages, streams, progress bars."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from threading import Condition

from ingest.news import News
from ingest.store.records import Document

_REMEMBERED = 2000


class ProgressBoard:
    """Documents with a number that grows with every change. In memory: after a restart it starts at 0."""

    def __init__(self) -> None:
        self._latest: OrderedDict[str, tuple[int, Document]] = OrderedDict()
        self._hidden: set[str] = set()
        self._version = 0
        self._changed = Condition()
        self.news = News()

    def publish(self, document: Document) -> None:
        """Show a document's state to everyone who waits."""
        with self._changed:
            if document.id in self._hidden:
                return
            self._version += 1
            self._latest[document.id] = (self._version, document)
            self._latest.move_to_end(document.id)
            while len(self._latest) > _REMEMBERED:
                self._latest.popitem(last=False)
            self._changed.notify_all()
        self.news.tell()

    def hide(self, document_ids: Iterable[str]) -> None:
        """Show nothing of these any more: they are deleted, though somebody may be at work on them."""
        with self._changed:
            for document_id in document_ids:
                self._hidden.add(document_id)
                self._latest.pop(document_id, None)

    def show_again(self, document: Document) -> None:
        """Undo `hide`, and show where the document stands."""
        with self._changed:
            self._hidden.discard(document.id)
        self.publish(document)

    def changes(self, since: int) -> tuple[int, list[Document]]:
        """The number of the latest change, and the documents that changed after `since`, oldest first.

        Of a document only its latest state is given. A number from before a restart counts as 0.
        """
        with self._changed:
            return self._after(since)

    def wait(self, since: int, timeout: float) -> tuple[int, list[Document]]:
        """Like `changes`, but waits for one, at most `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != since, timeout)
            return self._after(since)

    def _after(self, since: int) -> tuple[int, list[Document]]:
        start = 0 if since > self._version else since
        found = []
        for version, document in reversed(self._latest.values()):
            if version <= start:
                break
            found.append(document)
        return self._version, found[::-1]
