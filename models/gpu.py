"""What a GPU is, and whether torch can have one here: told without importing it, which takes seconds and much memory.

A driver alone is no GPU: it stays where its card is gone, and comes with containers. Nor is a GPU one for a torch that
was built for processors alone.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# As torch writes what it was built for: cuda: Optional[str] = '12.6', and hip for AMD's GPUs.
_BUILT_FOR = re.compile(r"^(?:cuda|hip)\b[^=\n]*=\s*(None|'[^'\n]+'|\"[^\"\n]+\")", re.MULTILINE)


@dataclass(frozen=True)
class Gpu:
    """A GPU. Sizes are in bytes."""

    name: str
    memory: int
    free: int


def may_have_gpu(driver: Callable[[], Any] | None = None, torch: Path | None = None) -> bool:
    """False where torch surely has none of NVIDIA's or Apple's; else torch itself is to be asked.

    `driver` loads NVIDIA's library and raises OSError where there is none; `torch` is the folder of that package. None
    takes those of this machine.
    """
    if sys.platform == "darwin":
        return True
    try:
        library = (driver or _driver)()
    except OSError:
        return False
    return _built_for_gpus(torch or _torch()) and _sees_gpus(library)


def _driver() -> Any:
    return ctypes.CDLL("libcuda.so.1")


def _torch() -> Path | None:
    spec = find_spec("torch")
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _built_for_gpus(torch: Path | None) -> bool:
    """What the package says of itself; True where it says nothing that is understood."""
    try:
        said = (torch / "version.py").read_text(encoding="utf-8") if torch is not None else ""
    except (OSError, ValueError):
        return True
    found = _BUILT_FOR.findall(said)
    return not found or any(version != "None" for version in found)


def _sees_gpus(driver: Any) -> bool:
    """What the driver says; True where it cannot be asked."""
    count = ctypes.c_int()
    try:
        # Both give 0 when they succeed. A driver without a GPU already fails at the first.
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    except AttributeError:
        return True
