"""Beginnings of prompts: where prompts are cut, and what was computed for the pieces, kept for the next that has them.

Numbers depend a little on how a prompt is cut into batches. Therefore a prompt is always cut in the same way, and only
whole pieces are used again, from the first on: an answer is the same whether its prompt was partly there or not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TypeVar

T = TypeVar("T")
Piece = tuple[int, ...]
# Fewer tokens than this are no piece of their own: a batch costs about as much as four tokens, however few it has.
SMALLEST = 32


@dataclass(frozen=True)
class Cut:
    """A prompt in pieces of at most a block. The first `common` of them stand before all that is asked."""

    pieces: tuple[Piece, ...]
    common: int = 0


def cut(prompt: Sequence[int], marks: Sequence[int] = (), *, block: int) -> Cut:
    """Cut a prompt at the marks, in tokens and rising, and evenly between them, into pieces of at most `block` tokens.

    The first mark ends what is common.
    """
    ends = [0]
    common = 0
    for number, mark in enumerate(marks):
        if mark - ends[-1] >= SMALLEST and mark < len(prompt):
            ends += _even(ends[-1], mark, block)
            common = common if number else len(ends) - 1
    ends += _blocks(ends[-1], len(prompt), block)
    return Cut(tuple(tuple(prompt[start:end]) for start, end in pairwise(ends)), common)


def _even(start: int, end: int, block: int) -> list[int]:
    """The ends of as few pieces as there can be, all about as long."""
    parts = -(-(end - start) // block)
    return [start + (end - start) * part // parts for part in range(1, parts + 1)]


def _blocks(start: int, end: int, block: int) -> list[int]:
    """The ends of blocks: where nobody knows where the next prompt parts from this one, it must not move them."""
    return [*range(start + block, end, block), end]


def shared(one: Iterable[T], other: Iterable[T]) -> int:
    """How many pieces, or tokens, two prompts have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@dataclass(frozen=True)
class Prefix:
    """The state of a context that has read some pieces."""

    pieces: tuple[Piece, ...]
    state: bytearray


class Prefixes:
    """Keeps states of at most `limit` bytes in all. Those that were not used for longest go first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[Piece, ...], Prefix] = OrderedDict()
        self.size = 0

    def longest(self, prompt: Sequence[Piece]) -> Prefix | None:
        """The state that shares the most pieces with a prompt, at least one; it counts as used."""
        best = max(self._kept.values(), key=lambda prefix: shared(prefix.pieces, prompt), default=None)
        if best is None or not shared(best.pieces, prompt):
            return None
        self._kept.move_to_end(best.pieces)
        return best

    def wants(self, pieces: Sequence[Piece], size: int) -> bool:
        """Whether a state of so many bytes has room and holds what none has yet; one that has it counts as used."""
        there = next((kept for kept in self._kept if shared(kept, pieces) == len(pieces)), None)
        if there is not None:
            self._kept.move_to_end(there)
        return bool(pieces) and size <= self._limit and there is None

    def keep(self, prefix: Prefix) -> None:
        """Keep a state that is wanted, in the place of those that hold only a part of it."""
        for kept in list(self._kept):
            if shared(kept, prefix.pieces) == len(kept):
                self._drop(kept)
        self._kept[prefix.pieces] = prefix
        self.size += len(prefix.state)
        while self.size > self._limit:
            self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()
        self.size = 0

    def _drop(self, pieces: tuple[Piece, ...]) -> None:
        self.size -= len(self._kept.pop(pieces).state)
