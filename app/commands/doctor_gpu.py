"""What `zhiwen doctor` says of GPUs: for each model what is set, what is used, and why it is not the GPU."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.commands.finding import Finding
from app.fit import WORKING, needed
from app.settings import Settings
from app.shelf import NO_LLM, llm_file
from models import installed
from models.errors import ModelError, UnknownWeights
from models.gpu import Gpu
from models.local_transformers import Devices

_CLOSE = "Close what else uses the GPU"
_DEVICE = "ZHIWEN_EMBEDDER_DEVICE"
_LAYERS = "ZHIWEN_LLM_GPU_LAYERS"


@dataclass(frozen=True)
class Seen:
    """What torch and llama.cpp can compute on, and what llama.cpp was built for. With `nvidia` a driver is here."""

    torch: Devices
    llama: str
    llama_backends: tuple[str, ...]
    llama_gpus: tuple[Gpu, ...]
    nvidia: bool


def seen() -> Seen:
    """This machine as it is now."""
    from models.llama import llama_version, offload_available
    from models.llama.devices import backends, gpus
    from models.local_transformers import devices

    found = gpus() if offload_available() else ()
    return Seen(devices(), llama_version(), backends(), found, shutil.which("nvidia-smi") is not None)


def gpu_findings(settings: Settings, machine: Seen, *, judge_free: bool = True) -> Iterator[Finding]:
    """One for the embedder, and one for the language model if it runs here.

    Without `judge_free` it is not asked whether what is free on a GPU is enough.
    """
    yield _embedder(settings.embedder_device, _embedder_need(settings) if judge_free else 0, machine)
    if settings.llm not in (NO_LLM, "openai"):
        yield _language_model(settings.llm_gpu_layers, _llm_need(settings) if judge_free else 0, machine)


def _embedder(device: str, need: int, machine: Seen) -> Finding:
    torch, told = machine.torch, f"embedder ({_DEVICE}={device})"
    if device == "cpu":
        return Finding("ok", f"{told} on the CPU")
    if torch.mps and (device == "mps" or (device == "auto" and not torch.gpus)):
        return Finding("ok", f"{told} on Apple's GPU")
    if device == "mps":
        return Finding("problem", f"{told} does not load: there is no GPU of Apple's", f"Set {_DEVICE} to auto.")
    if not torch.gpus:
        why = f"torch {torch.version} {'sees no GPU' if torch.built else 'was built without CUDA'}"
        if device == "auto":
            return Finding("ok", f"{told} on the CPU: {why}")
        way = "See what nvidia-smi says of the driver" if torch.built else "Install a torch that was built with CUDA"
        return Finding("problem", f"{told} does not load: {why}", f"{way}, or set {_DEVICE} to auto.")
    gpu = torch.gpus[0]
    if gpu.free >= need:
        return Finding("ok", f"{told} on the GPU {_free([gpu])}")
    short = f"it needs about {_mb(need)} of the GPU {_free([gpu])}"
    if device == "auto":
        return Finding("warning", f"{told} on the CPU: {short}", f"{_CLOSE}, and start Zhiwen again.")
    return Finding("problem", f"{told} does not load: {short}", f"{_CLOSE}, or set {_DEVICE} to auto.")


def _language_model(layers: int, need: int, machine: Seen) -> Finding:
    gpus, told = machine.llama_gpus, f"language model ({_LAYERS}={layers})"
    if layers == 0:
        return Finding("ok", f"{told} on the CPU")
    if not gpus and "CUDA" not in machine.llama_backends and (machine.nvidia or machine.torch.gpus):
        why = f"there is a GPU, but llama.cpp {machine.llama} was built without it"
        return Finding("warning", f"{told} on the CPU: {why}", "Install the CUDA compiler (nvcc) and run `make serve`.")
    if not gpus:
        why = f"llama.cpp {machine.llama} sees no GPU"
        if layers < 0:
            return Finding("ok", f"{told} on the CPU: {why}")
        return Finding(
            "warning", f"{told} on the CPU: {why}", f"Set {_LAYERS} to -1: a GPU is used where there is one."
        )
    # How much so many layers need is known once they are loaded.
    if layers > 0 or sum(gpu.free for gpu in gpus) >= need:
        which = f"with {layers} layers" if layers > 0 else "as a whole"
        return Finding("ok", f"{told} {which} on the GPU {_free(gpus)}, by llama.cpp {machine.llama}")
    return Finding(
        "warning",
        f"{told} on the CPU: it needs about {_mb(need)} of the GPU {_free(gpus)}",
        f"{_CLOSE}, or set {_LAYERS} to as many layers as fit.",
    )


def _embedder_need(settings: Settings) -> int:
    """Bytes on a GPU; 0 where the weights are not here, which is told elsewhere."""
    folder = Path(settings.embedder).expanduser()
    try:
        if not folder.is_dir():
            folder = installed.location(installed.find(settings.embedder, settings.weights_dir), settings.weights_dir)
    except ModelError:
        return 0
    size = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
    return size + WORKING if size else 0


def _llm_need(settings: Settings) -> int:
    """Bytes on a GPU; 0 where the weights are not here, which is told elsewhere."""
    try:
        path, _ = llm_file(settings, settings.llm)
        return needed(installed.find(settings.llm, settings.weights_dir), settings.llm_context)
    except UnknownWeights:
        return path.stat().st_size + WORKING
    except ModelError:
        return 0


def _free(gpus: Sequence[Gpu]) -> str:
    return f"{', '.join(gpu.name for gpu in gpus)} ({_mb(sum(gpu.free for gpu in gpus))} free)"


def _mb(size: int) -> str:
    return f"{size // 1_000_000} MB"
