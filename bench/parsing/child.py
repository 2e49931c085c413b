"""One reading in a process of its own: a request as JSON on standard input, the answer in the file it names."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.parsing.readers import READERS, Reading, Request


def main() -> None:
    """Read what standard input asks for."""
    asked: dict[str, Any] = json.load(sys.stdin)
    answer = Path(asked.pop("answer"))
    request = Request(**asked)
    if request.core is not None:
        os.sched_setaffinity(0, {request.core})
    read = READERS[request.reader]()
    begin = time.perf_counter()
    try:
        reading = read(request)
    except Exception as error:  # noqa: BLE001 - whatever a peer raises is its result
        reading = Reading(error=f"{type(error).__name__}: {error}"[:200])
    reading.seconds = time.perf_counter() - begin
    reading.peak_mb = max(_own_peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    answer.write_text(json.dumps(asdict(reading)), "utf-8")


def _own_peak() -> float:
    """The largest resident size of this process, in MiB. getrusage would count the parent's before exec."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
