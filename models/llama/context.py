"""A llama.cpp context as a cache of prompt prefixes: feed a prompt, then token by token."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from threading import Event
from typing import Any

from models.base import GenerationOptions
from models.errors import GenerationFailed
from models.llama.loading import BLOCK

_ABORTED = 2


class Stopped(Exception):
    """A computation ended because somebody asked for it."""


class Context:
    """One sequence of tokens in the memory of llama.cpp.

    Numbers depend a little on how a prompt is cut into batches. Therefore a prompt is always cut
    at multiples of BLOCK and only whole blocks of an earlier prompt are used again: an answer
    is the same whether its prompt was partly there or not. (Answers are never used again: they
    were computed token by token.)
    """

    def __init__(self, lib: Any, context: Any, name: str) -> None:
        self._lib = lib
        self._context = context
        self._name = name
        self._memory = lib.llama_get_memory(context)
        self._batch = lib.llama_batch_init(BLOCK, 0, 1)
        self._blocks: list[int] = []
        self._length = 0

    def feed(self, prompt: Sequence[int], cancel: Event) -> int:
        """Compute a prompt, so that its next token can be sampled. Returns how much was reused."""
        reused = self._rewind(prompt)
        for start in range(reused, len(prompt), BLOCK):
            if cancel.is_set():
                raise Stopped
            block = prompt[start : start + BLOCK]
            self._decode(block, last=start + len(block) == len(prompt))
            if len(block) == BLOCK:
                self._blocks += block
        return reused

    def append(self, token: int) -> None:
        """Compute one more token."""
        self._decode([token], last=True)

    def sample(self, sampler: Any) -> int:
        """Draw the next token."""
        return int(self._lib.llama_sampler_sample(sampler, self._context, -1))

    def close(self) -> None:
        self._lib.llama_batch_free(self._batch)
        self._lib.llama_free(self._context)

    def _rewind(self, prompt: Sequence[int]) -> int:
        """Keep the blocks that this prompt shares with the last one; the last token is never kept."""
        shared = 0
        while shared + BLOCK < len(prompt) and shared < len(self._blocks):
            if list(prompt[shared : shared + BLOCK]) != self._blocks[shared : shared + BLOCK]:
                break
            shared += BLOCK
        # Some models (recurrent ones) cannot forget a part of what they have read.
        if shared and not self._lib.llama_memory_seq_rm(self._memory, 0, shared, -1):
            shared = 0
        if not shared:
            self._lib.llama_memory_clear(self._memory, True)
        del self._blocks[shared:]
        self._length = shared
        return shared

    def _decode(self, tokens: Sequence[int], *, last: bool) -> None:
        batch = self._batch
        batch.n_tokens = len(tokens)
        for at, token in enumerate(tokens):
            batch.token[at] = token
            batch.pos[at] = self._length + at
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = 0
            batch.logits[at] = last and at == len(tokens) - 1
        status = self._lib.llama_decode(self._context, batch)
        if status == _ABORTED:
            raise Stopped
        if status != 0:
            self._blocks.clear()
            raise GenerationFailed(name=self._name, status=status)
        self._length += len(tokens)


def new_sampler(lib: Any, options: GenerationOptions) -> Any:
    """A sampler chain, to be freed by the caller. Temperature 0 takes the likeliest token."""
    chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
    if options.temperature <= 0:
        lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_greedy())
        return chain
    lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_top_p(ctypes.c_float(options.top_p), 1))
    lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_temp(ctypes.c_float(options.temperature)))
    lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_dist(options.seed & 0xFFFFFFFF))
    return chain
