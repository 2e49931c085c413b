"""Matches every sentence of an answer to the sources, by words, numbers and names.

The model's own markers are never trusted: what stands behind a sentence is computed here. A
sentence is measured by what it says beyond the question: repeating the question proves nothing.
A bare answer, a name or a figure, is read with the question: what stands behind it must be about
what that names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from app.answering.abroad import Abroad
from app.answering.cells import other_cell
from app.answering.claims import Claim, Ground
from app.answering.events import AnswerSentence, Source, Support
from app.answering.figures import Figure, figures, of_other_scale, readings, years
from app.answering.quotes import Quote, citation, quotes_of
from app.answering.sentences import sentence_spans
from app.answering.terms import claim_grams, content_words, share, weighted_coverage
from models.base import Embedder

SUPPORTED = 0.6
WEAK = 0.34
MOST_CITATIONS = 3
# How much it takes from a quote's support that it is not about what the sentence is about.
SUBJECT_WEIGHT = 0.5
# What stands behind a bare answer is about at least so much of what the question names, or the support is weak.
# Chosen on 121 sentences judged by hand, and held on 80 others (docs/evaluation.md).
LEAST_ABOUT = 0.6
# How much agreement with the question adds when several quotes hold the same claim.
QUESTION_WEIGHT = 0.5
# A citation after the best must be nearly as good.
NEARLY = 0.9
# A name or a figure has at most so many units of likeness (`claim_grams`); what has more says what it is about.
_BARE = 10
# So many of the best quotes of one source are tried in pairs for a sentence that says two things.
_PAIRED = 5


@dataclass(frozen=True)
class _Sentence:
    """What a sentence says that is new beside the question, what it repeats of it, and its figures.

    `named` are the content words of question and sentence, `claimed` the figures that the question does not name.
    `bare` is whether it begins the answer, is short, and says nothing of the question again.
    """

    bare: bool
    new: frozenset[str]
    repeated: frozenset[str]
    figures: tuple[Figure, ...]
    years: frozenset[str]
    named: tuple[str, ...]
    claimed: tuple[Figure, ...]


@dataclass(frozen=True)
class _Match:
    quotes: tuple[Quote, ...]
    support: float
    rank: float


class Citer:
    """Judges the sentences of one answer, each as soon as it is written."""

    def __init__(
        self,
        question: str,
        weighted_words: Sequence[tuple[str, float]],
        sources: Sequence[Source],
        revisions: dict[str, int],
        embedder: Embedder | None = None,
    ) -> None:
        """With an embedder, what no words support is looked for in the sources of another language, too."""
        self._words = [word for word, _ in weighted_words]
        self._weights = [weight for _, weight in weighted_words]
        self._quotes = quotes_of(sources)
        self._abroad = Abroad(question, self._quotes, embedder) if embedder is not None else None
        self._asked = claim_grams(question)
        self._asked_numbers = readings(question)
        self._asked_years = years(question)
        self._asked_words = content_words(question)
        self._revisions = revisions
        chunks = (source.hit.chunk for source in sources)
        self._ground = Ground(question, [chunk.indexed_text for chunk in chunks])
        # A sentence is judged while it is written, and looked at again with the whole answer: whoever stops an answer
        # must not wait for that.
        self._judged: dict[tuple[int, bool, str], AnswerSentence] = {}

    def all(self, answer: str) -> tuple[AnswerSentence, ...]:
        """Every sentence of an answer that is complete."""
        return tuple(self.judge(answer, start, end) for start, end in sentence_spans(answer))

    def judge(self, answer: str, start: int, end: int) -> AnswerSentence:
        """Characters [start, end) of an answer with their support and at most three citations, best first."""
        key = start, not answer[:start].strip(), answer[start:end]
        if key not in self._judged:
            self._judged[key] = self._judge(*key)
        return self._judged[key]

    def _judge(self, start: int, begins: bool, sentence: str) -> AnswerSentence:
        lacking = tuple(
            Claim(start + claim.start, start + claim.end, claim.text, claim.kind)
            for claim in self._ground.lacks(sentence)
        )
        said = claim_grams(sentence)
        new = said - self._asked or said
        found = figures(sentence)
        claimed = tuple(figure for figure in found if not figure.readings & self._asked_numbers)
        named = tuple(dict.fromkeys((*self._asked_words, *content_words(sentence))))
        bare = begins and not said & self._asked and len(said) <= _BARE
        best = self._best(_Sentence(bare, new, said - new, found, years(sentence), named, claimed))
        cited = [(quote, _level(match.support)) for match in best for quote in match.quotes]
        support = cited[0][1] if cited else "unsupported"
        if support != "supported" and self._abroad is not None and (behind := self._abroad.behind(sentence)):
            support = max(support, behind[1], key=_ORDER.index)
            cited = [behind, *cited] if support == behind[1] else cited
        # What no passage holds cannot be supported by one.
        if lacking and support == "supported":
            support = "weak"
        citations = tuple(
            citation(quote, min(level, support, key=_ORDER.index), self._revisions)
            for quote, level in cited[:MOST_CITATIONS]
        )
        return AnswerSentence(start, start + len(sentence), sentence, support, citations, lacking)

    def _best(self, sentence: _Sentence) -> list[_Match]:
        """The best match and those nearly as good, or two quotes of one source that together say what none says."""
        matches = sorted((self._match(sentence, quote) for quote in self._quotes), key=lambda match: -match.rank)
        good = [match for match in matches if match.support >= WEAK]
        if good and good[0].support >= SUPPORTED:
            return [good[0], *(m for m in good[1:] if m.rank >= NEARLY * good[0].rank)]
        pair = self._pair(sentence, matches)
        if pair is not None:
            return [pair]
        return [good[0], *(m for m in good[1:] if m.rank >= NEARLY * good[0].rank)] if good else []

    def _pair(self, sentence: _Sentence, matches: Sequence[_Match]) -> _Match | None:
        """The best quote of all with another of its source, if the two support the sentence. Rows are not mixed."""
        if not matches or matches[0].quotes[0].is_row:
            return None
        (first,) = matches[0].quotes
        others = (q for m in matches[1:] for q in m.quotes if q.source is first.source and not q.is_row)
        pairs = [self._match(sentence, first, other) for other in islice(others, _PAIRED)]
        best = max(pairs, key=lambda match: match.support, default=None)
        return best if best is not None and best.support >= SUPPORTED else None

    def _match(self, sentence: _Sentence, *quotes: Quote) -> _Match:
        words = frozenset().union(*(quote.grams for quote in quotes))
        near = frozenset().union(*(quote.near_grams for quote in quotes))
        held = share(sentence.new, words)
        about = self._about(sentence, quotes, words | near)
        support = held * (1 - SUBJECT_WEIGHT + SUBJECT_WEIGHT * about)
        if (sentence.bare and about < LEAST_ABOUT) or self._of_other_years(quotes, sentence.years):
            support = min(support, SUPPORTED - 0.01)
        # Figures alone are everywhere: they are of the right row or sentence, or they are of another matter.
        if about < SUBJECT_WEIGHT and all(one[0].isdigit() for one in sentence.new):
            support = min(support, WEAK - 0.01)
        # A number that stands neither in the quote nor in what it is read with is a claim it does not make.
        numbers = frozenset().union(*(quote.held | quote.near_held for quote in quotes)) | self._asked_numbers
        figures_there = [figure for quote in quotes for figure in quote.figures]
        if any(not each.readings & numbers or of_other_scale(each, figures_there) for each in sentence.figures):
            support = min(support, WEAK - 0.01)
        if sentence.claimed and any(
            quote.is_row and other_cell(quote, self._quotes, sentence.named, sentence.claimed) for quote in quotes
        ):
            support = min(support, WEAK - 0.01)
        asked = QUESTION_WEIGHT * share(self._asked, words) + 0.1 * share(self._asked, near)
        return _Match(quotes, support, support + asked)

    def _of_other_years(self, quotes: Sequence[Quote], said: frozenset[str]) -> bool:
        """Whether the question names a year, and one of the quotes speaks of years alone that neither it nor what is
        `said` names."""
        asked = self._asked_years
        return bool(asked) and any(quote.years and not quote.years & (asked | said) for quote in quotes)

    def _about(self, sentence: _Sentence, quotes: Sequence[Quote], said: frozenset[str]) -> float:
        """How far quotes that say `said` are about what the sentence is about."""
        if sentence.bare and self._words:
            return weighted_coverage(self._words, self._weights, "\n".join(quote.folded for quote in quotes))
        # The subject of a claim is often named in the question, and repeated.
        return share(sentence.repeated, said) if sentence.repeated else 1.0


_ORDER: tuple[Support, ...] = ("unsupported", "weak", "supported")


def _level(support: float) -> Support:
    if support >= SUPPORTED:
        return "supported"
    return "weak" if support >= WEAK else "unsupported"
