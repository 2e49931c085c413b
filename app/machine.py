"""What this machine has for models: memory, GPUs, room on the disk."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from models.gpu import Gpu
from models.llama.devices import backends, gpus

log = logging.getLogger(__name__)
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Machine:
    """Sizes in bytes. `own` is what this process takes in all; `backends` is what llama.cpp was built for."""

    memory: int
    available: int
    own: int
    disk_free: int
    gpus: tuple[Gpu, ...]
    backends: tuple[str, ...]


def look(weights_dir: Path) -> Machine:
    """This machine as it is now. The memory is that of the container where one is limited to less."""
    memory = psutil.virtual_memory()
    total, available = memory.total, memory.available
    if (limit := _container_limit(_CGROUP)) is not None:
        total, available = min(total, limit[0]), min(available, limit[1])
    there = next(path for path in (weights_dir, *weights_dir.parents) if path.exists())
    built = _built_for(backends)
    seen = gpus() if built else ()
    return Machine(total, available, psutil.Process().memory_info().rss, shutil.disk_usage(there).free, seen, built)


@cache
def _built_for(told: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """What is `told`; nothing where llama.cpp does not load, which it will not later either."""
    try:
        return told()
    except (ImportError, OSError, RuntimeError) as error:
        log.warning("llama.cpp does not tell what it can compute on: %s", error)
        return ()


def _container_limit(cgroup: Path) -> tuple[int, int] | None:
    """What a container may take in all, and what of it is left; None without a limit (control groups, version 2)."""
    try:
        limit = (cgroup / "memory.max").read_text("ascii").strip()
        current = int((cgroup / "memory.current").read_text("ascii"))
        lines = (cgroup / "memory.stat").read_text("ascii").splitlines()
    except OSError:
        return None
    if limit == "max":
        return None
    # Cached files are given back when memory is asked for.
    cached = int(dict(line.split() for line in lines).get("inactive_file", "0"))
    return int(limit), max(0, int(limit) - current + cached)
