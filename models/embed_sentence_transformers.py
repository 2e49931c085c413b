"""An embedder from any sentence-transformers folder: M3E, text2vec, BGE, E5 and their like.

Knows how to batch by length, which prompt a model wants, and what did not fit. Reads safetensors
only, runs no code from the folder, and never goes to the network.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from models.base import Embedded, Step, Vectors
from models.catalog import Prompts, load_catalog
from models.embedder_folder import fingerprint, refuse_unsafe
from models.encoder import Encoder, Form, NoRoom
from models.encoder_choice import Choice
from models.encoder_files import EncoderFiles
from models.gauge import Gauge, Pace, Rate
from models.local_transformers import TORCH, Torch, give_back_cache, sound
from models.memo import Memo
from models.turns import Turns
from models.windows import WINDOW_TOKENS, windows_of

_log = logging.getLogger(__name__)

# A question waits for at most one batch of passages. On a processor that is to take so many seconds, at the pace of the
# last batches; with fewer than 256 tokens a fourth of the pace is lost, with more than 1024 hardly any is won.
_PATIENCE = 0.125
_LEAST_BATCH, _MOST_BATCH, _GPU_BATCH = 256, 1024, 32768


class SentenceTransformersEmbedder:
    """An Embedder over the model in `folder`; safe to call from several threads.

    `device` is auto, cpu, cuda, cuda:N or mps. `prompts` stands before the folder's own, which
    stand before the catalogue's for `name`. On a processor it computes in `form`; for auto in the one that was
    measured, which `memo` remembers. A network that is made for that is kept in the folder `made`, if it is given.
    `torch` is that of this machine. With auto the processor is used in place of a GPU that has too little free memory,
    also where that turns out later. Raises WeightsMissing, WeightsUnusable or GpuMemoryShort.
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
        form: Literal["auto"] | Form = "float32",
        memo: Memo | None = None,
        made: Path | None = None,
        torch: Torch = TORCH,
    ) -> None:
        refuse_unsafe(folder, name)
        self._name = name
        self._given = prompts
        self._folder = folder
        self._choice = Choice(folder, name, self._fingerprint_of, device, threads, form, memo, made, torch)
        self._net = self._choice.network()
        self._prompts = self._prompts_of(self._net)
        self._fingerprint = self._fingerprint_of(self._net)
        self._tokens = self._net.tokens
        self._batch_tokens = batch_tokens
        self._turns = Turns()
        self._pace = Pace()

    @property
    def name(self) -> str:
        return self._name

    @property
    def device(self) -> str:
        """Where the model runs: cpu, cuda or mps."""
        return self._net.device

    @property
    def form(self) -> Form:
        """In which form it computes. Vectors of all are of one kind: the fingerprint is the same."""
        return self._net.form

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def dimensions(self) -> int:
        return self._net.dimensions

    @property
    def max_tokens(self) -> int:
        return self._net.max_tokens

    def gauge(self) -> Gauge:
        """The bytes of its weights, where they are, and the pace of the last batches of passages."""
        held, here = self._net.bytes_held, self.device == "cpu"
        return Gauge(memory=held if here else 0, gpu_memory=0 if here else held, read=self._pace.rate())

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._count(texts, self._prompts.passage)

    def embed_passages(self, texts: Sequence[str], step: Step = lambda _: None) -> Embedded:
        counts = self.count_tokens(texts)
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        windows = [vectors[row : row + 1] for row in range(len(texts))]
        seen = [min(count, self.max_tokens) for count in counts]
        # By length, longest first, so that little is padded and memory peaks at once.
        left = sorted(range(len(seen)), key=lambda row: -seen[row])
        most = len(left)
        while left:
            step(len(texts) - len(left))
            rows = left[: min(most, self._fitting(seen[left[0]]))]
            with self._turns.patient():
                began = time.perf_counter()
                try:
                    whole, parts = self._encode([texts[row] for row in rows], self._prompts.passage)
                except NoRoom:
                    most = len(rows) // 2
                    continue
                self._pace.note(sum(seen[row] for row in rows), time.perf_counter() - began)
            vectors[rows] = whole
            for row, part in zip(rows, parts, strict=True):
                windows[row] = part
            left = left[len(rows) :]
        truncated = tuple(row for row, count in enumerate(counts) if count > self.max_tokens)
        if truncated:
            _log.warning("%s saw only the first %d tokens of %d passages.", self._name, self.max_tokens, len(truncated))
        return Embedded(vectors, tuple(windows), truncated)

    def embed_query(self, text: str) -> Vectors:
        if self._count([text], self._prompts.query)[0] > self.max_tokens:
            _log.warning("%s saw only the first %d tokens of a question.", self._name, self.max_tokens)
        with self._turns.urgent():
            whole, _ = self._encode([text], self._prompts.query)
        vector: Vectors = whole[0]
        return vector

    def _encode(self, texts: list[str], prompt: str) -> tuple[Vectors, list[Vectors]]:
        """The vectors of texts, and those of their windows; for who holds the model.

        Raises NoRoom for several that do not fit on a GPU at once. For one that does not, the embedder moves to the
        processor, or raises GpuMemoryShort if it may not.
        """
        given = [prompt + sound(text) for text in texts]
        try:
            whole, states = self._net.encode(given)
        except NoRoom as error:
            if len(given) > 1:
                raise
            why = error.reason
        else:
            return whole, _windows(whole, states)
        self._net = self._choice.instead(why)
        give_back_cache()
        return self._encode(texts, prompt)

    def _prompts_of(self, source: Encoder | EncoderFiles) -> Prompts:
        entry = load_catalog().get(self._name)
        catalogued = entry.prompts if entry is not None else None
        return self._given or source.prompts or catalogued or Prompts()

    def _fingerprint_of(self, source: Encoder | EncoderFiles) -> str:
        return fingerprint(self._folder, self._prompts_of(source), source.max_tokens, WINDOW_TOKENS)

    def _count(self, texts: Sequence[str], prompt: str) -> list[int]:
        return [len(ids) for ids in self._tokens.ids([prompt + sound(text) for text in texts])]

    def _budget(self) -> int:
        """Padded tokens of one batch."""
        if self._batch_tokens or self.device != "cpu":
            return self._batch_tokens or _GPU_BATCH
        return batch_tokens(self._pace.rate())

    def _fitting(self, tokens: int) -> int:
        """How many texts make a batch of which the longest has so many: at least one."""
        return max(1, self._budget() // max(1, tokens))


def _windows(whole: Vectors, states: list[Vectors]) -> list[Vectors]:
    return [windows_of(each) for each in states] or [whole[row : row + 1] for row in range(len(whole))]


def batch_tokens(pace: Rate | None) -> int:
    """Padded tokens of a batch on a processor that embeds at this pace: as many as a question may wait for."""
    return _MOST_BATCH if pace is None else max(_LEAST_BATCH, min(_MOST_BATCH, int(pace.tokens * _PATIENCE)))
