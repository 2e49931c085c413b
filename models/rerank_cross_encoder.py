"""A reranker from any sentence-transformers cross-encoder folder: BGE, MiniLM, Jina and their like.

Reads safetensors only, runs no code from the folder, and never goes to the network.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from models.base import Vectors
from models.embedder_folder import refuse_unsafe
from models.errors import WeightsUnusable
from models.torch_device import choose_device, use_cores

# Pairs of one batch.
_BATCH = 8


class CrossEncoderReranker:
    """A Reranker over the model in `folder`; safe to call from several threads, one at a time.

    `device` is auto, cpu, cuda, cuda:N or mps. Raises WeightsMissing or WeightsUnusable.
    """

    def __init__(self, folder: Path, *, name: str, device: str = "auto") -> None:
        refuse_unsafe(folder, name)
        self._name = name
        self._model = _load(folder, choose_device(device, folder))
        self._one = Lock()

    @property
    def name(self) -> str:
        return self._name

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros(0, dtype=np.float32)
        pairs = [(_sound(question), _sound(text)) for text in texts]
        with self._one:
            found = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32).reshape(len(texts))


def _load(folder: Path, device: str) -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    if device == "cpu":
        use_cores()
    try:
        model = CrossEncoder(
            str(folder),
            device=device,
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "dtype": torch.float32},
        )
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as error:
        reason = f"the model does not load ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        raise WeightsUnusable(path=folder, reason=reason) from error
    if model.num_labels != 1:
        raise WeightsUnusable(path=folder, reason=f"it gives {model.num_labels} figures a pair; a reranker gives one")
    return model.eval()


def _sound(text: str) -> str:
    """Text without lone surrogates, which no tokenizer accepts."""
    return text.encode("utf-8", "replace").decode("utf-8")
