"""Matches every sentence of an answer to the sources, by words and numbers.

The model's own markers are never trusted: what stands behind a sentence is computed here. A
sentence is measured by what it says beyond the question: repeating the question proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.answering.events import AnswerSentence, Citation, Source, Support
from app.answering.sentences import sentence_spans
from app.answering.terms import grams, numbers, share
from ingest.document import Anchor
from ingest.locate import locate

SUPPORTED = 0.6
WEAK = 0.34
MOST_CITATIONS = 3
# How much agreement with the question adds when several quotes hold the same claim.
QUESTION_WEIGHT = 0.5
# A citation after the best must be nearly as good.
NEARLY = 0.9


@dataclass(frozen=True)
class _Quote:
    """A sentence or row of a source, with the features it is matched by."""

    source: Source
    start: int
    end: int
    text: str
    grams: frozenset[str]
    numbers: frozenset[str]
    context: frozenset[str]


@dataclass(frozen=True)
class _Match:
    quote: _Quote
    support: float
    rank: float


def cite(
    answer: str, question: str, sources: Sequence[Source], revisions: dict[str, int]
) -> tuple[AnswerSentence, ...]:
    """Every sentence of the answer with its support and at most three citations, best first."""
    quotes = [quote for source in sources for quote in _quotes(source)]
    asked = grams(question)
    return tuple(
        _judge(answer, start, end, question, asked, quotes, revisions) for start, end in sentence_spans(answer)
    )


def _quotes(source: Source) -> list[_Quote]:
    chunk = source.hit.chunk
    around = grams(" ".join((chunk.document_name, *chunk.heading_path)))
    whole = grams(chunk.text)
    return [
        _Quote(source, start, end, text, grams(text), numbers(text), around | whole)
        for start, end in sentence_spans(chunk.text)
        if (text := chunk.text[start:end])
    ]


def _judge(
    answer: str,
    start: int,
    end: int,
    question: str,
    asked: frozenset[str],
    quotes: Sequence[_Quote],
    revisions: dict[str, int],
) -> AnswerSentence:
    sentence = answer[start:end]
    matches = sorted((_match(sentence, question, asked, quote) for quote in quotes), key=lambda match: -match.rank)
    best = [match for match in matches if match.support >= WEAK][:1]
    best += [match for match in matches[1:] if best and match.support >= WEAK and match.rank >= NEARLY * best[0].rank][
        : MOST_CITATIONS - 1
    ]
    support = _level(best[0].support) if best else "unsupported"
    return AnswerSentence(start, end, sentence, support, tuple(_citation(match, revisions) for match in best))


def _match(sentence: str, question: str, asked: frozenset[str], quote: _Quote) -> _Match:
    said = grams(sentence)
    new = said - asked or said
    support = 0.8 * share(new, quote.grams) + 0.2 * share(said, quote.grams | quote.context)
    # A number the quote does not hold is a claim the quote does not make.
    if (numbers(sentence) - numbers(question)) - quote.numbers:
        support = min(support, WEAK - 0.01)
    return _Match(
        quote,
        support,
        support + QUESTION_WEIGHT * share(asked, quote.grams) + 0.1 * share(asked, quote.context),
    )


def _level(support: float) -> Support:
    if support >= SUPPORTED:
        return "supported"
    return "weak" if support >= WEAK else "unsupported"


def _citation(match: _Match, revisions: dict[str, int]) -> Citation:
    quote, chunk = match.quote, match.quote.source.hit.chunk
    begin, end = chunk.start + quote.start, chunk.start + quote.end
    anchors = locate(quote.source.anchors, begin, end)
    place = _first(anchors)
    return Citation(
        n=quote.source.n,
        document_id=chunk.document_id,
        document_name=chunk.document_name,
        revision=revisions.get(chunk.document_id, 0),
        start=begin,
        end=end,
        quote=quote.text,
        support=_level(match.support),
        page=place.page if place else chunk.page,
        location=(place.location if place else "") or chunk.location,
        anchors=anchors,
    )


def _first(anchors: Sequence[Anchor]) -> Anchor | None:
    return anchors[0] if anchors else None
