"""A reranker from any sentence-transformers cross-encoder folder: BGE, MiniLM, Jina and their like.

Reads safetensors only, runs no code from the folder, and never goes to the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from models.base import Vectors
from models.embedder_folder import refuse_unsafe
from models.errors import WeightsUnusable
from models.local_transformers import Torch, load, load_where_it_fits, sound
from models.reasons import because

# Pairs of one batch.
_BATCH = 8


def _cross_encoder(*given: Any, **named: Any) -> Any:
    from sentence_transformers import CrossEncoder

    return CrossEncoder(*given, **named)


_TORCH = Torch(build=_cross_encoder)


class CrossEncoderReranker:
    """A Reranker over the model in `folder`; safe to call from several threads, one at a time.

    `device` is auto, cpu, cuda, cuda:N or mps. With auto the processor is used where a GPU does not take the model.
    `torch` is that of this machine. Raises WeightsMissing, WeightsUnusable or GpuMemoryShort.
    """

    def __init__(self, folder: Path, *, name: str, device: str = "auto", torch: Torch = _TORCH) -> None:
        refuse_unsafe(folder, name)
        self._name = name
        self._model = load_where_it_fits(
            name, device, torch.choose(device, folder), lambda where: _load(folder, torch.build, where)
        )
        self._one = Lock()

    @property
    def name(self) -> str:
        return self._name

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros(0, dtype=np.float32)
        pairs = [(sound(question), sound(text)) for text in texts]
        with self._one:
            found = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32).reshape(len(texts))


def _load(folder: Path, build: Callable[..., Any], device: str) -> Any:
    model = load(folder, build, device)
    if model.num_labels != 1:
        raise WeightsUnusable(path=folder, reason=because("no-reranker", count=model.num_labels))
    return model
