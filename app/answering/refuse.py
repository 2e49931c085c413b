"""Decides before generation whether the documents can answer a question at all.

A question names things. How much of what it names, weighted by how rare it is in the base, stands in
the best single chunk, in the best single sentence, and in all that was found together; how far the
nearest chunk stands out from the other near ones, and the first in rank from the second; and whether
the nearest chunk is also the best by words: these six facts tell whether the answer can be there.
Likeness alone cannot tell "revenue in 2026" from a report of 2025.

The weights are those of a logistic regression on two kinds of questions that count alike, each asked
twice, with and without what answers it: those of cmrc2018_dev and xquad_en over the pool of all public
sets (7,553 passages, one half of the articles), and the full questions of `bench/followups.jsonl` over
28 real documents (one half of the documents). In a base of whole documents everything is alike: there
the nearest chunk stands out by 0.04 on average, in a pool of unlike passages by 0.07, and weights of the
pool alone refuse every sixth question that the documents answer. On the other halves, and on e2e_public
(25 and 28 questions), the thresholds refuse these shares of the answerable / of the unanswerable ones,
years apart:

| threshold | cmrc2018_dev | xquad_en | followups, in full | e2e_public |
|---|---|---|---|---|
| lenient | 0.005 / 0.71 | 0.015 / 0.58 | 0.000 / 0.78 | 0.04 / 0.76 |
| balanced | 0.019 / 0.83 | 0.032 / 0.69 | 0.032 / 0.90 | 0.04 / 0.86 |
| strict | 0.032 / 0.86 | 0.041 / 0.78 | 0.111 / 0.94 | 0.12 / 0.86 |
"""

from __future__ import annotations

from dataclasses import dataclass

from app.answering.figures import years
from app.answering.language import CJK, is_chinese
from app.answering.rank import USUAL_MARGIN
from app.answering.retrieve import Found, searched_text
from app.answering.sentences import sentence_spans
from app.answering.terms import covered, weighted_coverage, with_digits
from ingest.store.analyse import fold
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

    A base of few chunks cannot tell what stands out: there the `usual` values, means of the
    calibration, stand in. Across languages words cannot match: there the margin alone must reach
    `margin_abroad`. `lenient`, `balanced` and `strict` are the scores from which questions are answered. From
    `confident` on, the best sentence of the documents is shown where the model finds no answer in them: of the
    unanswerable questions above, 4 %, 3 %, 1 % and 5 % reach it, of the answerable 70 %, 67 %, 43 % and 40 %.
    """

    best: float = 7.22
    together: float = 0.74
    sentence: float = 2.27
    margin: float = 34.6
    lead: float = 0.80
    agree: float = 1.07
    bias: float = -7.99
    usual_margin: float = USUAL_MARGIN
    usual_lead: float = 0.22
    usual_agree: float = 0.44
    margin_abroad: float = 0.015
    lenient: float = -1.95
    balanced: float = -0.90
    strict: float = -0.18
    confident: float = 3.0

    def threshold(self, level: Refusal) -> float:
        """The score from which a question is answered."""
        return {"lenient": self.lenient, "balanced": self.balanced, "strict": self.strict}[level]


@dataclass(frozen=True)
class Evidence:
    """What the found chunks offer a question.

    `best`, `together` and `sentence` are shares between 0 and 1; `margin` is the best cosine less the
    mean of the dense results, `lead` the first score less the second; all that stands out is None
    for a small base. `missing` words of weight and `years` are those of the question that stand nowhere.
    """

    best: float
    together: float
    sentence: float
    margin: float | None
    lead: float
    agree: bool
    missing: tuple[str, ...]
    years: frozenset[str]
    same_language: bool

    def enough(self, calibration: Calibration, level: Refusal = "balanced") -> bool:
        """Whether to go on and ask the model."""
        return self.score(calibration) >= calibration.threshold(level)

    def score(self, calibration: Calibration) -> float:
        """The log-odds that the hits hold the answer; HOPELESS where a year of the question is nowhere.

        Across languages `margin_abroad` stands where the balanced threshold does.
        """
        c = calibration
        if self.years:
            return HOPELESS
        facts = self.facts(c)
        if not self.same_language:
            return c.balanced + c.margin * (facts["margin"] - c.margin_abroad)
        total: float = sum(getattr(c, name) * value for name, value in facts.items())
        return total + c.bias

    def facts(self, calibration: Calibration) -> dict[str, float]:
        """The six facts by the names of their weights; a small base has the usual ones."""
        small = self.margin is None
        return {
            "best": self.best,
            "together": self.together,
            "sentence": self.sentence,
            "margin": calibration.usual_margin if self.margin is None else self.margin,
            "lead": calibration.usual_lead if small else self.lead,
            "agree": calibration.usual_agree if small else float(self.agree),
        }


def weigh(found: Found, question: str) -> Evidence | None:
    """Measure the evidence in the hits with their headings and their documents' names. None for no hits."""
    hits = found.hits
    if not hits:
        return None
    words, weights = [word for word, _ in found.words], [weight for _, weight in found.words]
    texts = [searched_text(hit.chunk) for hit in hits]
    together = "\n".join(texts)
    total = sum(weights) or 1.0
    sentences = [
        with_digits(fold(hit.chunk.text[start:end]))
        for hit in hits[:_READ]
        for start, end in sentence_spans(hit.chunk.text)
    ]
    return Evidence(
        best=max(weighted_coverage(words, weights, text) for text in texts),
        together=weighted_coverage(words, weights, together),
        sentence=max((weighted_coverage(words, weights, text) for text in sentences), default=0.0),
        margin=found.margin,
        lead=hits[0].score - hits[1].score if len(hits) > 1 else 0.0,
        agree=found.agree,
        missing=tuple(word for word, weight in found.words if covered(word, together) < 0.5 and weight / total >= 0.1),
        years=years(question) - years(together),
        same_language=bool(CJK.search(question)) == is_chinese(texts[0]),
    )
