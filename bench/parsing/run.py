"""Has files read in child processes, with a timeout; keeps what peers answered, if asked to."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.parsing.cells import Placed
from bench.parsing.readers import PEERS, Reading, Request, installed

ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 900
_CHILD = (sys.executable, "-m", "bench.parsing.child")
_BACKWARDS_COMPATIBLE = 1  # raised when what is kept of a reading changes


@dataclass(frozen=True)
class Runner:
    """How to run: `peers` None leaves all peers out, `cache` None keeps nothing."""

    peers: tuple[str, ...] = tuple(PEERS)
    cache: Path | None = None
    jobs: int = 1
    seconds: int = _SECONDS

    def read(self, request: Request, *, fresh: bool = False) -> Reading:
        """One reading, from the cache where a peer has read the same bytes before and `fresh` does not forbid it."""
        kept = None if fresh else self._kept(request)
        if kept is not None and kept.exists():
            return _load(kept)
        with tempfile.TemporaryDirectory() as folder:
            answer = Path(folder) / "reading.json"
            begin = time.perf_counter()
            failure = self._child(request, answer)
            wall = time.perf_counter() - begin
            if not answer.exists():
                return Reading(error=failure, wall=wall)
            reading = replace(_load(answer), wall=wall)
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(json.dumps(asdict(reading)), "utf-8")
            return reading

    def read_all(self, requests: Sequence[Request]) -> list[Reading]:
        """Several readings, `jobs` at a time."""
        with ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(self.read, requests))

    def _kept(self, request: Request) -> Path | None:
        if self.cache is None or request.reader == "zhiwen" or request.core is not None:
            return None
        digest = hashlib.sha256(Path(request.path).read_bytes()).hexdigest()
        said = json.dumps([_BACKWARDS_COMPATIBLE, asdict(replace(request, path="")), installed(request.reader)])
        return self.cache / f"{digest[:32]}-{hashlib.sha256(said.encode()).hexdigest()[:16]}.json"

    def _child(self, request: Request, answer: Path) -> str:
        """Run it; what went wrong, when it left no answer."""
        asked = json.dumps({**asdict(request), "answer": str(answer)}).encode()
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(_CHILD, cwd=ROOT, start_new_session=True, **pipes) as child:
            try:
                child.communicate(asked, self.seconds)
            except subprocess.TimeoutExpired:
                return "hang"
            finally:
                if child.poll() is None:  # too slow, or we are being ended ourselves
                    os.killpg(child.pid, signal.SIGKILL)
        return f"crash ({child.returncode})"


def _load(path: Path) -> Reading:
    reading = Reading(**json.loads(path.read_text("utf-8")))
    reading.tables = [[Placed(*cell) for cell in table] for table in reading.tables]
    return reading
