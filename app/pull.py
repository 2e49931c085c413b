"""One model on its way to this machine: how far it is, how fast it comes, and whether it goes on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Event, Lock

from models.errors import ModelError

# The speed is that of so many seconds: long enough to be steady, short enough to tell of a line that broke.
_WINDOW = 10.0


class Pull:
    """A fetch in progress, or how the last one ended: `error` is why it failed, None when it was stopped."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`total` bytes are to come; `clock` gives seconds."""
        self.done = 0
        self.total = total
        self.running = True
        self.error: ModelError | None = None
        self.cancel = Event()
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._lock = Lock()

    def heard(self, done: int, total: int) -> None:
        """So many bytes are here, of so many; a source that does not know how many says 0."""
        now = self._clock()
        with self._lock:
            if done < self.done:
                # Another source, or another file, begins anew.
                self._seen.clear()
            self.done, self.total = done, total or self.total
            self._seen.append((now, done))
            while len(self._seen) > 2 and now - self._seen[1][0] >= _WINDOW:
                self._seen.popleft()

    @property
    def speed(self) -> float | None:
        """Bytes in a second, lately; None until that can be told."""
        with self._lock:
            if len(self._seen) < 2:
                return None
            (first, had), (_, has) = self._seen[0], self._seen[-1]
        seconds = self._clock() - first
        return (has - had) / seconds if seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at that speed; None where it stands still."""
        speed = self.speed
        return max(0, self.total - self.done) / speed if speed else None
