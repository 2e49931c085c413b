"""What was measured on this machine is remembered under a key that names the machine: another measures for itself."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from models.threads import physical_cores


class Memo(Protocol):
    """Remembers what was measured on this machine."""

    def read(self, key: str) -> dict[str, Any] | None:
        """What was kept under a key; None if nothing was, or it cannot be read."""

    def keep(self, key: str, values: dict[str, Any]) -> None:
        """Keep numbers and words under a key. What cannot be kept is measured again next time."""


def this_machine(*libraries: str) -> str:
    """What a measurement holds for: the processor, how many of its cores, and the versions of the libraries."""
    versions = (f"{name} {version(name)}" for name in libraries)
    return " ".join((f"{_processor()} threads {physical_cores()}", *versions))


def _processor() -> str:
    """The processor's own name, as Linux tells it; elsewhere what Python knows."""
    try:
        lines = (line.partition(":") for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines())
        return next(value.strip() for name, _, value in lines if name.strip() == "model name")
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
