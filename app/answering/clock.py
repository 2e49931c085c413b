"""Measures one answer: how long it waited for models, how long each part took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.answering.events import Timings


class Clock:
    """Seconds since it was made. Waiting for models counts as `load`, not as work."""

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._load = 0.0
        self._retrieve = 0.0
        self.first_token: float | None = None

    @contextmanager
    def loading(self) -> Iterator[None]:
        start = time.perf_counter()
        yield
        waited = time.perf_counter() - start
        self._load += waited
        self._begin += waited

    def retrieved(self) -> None:
        self._retrieve = self._since()

    def wrote(self) -> None:
        self.first_token = self._since()

    def timings(self) -> Timings:
        return Timings(self._load, self._retrieve, self.first_token, self._since())

    def _since(self) -> float:
        return time.perf_counter() - self._begin
