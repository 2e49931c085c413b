"""Decides before generation whether the documents can answer a question at all.

A question names things. How much of what it names, weighted by how rare it is in the base, stands in
the best single chunk, in the best single sentence, and in all that was found together; how far the
nearest chunk stands out from those of other documents, and the first in rank from the first of another document;
and whether the nearest chunk is also the best by words: these six facts tell whether the answer can be there.
Likeness alone cannot tell "revenue in 2026" from a report of 2025.

The weights are those of a logistic regression on three kinds of questions that count alike, each asked twice,
with and without what answers it: those of cmrc2018_dev and xquad_en (400 each) over the pool of all public sets
(7,553 passages), the 105 full questions of `bench/followups.jsonl` over 28 real documents in one base, and the same
asked of one document alone, the right one or another. Every half of the questions, split by what answers them, is
judged by what was learnt on the other one; nothing was learnt on the last three columns. Refused, of the answerable /
of the unanswerable, years apart:

| threshold | cmrc2018_dev | xquad_en | followups | of one document | e2e_public | expmrc_cmrc | dureader2 |
|---|---|---|---|---|---|---|---|
| lenient | 0.007 / 0.79 | 0.033 / 0.67 | 0.000 / 0.84 | 0.000 / 0.90 | 0.04 / 0.75 | 0.013 / 0.85 | 0.041 / 0.05 |
| balanced | 0.010 / 0.87 | 0.058 / 0.80 | 0.010 / 0.90 | 0.000 / 0.95 | 0.04 / 0.89 | 0.020 / 0.91 | 0.077 / 0.09 |
| strict | 0.022 / 0.90 | 0.098 / 0.88 | 0.057 / 0.93 | 0.057 / 0.95 | 0.04 / 0.93 | 0.027 / 0.92 | 0.133 / 0.14 |

Passages of dureader2 answer each other's questions: what is left of them without the given ones answers still.
Whether the kind of thing that is asked for (a number, a date, a name, a reason) stands in the sentences that name the
most of the question was tried as a seventh fact and changed none of these rates by more than a point: in a text of
any length there is a number and a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.answering.coverage import folded
from app.answering.events import SearchHit
from app.answering.figures import years
from app.answering.language import CJK, is_chinese
from app.answering.retrieve import Found
from app.answering.terms import covered, weighted_coverage
from ingest.store.records import Refusal

# From the one that refuses seldom to the one that must be sure.
LEVELS: tuple[Refusal, ...] = ("lenient", "balanced", "strict")
# Below every score that facts can add up to.
HOPELESS = -100.0
# The sentences of so many of the first hits are looked at.
_READ = 3


@dataclass(frozen=True)
class Calibration:
    """Weights of the six facts, and what they must add up to.

    A base of few chunks, or of one document, cannot tell what stands out: there the `usual` values, means of the
    calibration, stand in. Across languages words cannot match: there the margin alone must reach
    `margin_abroad`. `lenient`, `balanced` and `strict` are the scores from which questions are answered. From
    `confident` on, the best sentence of the documents is shown where the model finds no answer in them: of the
    unanswerable questions of the first five columns 4 %, 5 %, 3 %, 1 % and 4 % reach it, of the answerable 88 %, 80 %,
    73 %, 71 % and 72 %.
    """

    best: float = 6.89
    together: float = 1.32
    sentence: float = 0.87
    margin: float = 33.4
    lead: float = 6.97
    agree: float = 0.56
    bias: float = -9.48
    usual_margin: float = 0.052
    usual_lead: float = 0.31
    usual_agree: float = 0.50
    margin_abroad: float = 0.021
    lenient: float = -2.14
    balanced: float = -1.00
    strict: float = -0.20
    confident: float = 1.71

    def threshold(self, level: Refusal) -> float:
        """The score from which a question is answered."""
        return {"lenient": self.lenient, "balanced": self.balanced, "strict": self.strict}[level]


@dataclass(frozen=True)
class Evidence:
    """What the found chunks offer a question.

    `best`, `together` and `sentence` are shares between 0 and 1; `margin` is the best cosine less the
    mean of the dense results of other documents, `lead` the first score less the best of another document. They are
    None where one document has all, and `agree`, too, for a small base. `missing` words of weight and `years` are those
    of the question that stand nowhere. `wordless` is a question that names nothing: 「？？？」.
    """

    best: float
    together: float
    sentence: float
    margin: float | None
    lead: float | None
    agree: bool | None
    missing: tuple[str, ...]
    years: frozenset[str]
    same_language: bool
    wordless: bool = False

    def enough(self, calibration: Calibration, level: Refusal = "balanced") -> bool:
        """Whether to go on and ask the model."""
        return HOPELESS < self.score(calibration) >= calibration.threshold(level)

    def score(self, calibration: Calibration) -> float:
        """The log-odds that the hits hold the answer; HOPELESS where nothing tells, or one of its years is nowhere.

        Across languages `margin_abroad` stands where the balanced threshold does; without a margin nothing tells.
        """
        c = calibration
        if self.years or self.wordless or (not self.same_language and self.margin is None):
            return HOPELESS
        facts = self.facts(c)
        if not self.same_language:
            return c.balanced + c.margin * (facts["margin"] - c.margin_abroad)
        total: float = sum(getattr(c, name) * value for name, value in facts.items())
        return total + c.bias

    def facts(self, calibration: Calibration) -> dict[str, float]:
        """The six facts by the names of their weights; what cannot be told is as usual."""
        c = calibration
        return {
            "best": self.best,
            "together": self.together,
            "sentence": self.sentence,
            "margin": c.usual_margin if self.margin is None else self.margin,
            "lead": c.usual_lead if self.lead is None else self.lead,
            "agree": c.usual_agree if self.agree is None else float(self.agree),
        }


def weigh(found: Found, question: str) -> Evidence | None:
    """Measure the evidence in the hits with their headings and their documents' names. None for no hits."""
    hits = found.hits
    if not hits:
        return None
    words, weights = [word for word, _ in found.words], [weight for _, weight in found.words]
    chunks = [folded(hit.chunk) for hit in hits]
    together = "\n".join(chunk.whole for chunk in chunks)
    total = sum(weights) or 1.0
    coverage = [chunk.coverage(words, weights) for chunk in chunks]
    return Evidence(
        best=max(each.whole for each in coverage),
        together=weighted_coverage(words, weights, together),
        sentence=max(each.sentence for each in coverage[:_READ]),
        margin=found.margin,
        lead=None if found.agree is None else _lead(hits),
        agree=found.agree,
        missing=tuple(word for word, weight in found.words if covered(word, together) < 0.5 and weight / total >= 0.1),
        years=years(question) - years(together),
        wordless=not words,
        same_language=bool(CJK.search(question)) == is_chinese(chunks[0].whole),
    )


def _lead(hits: Sequence[SearchHit]) -> float | None:
    """How far the first hit is before the best of another document, or None if there is none."""
    others = [hit.score for hit in hits if hit.chunk.document_id != hits[0].chunk.document_id]
    return hits[0].score - max(others) if others else None
