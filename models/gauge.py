"""What a running model takes and how fast it works, measured here while it does."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Protocol, runtime_checkable

# Of so many of its last works a model tells the pace.
LAST = 20
Clock = Callable[[], float]


@dataclass(frozen=True)
class Rate:
    """Tokens in a second, over the last `works` of a model."""

    tokens: float
    works: int


@dataclass(frozen=True)
class Gauge:
    """What a model holds, in bytes, and its pace; None where nothing was measured yet.

    `mapped` is the part of `memory` that is a mapped file: the system takes its pages back when it needs them.
    `read` is the pace of what a model is given, `written` of what it writes.
    """

    memory: int
    mapped: int = 0
    gpu_memory: int = 0
    layers: int = 0
    offloaded_layers: int = 0
    read: Rate | None = None
    written: Rate | None = None


@runtime_checkable
class Gauged(Protocol):
    """A model that runs in this process and can tell what it takes."""

    def gauge(self) -> Gauge:
        """As it is now. Any thread may ask."""


class Stopwatch:
    """The seconds of one work, without those of its breaks. For one thread at a time."""

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        """Runs from now on; `clock` gives seconds."""
        self._clock = clock
        self._away = 0.0
        self._began = clock()

    def seconds(self) -> float:
        """How long the work has taken so far."""
        return self._clock() - self._began - self._away

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """A break, such as while another takes what was made, however it ends."""
        left = self._clock()
        try:
            yield
        finally:
            self._away += self._clock() - left


class Pace:
    """The last works of a model: tokens, and the seconds they took. Safe to use from several threads."""

    def __init__(self) -> None:
        self._works: deque[tuple[int, float]] = deque(maxlen=LAST)
        self._lock = Lock()

    def note(self, tokens: int, seconds: float) -> None:
        """One more work. None without tokens counts."""
        if tokens > 0 and seconds > 0:
            with self._lock:
                self._works.append((tokens, seconds))

    def rate(self) -> Rate | None:
        """Tokens in a second over the last works."""
        with self._lock:
            works: Sequence[tuple[int, float]] = tuple(self._works)
        if not works:
            return None
        return Rate(sum(tokens for tokens, _ in works) / sum(seconds for _, seconds in works), len(works))
