"""What everybody saw of the server, as they saw it."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["page", "data", "picture", "search", "upload", "question", "stop"]
# What a person looks at while somebody else's answer is being written.
READS: tuple[Kind, ...] = ("page", "data")


@dataclass(frozen=True)
class Seen:
    """One request. `at` and `seconds` count from the start of the measure and of the request.

    `status` is 0 where the connection broke. Of a stream `seconds` is the time until it begins.
    """

    kind: Kind
    route: str
    at: float
    seconds: float
    status: int
    writing: bool


@dataclass
class Record:
    """Everything that is written down while the measure runs. It belongs to one event loop."""

    begun: float = field(default_factory=time.monotonic)
    seen: list[Seen] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _writing: int = 0

    def now(self) -> float:
        """Seconds since the start of the measure."""
        return time.monotonic() - self.begun

    @property
    def writing(self) -> bool:
        """Whether an answer is being written, as far as somebody sees it."""
        return self._writing > 0

    @contextmanager
    def an_answer(self) -> Iterator[None]:
        """Somebody sees an answer being written while inside."""
        self._writing += 1
        try:
            yield
        finally:
            self._writing -= 1

    def fault(self, text: str) -> None:
        """Something that must not be."""
        self.faults.append(f"{self.now():.1f} s: {text}")

    def statuses(self) -> dict[str, Counter[int]]:
        """How often each route gave each status."""
        counts: dict[str, Counter[int]] = {}
        for each in self.seen:
            counts.setdefault(each.route, Counter())[each.status] += 1
        return dict(sorted(counts.items()))

    def times(self, kinds: Iterable[Kind], *, writing: bool = False) -> list[float]:
        """Seconds of what was answered well; with `writing` only of that during which an answer was written."""
        wanted = set(kinds)
        return [
            each.seconds
            for each in self.seen
            if each.kind in wanted and 200 <= each.status < 400 and (each.writing or not writing)
        ]


def percentile(values: list[float], percent: int) -> float | None:
    """The value that so many percent of the values do not exceed; None of nothing."""
    if len(values) < 2:
        return values[0] if values else None
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
