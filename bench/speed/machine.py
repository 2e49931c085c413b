"""What machine this is, as far as it matters for speed."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from models.threads import network_flags, physical_cores

_PACKAGES = ("torch", "llama-cpp-python", "faiss-cpu", "sentence-transformers", "onnxruntime", "numpy")


def describe() -> dict[str, object]:
    """Processor, memory, system and the versions of what computes."""
    facts = _processor()
    versions = {}
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {
        "processor": facts.get("model name") or platform.processor() or platform.machine(),
        "cores": physical_cores(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "flags": network_flags(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
    }


def _processor() -> dict[str, str]:
    """What Linux tells of the first core; nothing elsewhere."""
    try:
        block = Path("/proc/cpuinfo").read_text("utf-8").split("\n\n")[0]
    except OSError:
        return {}
    lines = (line.partition(":") for line in block.splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}
