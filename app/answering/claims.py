"""The numbers, dates and names in an answer that no passage holds: flagged one by one.

A small model copies most of what it says and makes up the rest; what it makes up is, as a rule,
one of these three. What the question names is not the answer's claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.answering.figures import dates, figures, held, of_other_scale, readings
from app.answering.language import CJK
from ingest.store.analyse import fold, names

ClaimKind = Literal["number", "date", "name"]
# Latin words of a Chinese answer are names; in an English one those that have a capital or a figure inside.
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-.'+#/_][A-Za-z0-9]+)*[+#]*")
_TITLE = re.compile(r"[《「『]([^《》「」『』]{2,40})[》」』]")
_CAPITAL = re.compile(r"(?<=[A-Za-z.'’])[A-Z]|\d")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n]|[\"“(])\s*$")
# Capitalised for grammar or by habit, not because they name something.
_COMMON = frozenset("i the a an in on at it its he she they this that these those yes no according".split())


@dataclass(frozen=True)
class Claim:
    """Characters [start, end) of an answer that make a claim of their own."""

    start: int
    end: int
    text: str
    kind: ClaimKind


class Ground:
    """What the passages and the question say, prepared once for all sentences of an answer."""

    def __init__(self, question: str, passages: Sequence[str]) -> None:
        texts = (question, *passages)
        self._folded = fold("\n".join(texts))
        self._figures = [figure for text in texts for figure in figures(text)]
        self._held = frozenset().union(*(held(text) for text in texts))
        # A date is of one passage: that of one and the year of another make none.
        self._dates = [(dates(text), readings(text)) for text in texts]
        self._chinese = any(CJK.search(passage) for passage in passages)

    def lacks(self, sentence: str) -> tuple[Claim, ...]:
        """The claims of a sentence that stand nowhere, in order; parts of a date are not told again."""
        wrong = list(self._dates_missing(sentence))
        for claim in (*self._numbers_missing(sentence), *self._names_missing(sentence)):
            if not any(claim.start < other.end and other.start < claim.end for other in wrong):
                wrong.append(claim)
        return tuple(sorted(wrong, key=lambda claim: claim.start))

    def _dates_missing(self, sentence: str) -> Iterator[Claim]:
        for date in dates(sentence):
            text = sentence[date.start : date.end]
            if fold(text) in self._folded:
                continue
            stated = any(
                date.agrees(other) and (date.year is None or other.year is not None or str(date.year) in years)
                for found, years in self._dates
                for other in found
            )
            if not stated:
                yield Claim(date.start, date.end, text, "date")

    def _numbers_missing(self, sentence: str) -> Iterator[Claim]:
        for figure in figures(sentence):
            text = sentence[figure.start : figure.end]
            stated = figure.readings & self._held and not of_other_scale(figure, self._figures)
            if not stated and not self._has(fold(text)):
                yield Claim(figure.start, figure.end, text, "number")

    def _names_missing(self, sentence: str) -> Iterator[Claim]:
        chinese = bool(CJK.search(sentence))
        for match in _LATIN.finditer(sentence):
            named = chinese or _is_name(sentence, match)
            if named and match.group().lower() not in _COMMON and not self._has_word(fold(match.group())):
                yield Claim(match.start(), match.end(), match.group(), "name")
        # Names of an English document are written otherwise in a Chinese answer: that proves nothing.
        if not chinese or not self._chinese:
            return
        for start, end in (*(match.span(1) for match in _TITLE.finditer(sentence)), *names(sentence)):
            if not self._has(fold(sentence[start:end])):
                yield Claim(start, end, sentence[start:end], "name")

    def _has(self, folded: str) -> bool:
        if folded[:1].isdigit():
            return re.search(rf"(?<![\d.]){re.escape(folded)}(?!\d)", self._folded) is not None
        return folded in self._folded

    def _has_word(self, folded: str) -> bool:
        """Whether a Latin word begins a word of the passages; a plural or a possessive is the same name."""
        stem = re.sub(r"['’]s$|s$", "", folded)
        return re.search(rf"(?<![a-z0-9]){re.escape(stem)}", self._folded) is not None


def _is_name(sentence: str, match: re.Match[str]) -> bool:
    word = match.group()
    if _CAPITAL.search(word):
        return True
    return word[0].isupper() and len(word) > 1 and not _SENTENCE_START.search(sentence[: match.start()])
