"""A llama.cpp context that begins a prompt with what it has read before: feed a prompt, then token by token."""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any

import numpy as np

from models.base import GenerationOptions, Vectors
from models.errors import GenerationFailed
from models.llama.prefixes import Cut, Piece, Prefix, Prefixes, shared

_ABORTED = 2


class Stopped(Exception):
    """A computation ended because somebody asked for it."""


class Context:
    """One sequence of tokens in the memory of llama.cpp, and the states of it that are kept for other prompts.

    Pieces of an earlier prompt are used again (`prefixes`). Answers never are: they were computed token by token. One
    thread at a time feeds; any may `forget` and `close`.
    """

    def __init__(self, lib: Any, context: Any, name: str, prefixes: Prefixes) -> None:
        """`context` takes as many tokens at once as it was made for."""
        self._lib = lib
        self._context = context
        self._name = name
        self._memory = lib.llama_get_memory(context)
        self._batch = lib.llama_batch_init(lib.llama_n_batch(context), 0, 1)
        self._prefixes = prefixes
        self._pieces: list[Piece] = []
        self._length = 0
        self._lock = Lock()
        self._open = True
        self._busy = False
        self._stale = False

    @property
    def kept(self) -> int:
        """Bytes of the states that are kept."""
        return self._prefixes.size

    def feed(self, prompt: Cut, cancel: Event) -> int:
        """Compute a prompt, so that its next token can be sampled. Returns how many of its tokens were reused.

        The context is taken until `rest`.
        """
        with self._lock:
            self._busy = True
            if self._stale:
                self._wipe()
            self._rewind(prompt.pieces)
        reused = self._length
        for number, piece in enumerate(prompt.pieces[len(self._pieces) :], start=len(self._pieces) + 1):
            if cancel.is_set():
                raise Stopped
            last = number == len(prompt.pieces)
            self._decode(piece, [len(piece) - 1] if last else ())
            # The next token is sampled from what the last one left, which is therefore never used again.
            if not last:
                self._pieces.append(piece)
            if number == prompt.common:
                with self._lock:
                    self._keep()
        return reused

    def known(self, prompt: Cut) -> int:
        """How many tokens of a prompt `feed` would not have to compute. For the thread that feeds."""
        with self._lock:
            here, there, _ = self._shared(prompt.pieces)
            known = 0 if self._stale else max(here, there)
        return sum(map(len, prompt.pieces[:known]))

    def drawing(self, sampler: Any) -> Drawing:
        """What draws the next tokens of the prompt that was fed."""
        return Drawing(self, sampler)

    def extend(self, tokens: Sequence[int]) -> None:
        """Compute more tokens, so that one can be drawn behind each of them."""
        self._decode(tokens, range(len(tokens)))

    def take_back(self, count: int) -> None:
        """Forget the last so many of those. Raises GenerationFailed where the model cannot."""
        start = self._length - count
        if not self._lib.llama_memory_seq_rm(self._memory, 0, start, -1):
            raise GenerationFailed(name=self._name, status="seq_rm")
        self._length = start

    def draw(self, sampler: Any, place: int) -> int:
        """Draw a token behind one of the last that were computed, by its place among them; -1 is the last."""
        return int(self._lib.llama_sampler_sample(sampler, self._context, place))

    def logits(self) -> Vectors:
        """How likely the model takes each token next, before they are made to be probabilities. Shape (vocabulary,)."""
        size = self._lib.llama_vocab_n_tokens(self._lib.llama_model_get_vocab(self._lib.llama_get_model(self._context)))
        return np.ctypeslib.as_array(self._lib.llama_get_logits_ith(self._context, -1), (size,)).copy()

    def rest(self) -> None:
        """Nothing more is computed for the prompt that was fed."""
        with self._lock:
            self._busy = False
            if self._stale and self._open:
                self._wipe()

    def forget(self) -> None:
        """Keep nothing of what was read: now, or as soon as the answer that is being written is over."""
        with self._lock:
            self._prefixes.clear()
            self._stale = True
            if self._open and not self._busy:
                self._wipe()

    def close(self) -> None:
        with self._lock:
            self._open = False
            self._prefixes.clear()
            self._lib.llama_batch_free(self._batch)
            self._lib.llama_free(self._context)

    def _rewind(self, prompt: Sequence[Piece]) -> None:
        """Begin with the pieces that this prompt shares with the last one or, where those are more, with a kept one."""
        here, there, kept = self._shared(prompt)
        if here < len(self._pieces):
            self._keep()
        if here >= there and self._truncate(here):
            return
        if kept and self._restore(kept) and self._truncate(there):
            return
        self._clear()

    def _shared(self, prompt: Sequence[Piece]) -> tuple[int, int, Prefix | None]:
        """How many pieces of a prompt the last one has, how many a kept one, and which. The last piece is read anew."""
        wanted = prompt[:-1]
        kept = self._prefixes.longest(wanted)
        return shared(wanted, self._pieces), shared(wanted, kept.pieces) if kept else 0, kept

    def _keep(self) -> None:
        """Keep the state of what may be used again, unless the model cannot forget what it has read since."""
        size = self._lib.llama_state_seq_get_size(self._context, 0)
        if self._stale or not self._prefixes.wants(self._pieces, size) or not self._truncate(len(self._pieces)):
            return
        state = bytearray(self._lib.llama_state_seq_get_size(self._context, 0))
        held = (ctypes.c_uint8 * len(state)).from_buffer(state)
        if self._lib.llama_state_seq_get_data(self._context, held, len(state), 0) == len(state):
            self._prefixes.keep(Prefix(tuple(self._pieces), state))

    def _restore(self, prefix: Prefix) -> bool:
        self._clear()
        held = (ctypes.c_uint8 * len(prefix.state)).from_buffer(prefix.state)
        if not self._lib.llama_state_seq_set_data(self._context, held, len(prefix.state), 0):
            return False
        self._pieces = list(prefix.pieces)
        return True

    def _truncate(self, pieces: int) -> bool:
        """Forget everything behind so many pieces. Some models (recurrent ones) cannot forget a part."""
        length = sum(map(len, self._pieces[:pieces]))
        if not pieces or not self._lib.llama_memory_seq_rm(self._memory, 0, length, -1):
            return False
        del self._pieces[pieces:]
        self._length = length
        return True

    def _clear(self) -> None:
        self._lib.llama_memory_clear(self._memory, True)
        self._pieces.clear()
        self._length = 0

    def _wipe(self) -> None:
        self._prefixes.clear()
        self._clear()
        self._stale = False

    def _decode(self, tokens: Sequence[int], drawn: Collection[int]) -> None:
        """Compute tokens; behind those at the places of `drawn` one can be drawn."""
        batch = self._batch
        batch.n_tokens = len(tokens)
        for at, token in enumerate(tokens):
            batch.token[at] = token
            batch.pos[at] = self._length + at
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = 0
            batch.logits[at] = at in drawn
        status = self._lib.llama_decode(self._context, batch)
        if status == _ABORTED:
            raise Stopped
        if status != 0:
            self._pieces.clear()
            raise GenerationFailed(name=self._name, status=status)
        self._length += len(tokens)


@dataclass(frozen=True)
class Drawing:
    """A `Decoder` of `lookup` on a context."""

    context: Context
    sampler: Any

    def choose(self, place: int) -> int:
        return self.context.draw(self.sampler, place)

    def extend(self, tokens: list[int]) -> None:
        self.context.extend(tokens)

    def take_back(self, count: int) -> None:
        self.context.take_back(count)


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
