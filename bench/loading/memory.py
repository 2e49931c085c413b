"""How much memory the server and its children take, and how much of the processor, second by second."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import psutil

MB = 1_000_000
# Medians over windows of this part of the whole: parsers come and go, and one look may fall on any of them.
_WINDOW = 0.1


@dataclass(frozen=True)
class Look:
    """Bytes at a moment. Pages that processes share are divided among them where the system tells (Linux).

    `computed` and `people_computed` are the processor seconds that the server, without children, and the people who
    use it had spent.
    """

    at: float
    server: int
    children: int
    processes: int
    computed: float = 0.0
    people_computed: float = 0.0

    @property
    def total(self) -> int:
        return self.server + self.children


async def watch(pid: int, now: Callable[[], float], looks: list[Look]) -> None:
    """Look once a second, until cancelled."""
    while True:
        looks.append(await asyncio.to_thread(look, pid, now()))
        await asyncio.sleep(1.0)


def growth(looks: Sequence[Look], seconds: float, of: Callable[[Look], int] = lambda each: each.total) -> float | None:
    """By how many percent memory grew in the last half of so many seconds; None without looks.

    The median of the first tenth of the whole behind the middle is compared with that of the last tenth.
    """
    half, window = seconds / 2, seconds * _WINDOW
    before = median(of(each) for each in looks if half <= each.at < half + window)
    after = median(of(each) for each in looks if seconds - window <= each.at <= seconds)
    return None if before is None or after is None else (after / before - 1) * 100


def cores(looks: Sequence[Look], of: Callable[[Look], float]) -> float | None:
    """How many cores were kept busy between the first look and the last; None of fewer than two."""
    if len(looks) < 2:
        return None
    first, last = looks[0], looks[-1]
    return (of(last) - of(first)) / (last.at - first.at)


def median(values: Iterable[float]) -> float | None:
    """None of nothing."""
    known = list(values)
    return statistics.median(known) if known else None


def look(pid: int, at: float) -> Look:
    """What a server and its children take and have computed by now."""
    server = psutil.Process(pid)
    children = [size for child in server.children(recursive=True) if (size := _size(child))]
    return Look(at, _size(server), sum(children), len(children) + 1, _computed(server), _computed(psutil.Process()))


def _computed(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _size(process: psutil.Process) -> int:
    """0 for a process that has ended meanwhile."""
    try:
        memory = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0
    size: int = getattr(memory, "pss", memory.uss)
    return size
