"""From outcomes to a score for every question and measure: what reports and comparisons are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.evaluation.answers import contains, exact_match, overlap_f1, squeezed, units
from app.evaluation.outcome import Cited, Outcome
from app.evaluation.ranking import ranking_scores
from app.evaluation.sets import Asked, EvalSet

# By measure, then by question id.
Scores = dict[str, dict[str, float]]


def score(each: EvalSet, outcomes: Iterable[Outcome]) -> Scores:
    """Every measure that applies to a set's outcomes, by question id.

    `refused` is over impossible questions, `refused wrongly` over the others; answers are scored on questions
    that have one, a refusal counting as wrong. Citation precision is over the answers that have citations.
    """
    asked = {question.id: question for question in each.questions}
    mine = {outcome.id: outcome for outcome in outcomes if outcome.set == each.name and outcome.id in asked}
    answerable = {key: outcome for key, outcome in mine.items() if not asked[key].impossible}
    found: Scores = {}
    rankings = {key: outcome.ranking for key, outcome in answerable.items()}
    for key, measures in ranking_scores(rankings, {key: asked[key].gold for key in answerable}).items():
        for measure, value in measures.items():
            _put(found, measure, key, value)
    for key, outcome in mine.items():
        _put(found, "refused" if asked[key].impossible else "refused wrongly", key, float(outcome.refused))
    # A system that shows no extracts is not measured by them.
    extracts = any(outcome.extract for outcome in mine.values())
    for key, outcome in answerable.items():
        if asked[key].page is not None:
            _put(found, "page found", key, float(any(_on_page(asked[key], *place) for place in outcome.pages)))
        if extracts:
            _extract(found, asked[key], outcome.extract)
        if outcome.answer is not None:
            _answer(found, asked[key], outcome)
    return found


def _extract(found: Scores, asked: Asked, extract: Cited | None) -> None:
    _put(found, "extract contains gold", asked.id, contains(extract.quote if extract else "", asked.answers))
    if extract is not None:
        _put(found, "extract characters", asked.id, float(len(extract.quote)))
    if asked.evidence:
        _put(found, "extract is evidence", asked.id, float(extract is not None and _right(asked, extract)))


def _answer(found: Scores, asked: Asked, outcome: Outcome) -> None:
    answer, key = outcome.answer or "", asked.id
    _put(found, "answer contains gold", key, contains(answer, asked.answers))
    _put(found, "exact match", key, exact_match(answer, asked.answers))
    _put(found, "F1", key, overlap_f1(answer, asked.answers))
    if not outcome.refused:
        _put(found, "answer characters", key, float(len(answer)))
    cited = [citation for sentence in outcome.said for citation in sentence.citations]
    right = [_right(asked, citation) for citation in cited]
    if asked.evidence or asked.page is not None:
        if cited:
            _put(found, "citation precision", key, sum(right) / len(right))
        _put(found, "citation recall", key, float(any(right)))
    both = contains(answer, asked.answers) and any(_in_place(asked, citation) for citation in cited)
    _put(found, "right and cited", key, float(both))
    if outcome.said:
        supported = [sentence.support == "supported" for sentence in outcome.said]
        _put(found, "sentences supported", key, sum(supported) / len(supported))


def _right(asked: Asked, citation: Cited) -> bool:
    """Whether a citation points at the evidence; where only its page is known, at that page."""
    if not _in_place(asked, citation):
        return False
    return asked.page is not None or any(_same_place(citation.quote, evidence) for evidence in asked.evidence)


def _in_place(asked: Asked, citation: Cited) -> bool:
    return _on_page(asked, citation.key, citation.page)


def _on_page(asked: Asked, key: str, page: int | None) -> bool:
    return key in asked.gold and (asked.page is None or page == asked.page)


def _same_place(quote: str, evidence: str) -> bool:
    """Whether one holds the other, or half of all their units stand in both."""
    a, b = squeezed(quote), squeezed(evidence)
    if a in b or b in a:
        return bool(a and b)
    said, right = set(units(quote)), set(units(evidence))
    return 2 * len(said & right) >= len(said) + len(right) - len(said & right) > 0


def _put(found: Scores, measure: str, key: str, value: float) -> None:
    found.setdefault(measure, {})[key] = value


def risk_coverage(pairs: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Points (coverage, risk) as fewer and fewer questions are refused, those of least evidence last.

    `pairs` holds for each question its evidence and whether answering it is right. Coverage is the share that is
    answered, risk the share of wrong ones among them (El-Yaniv and Wiener, JMLR 11, 2010).
    """
    ordered = sorted(pairs, key=lambda pair: -pair[0])
    points, wrong = [], 0
    for answered, (_, right) in enumerate(ordered, start=1):
        wrong += not right
        points.append((answered / len(ordered), wrong / answered))
    return points


def operating_points(
    answerable: Mapping[str, float], impossible: Mapping[str, float], false_refusals: Sequence[float]
) -> list[tuple[float, float, float]]:
    """Thresholds for the shares of false refusals that are allowed, each with what is refused wrongly and rightly."""
    ranked = sorted(answerable.values())
    points = []
    for allowed in false_refusals:
        # As many of the answerable as are allowed lie below the threshold.
        at = min(int(allowed * len(ranked)), len(ranked) - 1)
        threshold = ranked[at]
        wrongly = sum(value < threshold for value in ranked) / len(ranked)
        rightly = sum(value < threshold for value in impossible.values()) / len(impossible)
        points.append((threshold, wrongly, rightly))
    # Of few questions, several shares allow the same ones.
    return list(dict.fromkeys(points))
