"""Has both sides of a measure do its items in turn, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
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


class Side:
    """A process that does items. Its messages are in `log`."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def tell(self, line: str) -> None:
        """Send a line, and forget it: `answer` waits for what comes of it. Raises SideFailed."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._failed() from error

    def answer(self) -> Values:
        """The next line that it says. Raises SideFailed."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._failed()
        values: Values = json.loads(line)
        return values

    def do(self, item: str, *, watched: bool) -> Values:
        """One item; with the largest memory of the process and its children meanwhile, if it is watched."""
        self.tell(json.dumps(item, ensure_ascii=False))
        if not watched:
            return self.answer()
        with ThreadPoolExecutor(1) as pool:
            answer, peak = pool.submit(self.answer), 0
            while True:
                peak = max(peak, memory(self._process.pid))
                with contextlib.suppress(TimeoutError):
                    return answer.result(_LOOK_SECONDS) | {"peak_mb": peak / MB}

    def _failed(self) -> SideFailed:
        last = self._log.read_text("utf-8", "replace").strip().splitlines()[-1:]
        return SideFailed(f"{self._log.stem} ended: {''.join(last)} (see {self._log})")


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
def working(measure: str, side: str, python: Path, plan: Plan) -> Iterator[Side]:
    """A side that has loaded what it needs. Ended when left. Raises SideFailed."""
    log = plan.work / "logs" / f"{measure}.{side}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-m", "bench.speed.child", measure, side]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ZHIWEN_") or "WEIGHTS" in key}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with log.open("ab") as messages:
        process = subprocess.Popen(command, cwd=ROOT, env=kept, stderr=messages, start_new_session=True, **pipes)
    try:
        child = Side(process, log)
        child.tell(plan.as_json())
        child.answer()
        yield child
    except BaseException:
        _kill(process)  # it may be at something that takes minutes
        raise
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.wait()
        process.stdout.close()


def _kill(process: subprocess.Popen[str]) -> None:
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

    Raises SideFailed.
    """
    left = [(item, side) for item, side in measure.steps(plan, number) if (side, item, number) not in samples]
    with ExitStack() as open_sides:
        sides: dict[str, Side] = {}
        for item, side in left:
            if time.monotonic() >= until:
                return False
            if side not in sides:
                begun = working(measure.name, side, pythons[side], replace(plan, round=number))
                sides[side] = open_sides.enter_context(begun)
            sample = Sample(side, item, number, sides[side].do(item, watched=measure.watched))
            samples.add(sample)
            told(sample)
    return True
