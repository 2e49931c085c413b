"""An embedder from any sentence-transformers folder: M3E, text2vec, BGE, E5 and their like.

Knows how to batch by length, which prompt a model wants, and what did not fit. Reads safetensors
only, runs no code from the folder, and never goes to the network.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.base import Embedded, Vectors
from models.catalog import Prompts, load_catalog
from models.embedder_folder import fingerprint, refuse_unsafe, unfilled_tensors
from models.errors import WeightsUnusable
from models.local_transformers import choose_device, load, sound
from models.turns import Turns
from models.windows import WINDOW_TOKENS, windows_of

_log = logging.getLogger(__name__)

# Padded tokens of one batch. On a CPU a question waits for at most one batch, about a third of a second.
_CPU_BATCH, _GPU_BATCH = 1024, 32768
# These families number positions from past the padding token.
_OFFSET_POSITIONS = {"roberta", "xlm-roberta", "camembert", "mpnet", "xlm-roberta-xl"}


class SentenceTransformersEmbedder:
    """An Embedder over the model in `folder`; safe to call from several threads.

    `device` is auto, cpu, cuda, cuda:N or mps. `prompts` stands before the folder's own, which
    stand before the catalogue's for `name`. Raises WeightsMissing or WeightsUnusable.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        device: str = "auto",
        prompts: Prompts | None = None,
        batch_tokens: int = 0,
        threads: int = 0,
    ) -> None:
        refuse_unsafe(folder, name)
        self._model = _load(folder, choose_device(device, folder), threads)
        self._name = name
        self._prompts = prompts or _own_prompts(self._model) or _catalogued_prompts(name) or Prompts()
        self._max_tokens = _max_tokens(self._model)
        self._model.max_seq_length = self._max_tokens
        self._dimensions = int(self._model.get_embedding_dimension())
        self._pools_by_mean = _pools_by_mean(self._model)
        self._counter = _untruncated(self._model, folder)
        self._batch_tokens = batch_tokens or (_CPU_BATCH if self.device == "cpu" else _GPU_BATCH)
        self._fingerprint = fingerprint(folder, self._prompts, self._max_tokens, WINDOW_TOKENS)
        self._turns = Turns()

    @property
    def name(self) -> str:
        return self._name

    @property
    def device(self) -> str:
        """Where the model runs: cpu, cuda or mps."""
        return str(self._model.device.type)

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def dimensions(self) -> int:
        return self._dimensions

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._count(texts, self._prompts.passage)

    def embed_passages(self, texts: Sequence[str]) -> Embedded:
        counts = self.count_tokens(texts)
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        windows = [vectors[row : row + 1] for row in range(len(texts))]
        for rows in self._batches(counts):
            with self._turns.patient():
                whole, parts = self._encode([texts[row] for row in rows], self._prompts.passage)
            vectors[rows] = whole
            for row, part in zip(rows, parts, strict=True):
                windows[row] = part
        truncated = tuple(row for row, count in enumerate(counts) if count > self._max_tokens)
        if truncated:
            _log.warning(
                "%s saw only the first %d tokens of %d passages.", self._name, self._max_tokens, len(truncated)
            )
        return Embedded(vectors, tuple(windows), truncated)

    def embed_query(self, text: str) -> Vectors:
        if self._count([text], self._prompts.query)[0] > self._max_tokens:
            _log.warning("%s saw only the first %d tokens of a question.", self._name, self._max_tokens)
        with self._turns.urgent():
            whole, _ = self._encode([text], self._prompts.query)
        vector: Vectors = whole[0]
        return vector

    def _encode(self, texts: list[str], prompt: str) -> tuple[Vectors, list[Vectors]]:
        """The vectors of texts, and those of their windows."""
        found = self._model.encode(
            [sound(text) for text in texts],
            prompt=prompt,
            batch_size=len(texts),
            show_progress_bar=False,
            output_value=None,
        )
        whole = np.stack([one["sentence_embedding"].cpu().numpy() for one in found]).astype(np.float32, copy=False)
        whole /= np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-12)
        if not self._pools_by_mean:
            return whole, [whole[row : row + 1] for row in range(len(texts))]
        states = (one["token_embeddings"][one["attention_mask"].bool()].cpu().numpy() for one in found)
        return whole, [windows_of(state) for state in states]

    def _count(self, texts: Sequence[str], prompt: str) -> list[int]:
        encoded = self._counter.encode_batch_fast([prompt + sound(text) for text in texts])
        return [len(one.ids) for one in encoded]

    def _batches(self, counts: Sequence[int]) -> Iterator[list[int]]:
        """Rows grouped by length, longest first, so that little is padded and memory peaks at once."""
        seen = [min(count, self._max_tokens) for count in counts]
        batch: list[int] = []
        for row in sorted(range(len(seen)), key=lambda row: -seen[row]):
            if batch and (len(batch) + 1) * seen[batch[0]] > self._batch_tokens:
                yield batch
                batch = []
            batch.append(row)
        if batch:
            yield batch


def _load(folder: Path, device: str, threads: int) -> Any:
    from sentence_transformers import SentenceTransformer

    model = load(folder, SentenceTransformer, device, threads)
    unfilled = unfilled_tensors(folder, model)
    if unfilled:
        raise WeightsUnusable(path=folder, reason=f"the weights lack {unfilled[0]} and {len(unfilled) - 1} more")
    return model


def _own_prompts(model: Any) -> Prompts | None:
    known: dict[str, str] = model.prompts
    query = known.get("query") or ""
    passage = known.get("passage") or known.get("document") or ""
    return Prompts(query, passage) if query or passage else None


def _catalogued_prompts(name: str) -> Prompts | None:
    entry = load_catalog().get(name)
    return entry.prompts if entry is not None else None


def _max_tokens(model: Any) -> int:
    """What the folder asks for, but never more than the position table holds."""
    config = model[0].config
    table = getattr(config, "max_position_embeddings", None) or 512
    if config.model_type in _OFFSET_POSITIONS:
        table -= (config.pad_token_id or 0) + 1
    return int(min(model.max_seq_length or table, table))


def _pools_by_mean(model: Any) -> bool:
    """Whether a vector is the mean of the tokens' states and nothing more, but for its length."""
    kinds = [type(module).__name__ for module in model]
    return (
        kinds[:2] == ["Transformer", "Pooling"] and set(kinds[2:]) <= {"Normalize"} and model[1].pooling_mode == "mean"
    )


def _untruncated(model: Any, folder: Path) -> Any:
    """A tokenizer of our own that counts whole texts, while the model's own truncates its batch."""
    from tokenizers import Tokenizer

    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise WeightsUnusable(path=folder, reason="its tokenizer has no tokenizer.json")
    counter = Tokenizer.from_str(backend.to_str())
    counter.no_truncation()
    counter.no_padding()
    return counter


def gpu_names() -> list[str]:
    """The NVIDIA GPUs that embedding can use."""
    import torch

    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
