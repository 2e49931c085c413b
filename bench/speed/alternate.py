"""Has both sides of a measure do its items in turn, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.loading.memory import MB
from bench.parsing.run import ROOT
from bench.speed.measure import Measure, Values
from bench.speed.plan import Plan
from bench.speed.samples import Sample, Samples

_LOOK_SECONDS = 0.25
_END_SECONDS = 60.0


class SideFailed(Exception):
    """A side ended; the text says where it wrote what went wrong."""


class TimeIsUp(Exception):
    """A side was still at work when it was to be over."""


class Side:
    """A process that does items until a moment, by the monotonic clock. Its messages are in `log`."""

    def __init__(self, process: subprocess.Popen[str], log: Path, until: float) -> None:
        self._process = process
        self._log = log
        self._until = until

    def tell(self, line: str) -> None:
        """Send a line, and forget it: `answer` waits for what comes of it. Raises SideFailed."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._failed() from error

    def answer(self, look: Callable[[], None] = lambda: None) -> Values:
        """The next line that it says; `look` is called now and then until it does. Raises SideFailed, TimeIsUp."""
        assert self._process.stdout is not None
        look()
        while not select.select([self._process.stdout], [], [], _LOOK_SECONDS)[0]:
            look()
            if time.monotonic() >= self._until:
                raise TimeIsUp
        line = self._process.stdout.readline()
        if not line:
            raise self._failed()
        values: Values = json.loads(line)
        return values

    def do(self, item: str, *, watched: bool) -> tuple[Values, float]:
        """One item, and the share of all cores that others took meanwhile.

        If it is watched, with the largest memory of the process and its children.
        """
        peak = 0

        def look() -> None:
            nonlocal peak
            peak = max(peak, memory(self._process.pid))

        others = Others(self._process.pid)
        self.tell(json.dumps(item, ensure_ascii=False))
        values = self.answer(look) if watched else self.answer()
        return values | ({"peak_mb": peak / MB} if watched else {}), others.share()

    def _failed(self) -> SideFailed:
        last = self._log.read_text("utf-8", "replace").strip().splitlines()[-1:]
        return SideFailed(f"{self._log.stem} ended: {''.join(last)} (see {self._log})")


class Others:
    """What processes other than one and its children take of all cores, from now on."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._begin = self._now()

    def share(self) -> float:
        """From 0 to 1. The system counts in hundredths of a second: of a moment little can be said."""
        total, own, passed = (now - then for now, then in zip(self._now(), self._begin, strict=True))
        return min(1.0, max(0.0, total - own) / max(passed, 0.01) / (psutil.cpu_count() or 1))

    def _now(self) -> tuple[float, float, float]:
        """Seconds that all processes have computed, that these have, and of the clock."""
        every, own = psutil.cpu_times(), 0.0
        total = every.user + every.system + getattr(every, "nice", 0.0)
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._pid)
            for each in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    # Those of children that have ended, too.
                    own += sum(each.cpu_times()[:4])
        return total, own, time.monotonic()


def memory(pid: int) -> int:
    """Bytes of a process and its children, what they share divided among them where the system tells (Linux)."""
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                found = each.memory_full_info()
                total += getattr(found, "pss", found.uss)
    return total


@contextmanager
def working(measure: str, side: str, python: Path, plan: Plan, until: float) -> Iterator[Side]:
    """A side that has loaded what it needs. Ended when left. Raises SideFailed, TimeIsUp."""
    log = plan.work / "logs" / f"{measure}.{side}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-m", "bench.speed.child", measure, side]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ZHIWEN_") or "WEIGHTS" in key}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with log.open("ab") as messages:
        process = subprocess.Popen(command, cwd=ROOT, env=kept, stderr=messages, start_new_session=True, **pipes)
    try:
        child = Side(process, log, until)
        child.tell(plan.as_json())
        child.answer()
        yield child
    except BaseException:
        kill(process)  # it may be at something that takes minutes
        raise
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            kill(process)
            process.wait()
        process.stdout.close()


def kill(process: subprocess.Popen[str]) -> None:
    """End a side with all that it has begun, whatever it is at."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def run_round(
    measure: Measure,
    plan: Plan,
    number: int,
    pythons: Mapping[str, Path],
    samples: Samples,
    told: Callable[[Sample], None],
    until: float = float("inf"),
) -> bool:
    """Take the samples of a round that are not there yet. False if time was up before: `until`, by the monotonic clock.

    What is being done then is ended, and begun anew by the next run. Raises SideFailed.
    """
    left = [(item, side) for item, side in measure.steps(plan, number) if (side, item, number) not in samples]
    with contextlib.suppress(TimeIsUp), ExitStack() as open_sides:
        sides: dict[str, Side] = {}
        for item, side in left:
            if time.monotonic() >= until:
                return False
            if side not in sides:
                begun = working(measure.name, side, pythons[side], replace(plan, round=number), until)
                sides[side] = open_sides.enter_context(begun)
            values, others = sides[side].do(item, watched=measure.watched)
            sample = Sample(side, item, number, values, datetime.now(UTC).date().isoformat(), others)
            samples.add(sample)
            told(sample)
        return True
    return False
