"""Passages that stay where they are in the prompts of a conversation: what a model has read it need not read again.

A follow-up has the passages of the turn before it first, word for word and in the same order, as far as it is read with
them too: search must have found each of them again, and they must hold all that it would be read with otherwise, but
for what stands behind them. So a prompt never has less than without them, nor anything that search did not find.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile
from threading import Lock

from app.answering.context import Passage, best_sentence, cost
from app.answering.events import Source
from app.answering.prompt import Turn
from app.answering.terms import weighted_coverage, with_digits
from ingest.store.analyse import fold

Words = Sequence[tuple[str, float]]


class Pinned:
    """The passages that the latest answers were written from, by the ids of the answers. Any thread may use it.

    Those of `most` answers are kept; a conversation whose are gone begins anew.
    """

    def __init__(self, most: int = 100) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[Passage, ...]] = OrderedDict()
        self._lock = Lock()

    def keep(self, answer: str, passages: tuple[Passage, ...]) -> None:
        """Remember what an answer was written from. One without an id is followed by none."""
        if answer:
            with self._lock:
                self._kept[answer] = passages
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)

    def of(self, history: Sequence[Turn]) -> tuple[Passage, ...]:
        """The passages of the last of these turns of which they are known."""
        with self._lock:
            return next((self._kept[turn.id] for turn in reversed(history) if turn.id in self._kept), ())

    def clear(self) -> None:
        """Keep no words of anything."""
        with self._lock:
            self._kept.clear()


def pin(
    earlier: Sequence[Passage],
    packed: tuple[Passage, ...],
    sources: Sequence[Source],
    words: Words,
    budget: int,
    count_tokens: Callable[[str], int],
) -> tuple[Passage, ...]:
    """As many of the earlier passages as there can be, and behind them what they lack of those that were packed.

    They must be cut from `sources` as these are now, and fit the budget together; else it is what was packed.
    """
    found = {source.hit.chunk: source for source in sources}
    still = list(takewhile(lambda passage: passage.source.hit.chunk in found, earlier))
    head = [replace(passage, source=found[passage.source.hit.chunk]) for passage in still]
    while head:
        lacking = [each for each in packed if not any(_holds(passage, each, words) for passage in head)]
        both = [*head, *lacking]
        # One that nothing wants is not kept as the last; two windows of one chunk say much twice.
        wanted = any(_holds(head[-1], each, words) for each in packed)
        once = len({passage.n for passage in both}) == len(both)
        if wanted and once and sum(cost(passage, count_tokens) for passage in both) <= budget:
            return tuple(both)
        head.pop()
    return packed


def _holds(pinned: Passage, packed: Passage, words: Words) -> bool:
    """Whether an earlier window of a chunk tells a question as much as the one that was cut for it."""
    if pinned.n != packed.n:
        return False
    best = best_sentence(packed.source.hit.chunk.text, words)
    return best in pinned.text and _coverage(pinned, words) >= _coverage(packed, words)


def _coverage(passage: Passage, words: Words) -> float:
    named, weights = [word for word, _ in words], [weight for _, weight in words]
    return weighted_coverage(named, weights, with_digits(fold(passage.text)))
