"""Where a network of PyTorch runs, and on how many cores."""

from __future__ import annotations

from pathlib import Path

from models.errors import WeightsUnusable
from models.threads import share_cores


def choose_device(device: str, folder: Path) -> str:
    """A device that this machine has, for auto the fastest. Raises WeightsUnusable."""
    share_cores()
    import torch

    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return next(kind for kind in ("cuda", "mps", "cpu") if available[kind])
    if not available.get(device.split(":", maxsplit=1)[0], False):
        raise WeightsUnusable(path=folder, reason=f"this machine has no device {device}; choose auto or cpu")
    return device


def use_cores(threads: int = 0) -> None:
    """Compute on so many threads, or on the physical cores that this process may use."""
    import torch

    torch.set_num_threads(threads or _usable_cores())


def _usable_cores() -> int:
    import psutil

    physical = psutil.cpu_count(logical=False) or 1
    allowed = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else physical
    return max(1, min(physical, allowed))
