"""A GPU that torch seems to have: small, busy, and computing on the processor in truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.local_transformers import Torch, choose_device

CUDA_SAYS = "CUDA out of memory. Tried to allocate 734.00 MiB. GPU 0 has 12.00 MiB free."


class SmallGpu:
    """Holds a model if it `loads`, and `room` texts at once; counts in `batches` those that it computed.

    What has no room raises `says`. `kind` is the class of the models, by its name.
    """

    def __init__(
        self,
        room: int,
        *,
        loads: bool = True,
        says: type[RuntimeError] | None = None,
        kind: str = "SentenceTransformer",
    ) -> None:
        import sentence_transformers
        import torch

        self._kind = getattr(sentence_transformers, kind)
        self.room, self.loads = room, loads
        self.batches: list[int] = []
        self._says = says or torch.OutOfMemoryError

    def torch(self) -> Torch:
        """For an embedder: auto is this GPU."""
        return Torch(may_have_gpu=lambda: True, choose=self._choose, build=self._build)

    def take(self, texts: int) -> None:
        """Compute them, or raise."""
        if texts > self.room:
            raise self._says(CUDA_SAYS)
        self.batches.append(texts)

    def _choose(self, wanted: str, folder: Path) -> str:
        return "cuda" if wanted in ("auto", "cuda") else choose_device(wanted, folder)

    def _build(self, folder: str, *, device: str, **options: Any) -> Any:
        if device != "cuda":
            return self._kind(folder, device=device, **options)
        if not self.loads:
            raise self._says(CUDA_SAYS)
        return _on(self, self._kind(folder, device="cpu", **options))


def _on(gpu: SmallGpu, model: Any) -> Any:
    import torch

    class OnGpu(type(model)):  # type: ignore[misc]
        device = torch.device("cuda")

        def encode(self, texts: list[str], **options: Any) -> Any:
            gpu.take(len(texts))
            return super().encode(texts, device="cpu", **options)

    model.__class__ = OnGpu
    return model
