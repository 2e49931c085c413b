"""Word that something changed, for those who cannot wait in a thread: event loops with many streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class News:
    """Listeners, called in the thread that has the news. A listener returns at once, and raises nothing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: list[Callable[[], None]] = []

    @contextmanager
    def heard_by(self, listener: Callable[[], None]) -> Iterator[None]:
        """Calls the listener with all news while inside."""
        with self._lock:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def tell(self) -> None:
        """Call everyone who listens."""
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()
