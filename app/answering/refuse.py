"""Decides before generation whether the documents can answer a question at all.

A question names things. Three facts tell whether the answer can be in what was found: how much of
what the question names stands in the best single chunk, how much in all of them together (words
weighted by how rare they are in the base), and how far the nearest chunk stands out from the
other near ones. Likeness alone cannot tell "revenue in 2026" from a report of 2025.

The weights are those of a logistic regression on 200 questions each of cmrc2018_dev and xquad_en,
once with and once without their gold article in the pool, searched by the default embedder. At
the threshold below, on 200 other questions of each, 84 % (cmrc2018) and 72 % (xquad) of the
unanswerable ones were refused, at 2.0 % and 2.5 % false refusals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.answering.events import SearchHit
from app.answering.language import CJK
from app.answering.retrieve import searched_text
from app.answering.terms import covered, numbers, weighted_coverage


@dataclass(frozen=True)
class Calibration:
    """Weights of the three facts, and the score below which a question is refused.

    `usual_margin`, the mean of the calibration, stands in where a base is too small for one.
    Across languages words cannot match: there the margin alone must reach `margin_abroad`.
    """

    best: float = 5.87
    together: float = 2.70
    margin: float = 54.0
    bias: float = -7.89
    threshold: float = -1.5
    usual_margin: float = 0.037
    margin_abroad: float = 0.015


@dataclass(frozen=True)
class Evidence:
    """What the found chunks offer a question.

    `best` and `together` are shares between 0 and 1; `margin` is the best cosine less the mean of
    the dense results, None for a small base; `missing` words of weight and `years` are those of the
    question that stand in none of them.
    """

    best: float
    together: float
    margin: float | None
    missing: tuple[str, ...]
    years: frozenset[str]
    same_language: bool

    def enough(self, calibration: Calibration) -> bool:
        """Whether to go on and ask the model."""
        return self.score(calibration) >= calibration.threshold

    def score(self, calibration: Calibration) -> float:
        """The log-odds that the hits hold the answer; minus infinity where a year of the question is nowhere."""
        if self.years:
            return -math.inf
        margin = calibration.usual_margin if self.margin is None else self.margin
        if not self.same_language:
            return calibration.threshold + calibration.margin * (margin - calibration.margin_abroad)
        score = calibration.best * self.best + calibration.together * self.together
        return score + calibration.margin * margin + calibration.bias


def weigh(
    hits: Sequence[SearchHit], margin: float | None, words: Sequence[str], weights: Sequence[float], question: str
) -> Evidence | None:
    """Measure the evidence in the hits with their headings and their documents' names. None for no hits."""
    if not hits:
        return None
    texts = [searched_text(hit.chunk) for hit in hits]
    together = "\n".join(texts)
    total = sum(weights) or 1.0
    return Evidence(
        best=max(weighted_coverage(words, weights, text) for text in texts),
        together=weighted_coverage(words, weights, together),
        margin=margin,
        missing=tuple(
            word
            for word, weight in zip(words, weights, strict=True)
            if covered(word, together) < 0.5 and weight / total >= 0.1
        ),
        years=_years(question) - _years(together),
        same_language=bool(CJK.search(question)) == _mostly_chinese(texts[0]),
    )


def _years(text: str) -> frozenset[str]:
    return frozenset(n for n in numbers(text) if len(n) == 4 and n.isdigit() and n[:2] in ("19", "20"))


def _mostly_chinese(text: str) -> bool:
    return len(CJK.findall(text)) * 10 > len(text)
