"""How networks of sentence-transformers are loaded and fed: from safetensors, offline, on the fastest device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import WeightsUnusable
from models.gpu import may_have_gpu
from models.offline import stay_offline
from models.reasons import because
from models.threads import share_cores


def load(folder: Path, build: Callable[..., Any], device: str, threads: int = 0) -> Any:
    """`build`, a class of sentence-transformers, over the files in `folder`. Raises WeightsUnusable."""
    stay_offline()
    share_cores()
    import torch
    from safetensors import SafetensorError
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    if device == "cpu":
        use_cores(threads)
    try:
        model = build(
            str(folder),
            device=device,
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "dtype": torch.float32},
        )
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsUnusable(path=folder, reason=because("model-unloadable", error=first)) from error
    return model.eval()


def sound(text: str) -> str:
    """Text without lone surrogates, which no tokenizer accepts."""
    return text.encode("utf-8", "replace").decode("utf-8")


def choose_device(device: str, folder: Path) -> str:
    """A device that this machine has, for auto the fastest. Raises WeightsUnusable.

    The processor is chosen without torch wherever that can be.
    """
    if device == "cpu" or (device == "auto" and not may_have_gpu()):
        return "cpu"
    share_cores()
    import torch

    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return next(kind for kind in ("cuda", "mps", "cpu") if available[kind])
    if not available.get(device.split(":", maxsplit=1)[0], False):
        raise WeightsUnusable(path=folder, reason=because("no-device", device=device))
    return device


def _sentence_transformer(*given: Any, **named: Any) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(*given, **named)


@dataclass(frozen=True)
class Torch:
    """What an encoder asks of torch: the device for one that is wanted, and a model from its files, as
    `choose_device` and `SentenceTransformer` give them."""

    choose: Callable[[str, Path], str] = choose_device
    build: Callable[..., Any] = _sentence_transformer


TORCH = Torch()


def use_cores(threads: int = 0) -> None:
    """Compute on so many threads, or on the physical cores that this process may use."""
    import torch

    torch.set_num_threads(threads or _usable_cores())


def _usable_cores() -> int:
    import psutil

    physical = psutil.cpu_count(logical=False) or 1
    allowed = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else physical
    return max(1, min(physical, allowed))
