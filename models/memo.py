"""What was measured on this machine is remembered under a key that names the machine: another measures for itself."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from models.threads import CPUINFO, network_flags, physical_cores


class Memo(Protocol):
    """Remembers what was measured on this machine."""

    def read(self, key: str) -> dict[str, Any] | None:
        """What was kept under a key; None if nothing was, or it cannot be read."""

    def keep(self, key: str, values: dict[str, Any]) -> None:
        """Keep numbers and words under a key. What cannot be kept is measured again next time."""


def this_machine(*libraries: str, cpuinfo: Path = CPUINFO) -> str:
    """What a measurement holds for: the processor, how many of its cores, and the versions of the libraries.

    A virtual machine may name a processor "AMD EPYC" whether it has AVX-512 or not, so its flags are told, too.
    """
    versions = (f"{name} {version(name)}" for name in libraries)
    return " ".join((_processor(cpuinfo), *network_flags(cpuinfo), f"threads {physical_cores()}", *versions))


def _processor(cpuinfo: Path) -> str:
    """The processor's own name, as Linux tells it; elsewhere what Python knows."""
    try:
        lines = (line.partition(":") for line in cpuinfo.read_text(encoding="utf-8").splitlines())
        return next(value.strip() for name, _, value in lines if name.strip() == "model name")
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
