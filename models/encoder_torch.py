"""An encoder run by sentence-transformers: any model there is, on any device torch knows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tokenizers import Tokenizer

from models.base import Vectors
from models.catalog import Prompts
from models.embed_forms import Measured, compare, remember, remembered
from models.embedder_folder import unfilled_tensors
from models.encoder import Form, NoRoom
from models.encoder_files import OFFSET_POSITIONS
from models.errors import WeightsUnusable
from models.local_transformers import TORCH, give_back_cache, load, short_of_memory
from models.memo import Memo
from models.reasons import because
from models.sample_texts import SAMPLE
from models.threads import has_bfloat16_products
from models.token_ids import LibraryTokens

_log = logging.getLogger(__name__)

# These number positions from past the padding token, too.
_OFFSET_POSITIONS = OFFSET_POSITIONS | {"mpnet", "xlm-roberta-xl"}


class TorchEncoder:
    """The network in `folder` on `device`, in float32 until a form is taken. Raises WeightsUnusable, GpuMemoryShort.

    `build` reads the folder, as the class of sentence-transformers does.
    """

    def __init__(self, folder: Path, device: str, threads: int = 0, build: Callable[..., Any] = TORCH.build) -> None:
        self._source = folder, build, device, threads
        self._model = _load(*self._source)
        self._form: Form = "float32"
        self._max_tokens = _max_tokens(self._model)
        self._model.max_seq_length = self._max_tokens
        self._pools_by_mean = _pools_by_mean(self._model)
        self._tokens = _untruncated(self._model, folder)

    @property
    def form(self) -> Form:
        return self._form

    @property
    def device(self) -> str:
        return str(self._model.device.type)

    @property
    def dimensions(self) -> int:
        return int(self._model.get_embedding_dimension())

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    @property
    def pools_by_mean(self) -> bool:
        return self._pools_by_mean

    @property
    def prompts(self) -> Prompts | None:
        known: dict[str, str] = self._model.prompts
        query, passage = known.get("query") or "", known.get("passage") or known.get("document") or ""
        return Prompts(query, passage) if query or passage else None

    @property
    def tokens(self) -> LibraryTokens:
        return self._tokens

    @property
    def bytes_held(self) -> int:
        tensors = (*self._model.parameters(), *self._model.buffers())
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def encode(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        found = self._states(list(texts))
        whole = np.stack([one["sentence_embedding"].float().cpu().numpy() for one in found])
        whole /= np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-12)
        if not self._pools_by_mean:
            return whole, []
        return whole, [one["token_embeddings"][one["attention_mask"].bool()].float().cpu().numpy() for one in found]

    def _states(self, texts: list[str]) -> Any:
        short = None
        try:
            return self._model.encode(
                texts, prompt="", batch_size=len(texts), show_progress_bar=False, output_value=None
            )
        except RuntimeError as error:
            if self.device == "cpu" or not (short := short_of_memory(error)):
                raise
        # Out here the error is gone, and with it what was computed until then.
        give_back_cache()
        raise NoRoom(short)

    def measured(self) -> Measured:
        """Whether to compute in bfloat16, in which it does from now on: one in float32 has to be loaded again."""
        self._form = "bfloat16"
        return compare(self._model, lambda: self.encode(SAMPLE)[0])

    def take_form(self, form: Literal["auto", "float32", "bfloat16"], memo: Memo | None, key: str, name: str) -> None:
        """Compute in this form from now on; for auto in the one that was measured, which `memo` remembers."""
        import torch

        known = remembered(memo, key)
        if form == "auto" and known is None and has_bfloat16_products():
            known = self.measured()
            remember(memo, key, known)
            _log.info("%s computes in %s: %s", name, known.form, known)
            if known.form == "float32":
                self._model = _load(*self._source)
                self._model.max_seq_length = self._max_tokens
        self._form = form if form != "auto" else known.form if known is not None else "float32"
        if self._form == "bfloat16":
            self._model.to(torch.bfloat16)


def _load(folder: Path, build: Callable[..., Any], device: str, threads: int) -> Any:
    model = load(folder, build, device, threads)
    unfilled = unfilled_tensors(folder, model)
    if unfilled:
        reason = because("weights-lacking", name=unfilled[0], count=len(unfilled) - 1)
        raise WeightsUnusable(path=folder, reason=reason)
    return model


def _max_tokens(model: Any) -> int:
    """What the folder asks for, but never more than the position table holds."""
    config = model[0].config
    table = getattr(config, "max_position_embeddings", None) or 512
    if config.model_type in _OFFSET_POSITIONS:
        table -= (config.pad_token_id or 0) + 1
    return int(min(model.max_seq_length or table, table))


def _pools_by_mean(model: Any) -> bool:
    kinds = [type(module).__name__ for module in model]
    return (
        kinds[:2] == ["Transformer", "Pooling"] and set(kinds[2:]) <= {"Normalize"} and model[1].pooling_mode == "mean"
    )


def _untruncated(model: Any, folder: Path) -> LibraryTokens:
    """A tokenizer of our own that counts whole texts, while the model's own truncates its batch."""
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise WeightsUnusable(path=folder, reason=because("no-tokenizer"))
    return LibraryTokens(Tokenizer.from_str(backend.to_str()))
