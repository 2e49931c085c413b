"""How much of a question a chunk covers: as a whole, in its best sentence, in two sentences in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from app.answering.sentences import sentence_spans
from app.answering.terms import covered, with_digits
from ingest.store.analyse import fold
from ingest.store.records import StoredChunk
from ingest.title import indexed_text, title_of

# Stands between what is folded together: folding leaves it as it is.
_EDGE = "\x1f"


@dataclass(frozen=True)
class FoldedChunk:
    """A chunk as questions are matched against it: folded, numerals in digits too.

    `whole` is all that it is found by: its document's title, its headings and its text. `sentences` are those of
    its text, rows of tables among them.
    """

    whole: str
    sentences: tuple[str, ...] = ()

    def coverage(self, words: Sequence[str], weights: Sequence[float]) -> Coverage:
        """How much of the weight of folded words it holds, and where."""
        total = sum(weights) or 1.0
        held = tuple(weight / total * covered(word, self.whole) for word, weight in zip(words, weights, strict=True))
        # What is nowhere in the whole is in no sentence of it.
        sought = [(word, weight / total) for word, weight, there in zip(words, weights, held, strict=True) if there]
        shares = [[share * covered(word, sentence) for word, share in sought] for sentence in self.sentences]
        alone = [sum(each) for each in shares]
        pairs = [sum(map(max, one, other)) for one, other in pairwise(shares)]
        return Coverage(held, max(alone, default=0.0), max([*pairs, *alone], default=0.0))


@dataclass(frozen=True)
class Coverage:
    """Shares between 0 and 1 of a question's weight.

    `held` has what the whole chunk holds of each word, `sentence` what the one sentence of it has that holds most,
    `pair` what two sentences in a row have.
    """

    held: tuple[float, ...]
    sentence: float
    pair: float

    @property
    def whole(self) -> float:
        """What the whole chunk holds."""
        return sum(self.held)


@lru_cache(maxsize=512)
def folded(chunk: StoredChunk) -> FoldedChunk:
    """A chunk, folded. The last ones are kept: ranking, refusal and the next wording all ask for them."""
    pieces = [chunk.text[start:end] for start, end in sentence_spans(chunk.text)]
    # All are folded in one go: it costs by the call.
    above = indexed_text(title_of(chunk.document_name), chunk.heading_path, "")
    parts = tuple(map(with_digits, fold(_EDGE.join((above, *pieces))).split(_EDGE)))
    return FoldedChunk("\n".join(parts), parts[1:])
