"""Gives a clipped answer whole: 黑龙江 where the document says 黑龙江省, 5,000 where it says 5,000万元.

A small model that copies stops early: within a word, before a unit, in the midst of a date. The words of the
document go on, and their kinds in jieba's dictionary tell how far the word or the figure does.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from app.answering.figures import dates
from app.answering.language import CJK
from ingest.store.analyse import Word, fold, words_in_place

# A longer answer is a sentence rather than a name or a figure.
_LONGEST = 40
# A noun that belongs to a figure is short (what is counted, a time of the year), or it is another word.
_LONGEST_PART = 2
_CLOSING = "。．. "
# Numerals, times and units; and what may stand behind one of them: also nouns and places in time.
_FIGURES = frozenset({"m", "t", "q"})
BEHIND = _FIGURES | {"n", "ng", "f"}
_SIGNS = ("%", "％", "‰", "℃", "°")


def whole(answer: str, quote: str, question: str) -> str:
    """The answer as the quote has it, completed on both sides; as it is where it is no part of the quote."""
    core = answer.strip(_CLOSING)
    at = quote.find(core)
    if at < 0 or not core or len(core) > _LONGEST or not CJK.search(quote):
        return answer
    start, end = at, at + len(core)
    words, asked = words_in_place(quote, BEHIND), fold(question)
    # What jieba only guesses to be a word is none. One character is a clipped word, two may be another one: 法国 in
    # 法国巴黎.
    parts = [(word.start, word.end) for word in words if word.known]
    for first, last in (*parts, *((date.start, date.end) for date in dates(quote))):
        if first == start - 1 and last > start:
            start = first
        if last == end + 1 and first < end:
            end = last
    inside = [word for word in words if start <= word.start and word.end <= end]
    if inside and inside[0].kind in _FIGURES:
        before = (word for word in reversed(words) if word.end <= start)
        start = min((word.start for word in _parts(before, _FIGURES, asked)), default=start)
    if inside and inside[-1].kind in _FIGURES:
        behind = (word for word in words if word.start >= end)
        end = max((word.end for word in _parts(behind, BEHIND, asked)), default=end)
    return answer if (start, end) == (at, at + len(core)) else quote[start:end]


def _parts(words: Iterable[Word], kinds: frozenset[str], asked: str) -> Iterable[Word]:
    """The first of the words, as long as they belong to a figure and are nothing that the question says itself."""
    return takewhile(lambda word: _belongs(word, kinds) and fold(word.text) not in asked, words)


def _belongs(word: Word, kinds: frozenset[str]) -> bool:
    short = word.kind in _FIGURES or len(word.text) <= _LONGEST_PART
    return (word.kind in kinds and short) or word.text in _SIGNS
