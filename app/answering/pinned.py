"""Passages that stay where they are in the prompts of a conversation: what a model has read it need not read again.

A follow-up has the passages of the turn before it first, word for word and in the same order, as far as search has
found their chunks again, and behind them what they lack of those that were packed for it. So a prompt has all of
these, and nothing that search did not find; and it may be longer, for what stays where it is takes no time to be read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from threading import Lock

from app.answering.context import Passage, best_sentence, cost
from app.answering.events import Source
from app.answering.prompt import Turn
from app.answering.sentences import sentence_spans
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
    room: int,
    count_tokens: Callable[[str], int],
) -> tuple[Passage, ...]:
    """As many of the earlier passages as there can be, and behind them what they lack of those that were packed.

    They must be cut from `sources` as these are now, and fit `room` together, in tokens. Nothing where none can stay.
    """
    found = {source.hit.chunk: source for source in sources}
    still = takewhile(lambda passage: passage.source.hit.chunk in found, earlier)
    head = [replace(passage, source=found[passage.source.hit.chunk]) for passage in still]
    wanted = {passage.n for passage in packed}
    while head:
        both = [*head, *_lacking(head, packed, words)]
        # One that nothing wants is not kept as the last.
        if head[-1].n in wanted and sum(cost(passage, count_tokens) for passage in both) <= room:
            return tuple(both)
        head.pop()
    return ()


def _lacking(head: Sequence[Passage], packed: Sequence[Passage], words: Words) -> Iterator[Passage]:
    """What the earlier passages do not tell of the packed ones: of a chunk that is there in part, other sentences."""
    for passage in packed:
        windows = [each.text for each in head if each.n == passage.n]
        if not windows:
            yield passage
        elif not _hold(windows, passage, words) and (rest := _untold(passage.text, windows)):
            yield replace(passage, text=rest)


def _hold(windows: Sequence[str], packed: Passage, words: Words) -> bool:
    """Whether earlier windows of a chunk tell a question as much as the one that was cut for it."""
    best = best_sentence(packed.source.hit.chunk.text, words)
    there = any(best in window for window in windows)
    return there and _coverage("\n".join(windows), words) >= _coverage(packed.text, words)


def _untold(text: str, windows: Sequence[str]) -> str:
    """The sentences that no window has, in their order. Rows stand under the header of their table in any case."""
    spans = list(sentence_spans(text))
    ends = [*(start for start, _ in spans[1:]), len(text)]
    header, found = "", []
    for (start, stop), end in zip(spans, ends, strict=True):
        piece = text[start:end]
        header = (header or piece) if piece.startswith("|") else ""
        if any(text[start:stop] in window for window in windows):
            continue
        if header not in ("", piece) and header not in found:
            found.append(header)
        found.append(piece)
    return "".join(found).strip("\n")


def _coverage(text: str, words: Words) -> float:
    named, weights = [word for word, _ in words], [weight for _, weight in words]
    return weighted_coverage(named, weights, with_digits(fold(text)))
