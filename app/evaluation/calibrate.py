"""Calibrates refusal for an embedder: questions asked with and without what answers them.

Two halves of the questions, split by what answers them, judge each other: the thresholds, and the rates that are
reported, come from weights that were learnt on the other half. The weights that are kept are learnt on all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.answering.events import Scope
from app.answering.read import SHOWN
from app.answering.refuse import HOPELESS, Calibration, Evidence, weigh
from app.answering.retrieve import Retriever
from app.evaluation.pool import Pool
from app.evaluation.sets import Asked, EvalSet
from ingest.store.records import Refusal
from models.errors import Explained

# The share of answerable questions that each level may refuse, in the mean over the sets.
ALLOWED: dict[Refusal, float] = {"lenient": 0.01, "balanced": 0.02, "strict": 0.06}
# The share of unanswerable questions that may count as surely answerable.
SURE = 0.03
# Each half needs so many questions of either kind: fewer say nothing about shares of a hundred.
FEWEST = 50
# Across languages a nearest chunk must stand out by this share of what is usual.
_ABROAD = 0.4
_LEAST_SPREAD = 1e-6

Floats = NDArray[np.float64]


class TooFewQuestions(Explained):
    """There are too few questions to learn from."""

    code = "too-few-questions"
    template = (
        "{count} questions with an answer and {others} without are too few to calibrate with: about {least} of each "
        "are needed."
    )


@dataclass(frozen=True)
class Weighed:
    """The evidence that one question found, and whether what was searched holds its answer. `half` is 0 or 1."""

    set: str
    half: int
    answerable: bool
    evidence: Evidence | None


@dataclass(frozen=True)
class Rate:
    """What a level refuses of one set: shares of the answerable and of the unanswerable questions."""

    set: str
    level: Refusal
    wrongly: float
    rightly: float


def weighed(
    retriever: Retriever, pool: Pool, sets: Sequence[EvalSet], progress: Callable[[int, int], None]
) -> list[Weighed]:
    """Ask every question of the sets twice: of all the documents, and of those that do not answer it."""
    questions = [(each.name, asked) for each in sets for asked in each.questions]
    found: list[Weighed] = []
    for done, (name, asked) in enumerate(questions, start=1):
        found += _both(retriever, pool, name, asked)
        progress(done, len(questions))
    return found


def _both(retriever: Retriever, pool: Pool, name: str, asked: Asked) -> Iterator[Weighed]:
    half = hashlib.sha256(min(asked.gold, default=asked.id).encode("utf-8", "replace")).digest()[0] % 2
    everything = Scope((pool.base_id,))
    if asked.impossible:
        yield Weighed(name, half, False, _evidence(retriever, asked.question, everything))
        return
    others = tuple(document for document, key in pool.names.items() if key not in asked.gold)
    yield Weighed(name, half, True, _evidence(retriever, asked.question, everything))
    yield Weighed(name, half, False, _evidence(retriever, asked.question, replace(everything, documents=others)))


def _evidence(retriever: Retriever, question: str, scope: Scope) -> Evidence | None:
    return weigh(retriever.search((question,), scope, SHOWN), question)


def calibrated(found: Sequence[Weighed]) -> tuple[Calibration, list[Rate]]:
    """The calibration, and what its levels refuse of each set. Raises TooFewQuestions."""
    _check_enough(found)
    usual = _usual(found)
    learnt = [_fit([each for each in found if each.half == half], usual) for half in (0, 1)]
    everything = _fit(found, usual)
    # A half is judged by the weights of the other one.
    scores = np.array([_score(each, learnt[1 - each.half]) for each in found])
    answerable = np.array([each.answerable for each in found])
    weights = _weights(found)
    # What is hopeless is refused by every level: no threshold is learnt from it.
    told = answerable & (scores > HOPELESS)
    levels = {level: _quantile(scores[told], weights[told], allowed) for level, allowed in ALLOWED.items()}
    sure = max(levels["strict"], _quantile(scores[~answerable], weights[~answerable], 1 - SURE))
    calibration = replace(everything, **levels, confident=sure)
    names = np.array([each.set for each in found])
    rates = [
        Rate(
            name,
            level,
            float((scores[(names == name) & answerable] < threshold).mean()),
            float((scores[(names == name) & ~answerable] < threshold).mean()),
        )
        for name in dict.fromkeys(names.tolist())
        for level, threshold in levels.items()
        if (answerable & (names == name)).any()
    ]
    return calibration, rates


def _check_enough(found: Sequence[Weighed]) -> None:
    usable = [each for each, _ in _usable(found)]
    counts = Counter((each.answerable, each.half) for each in usable)
    if min(counts[answerable, half] for answerable in (True, False) for half in (0, 1)) < FEWEST:
        answerable = sum(each.answerable for each in usable)
        raise TooFewQuestions(count=answerable, others=len(usable) - answerable, least=2 * FEWEST)


def _usual(found: Sequence[Weighed]) -> Calibration:
    """What stands out in the mean: for bases too small to tell."""
    seen = [each.evidence for each in found if each.evidence is not None]
    margin = _mean([evidence.margin for evidence in seen], Calibration.usual_margin)
    return Calibration(
        usual_margin=margin,
        usual_lead=_mean([evidence.lead for evidence in seen], Calibration.usual_lead),
        usual_agree=_mean([evidence.agree for evidence in seen], Calibration.usual_agree),
        margin_abroad=_ABROAD * margin,
    )


def _mean(facts: Sequence[float | None], otherwise: float) -> float:
    known = [float(fact) for fact in facts if fact is not None]
    return float(np.mean(known)) if known else otherwise


def _usable(found: Sequence[Weighed]) -> list[tuple[Weighed, Evidence]]:
    """Those whose evidence is weighed by its facts; a missing year or another language decides without them."""
    pairs = [(each, each.evidence) for each in found if each.evidence is not None]
    return [(each, evidence) for each, evidence in pairs if evidence.same_language and not evidence.years]


def _fit(found: Sequence[Weighed], usual: Calibration) -> Calibration:
    """The weights that tell answerable from unanswerable best, every set and kind counting alike."""
    # It takes a second to import, and no other command needs it.
    from sklearn.linear_model import LogisticRegression

    used = _usable(found)
    named = [evidence.facts(usual) for _, evidence in used]
    facts = np.array([list(each.values()) for each in named])
    mean, spread = facts.mean(axis=0), facts.std(axis=0)
    # A fact that is always the same tells nothing.
    spread[spread < _LEAST_SPREAD] = np.inf
    model = LogisticRegression(C=10.0, max_iter=1000)
    questions = [each for each, _ in used]
    model.fit((facts - mean) / spread, [each.answerable for each in questions], sample_weight=_weights(questions))
    coefficients = model.coef_[0] / spread
    learnt = dict(zip(named[0], map(float, coefficients), strict=True))
    return replace(usual, **learnt, bias=float(model.intercept_[0] - coefficients @ mean))


def _weights(found: Sequence[Weighed]) -> Floats:
    """Every set weighs the same, and in it the answerable as much as the others; 1 in the mean."""
    kinds = [(each.set, each.answerable) for each in found]
    counts = Counter(kinds)
    return np.array([len(kinds) / len(counts) / counts[kind] for kind in kinds])


def _score(each: Weighed, calibration: Calibration) -> float:
    return HOPELESS if each.evidence is None else each.evidence.score(calibration)


def _quantile(scores: Floats, weights: Floats, share: float) -> float:
    """The score below which lies that share of the weight."""
    order = np.argsort(scores)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(scores[order][np.searchsorted(reached, share, side="right")])
