"""How networks of sentence-transformers are loaded and fed: from safetensors, offline, on the fastest device."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from models.errors import GpuMemoryShort, WeightsUnusable
from models.gpu import Gpu, may_have_gpu
from models.offline import stay_offline
from models.reasons import Reason, because, quoted
from models.threads import share_cores

_log = logging.getLogger(__name__)
T = TypeVar("T")
# CUDA's libraries, and Apple's, have no error of their own for it.
_SHORT_OF_MEMORY = ("out of memory", "ALLOC_FAILED")


def load(folder: Path, build: Callable[..., Any], device: str, threads: int = 0) -> Any:
    """`build`, a class of sentence-transformers, over the files in `folder`. Raises WeightsUnusable, GpuMemoryShort."""
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
        if device != "cpu" and (short := short_of_memory(error)):
            raise GpuMemoryShort(name=folder.name, reason=short) from error
        raise WeightsUnusable(path=folder, reason=because("model-unloadable", error=_first_line(error))) from error
    return model.eval()


def load_where_it_fits(name: str, wanted: str, device: str, load: Callable[[str], T]) -> T:
    """What `load` gives on `device`; with auto `wanted`, on the processor where a GPU does not take it.

    The log says so then. Raises what `load` does: WeightsUnusable, GpuMemoryShort.
    """
    try:
        return load(device)
    except (WeightsUnusable, GpuMemoryShort) as error:
        if wanted != "auto" or device == "cpu":
            raise
        why = error.params["reason"]
    # Out here the error is gone, and with it what it held on the GPU.
    give_back_cache()
    loaded = load("cpu")
    _log.warning("%s could not be loaded on the GPU (%s); the processor is used.", name, why)
    return loaded


def short_of_memory(error: Exception) -> Reason | None:
    """What a GPU says that has too little free memory; None for any other error."""
    import torch

    if isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in _SHORT_OF_MEMORY):
        return quoted(_first_line(error))
    return None


def give_back_cache() -> None:
    """Leave to other programs what torch keeps of a GPU's memory and does not use."""
    import torch

    torch.cuda.empty_cache()


def sound(text: str) -> str:
    """Text without lone surrogates, which no tokenizer accepts."""
    return text.encode("utf-8", "replace").decode("utf-8")


def choose_device(device: str, folder: Path) -> str:
    """A device that this machine has, for auto the fastest. Raises WeightsUnusable."""
    if device == "cpu":
        return device
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
    """What an encoder or a reranker asks of torch: whether it may have a GPU, the device for one that is wanted, and a
    model from its files, as `may_have_gpu`, `choose_device` and a class of sentence-transformers give them."""

    may_have_gpu: Callable[[], bool] = may_have_gpu
    choose: Callable[[str, Path], str] = choose_device
    build: Callable[..., Any] = _sentence_transformer


TORCH = Torch()


@dataclass(frozen=True)
class Devices:
    """What torch has beside the processor: GPUs of NVIDIA or AMD, if it was `built` for such; Apple's, if `mps`."""

    version: str
    built: bool
    gpus: tuple[Gpu, ...]
    mps: bool


def devices() -> Devices:
    """As they are now."""
    share_cores()
    import torch

    built = bool(torch.version.cuda or torch.version.hip)
    gpus = tuple(map(_gpu, range(torch.cuda.device_count())))
    return Devices(torch.__version__, built, gpus, torch.backends.mps.is_available())


def _gpu(number: int) -> Gpu:
    import torch

    total = torch.cuda.get_device_properties(number).total_memory
    try:
        free, total = torch.cuda.mem_get_info(number)
    except RuntimeError:  # it has not even room for being asked
        free = 0
    return Gpu(torch.cuda.get_device_name(number), total, free)


def use_cores(threads: int = 0) -> None:
    """Compute on so many threads, or on the physical cores that this process may use."""
    import torch

    torch.set_num_threads(threads or _usable_cores())


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _usable_cores() -> int:
    import psutil

    physical = psutil.cpu_count(logical=False) or 1
    allowed = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else physical
    return max(1, min(physical, allowed))
