"""Decides before generation whether the documents can answer a question at all.

A question names things. If what was found, taken together, does not hold what the question
names (weighted by how rare each word is in the base), the answer cannot be there, however near
the vectors are: "revenue in 2026" is close to every report of 2025.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.store.analyse import fold

from app.answering.events import SearchHit
from app.answering.language import CJK
from app.answering.terms import covered, numbers, weighted_coverage


@dataclass(frozen=True)
class Thresholds:
    """Operating point. Calibrated on public questions with and without their gold article."""

    coverage: float = 0.5
    similarity: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """What the found chunks offer a question, each between 0 and 1; `similarity` is the best cosine."""

    coverage: float
    similarity: float
    missing: tuple[str, ...]
    same_language: bool


def weigh(hits: Sequence[SearchHit], words: Sequence[str], weights: Sequence[float], question: str) -> Evidence:
    """Measure the evidence in the hits, their headings and their documents' names."""
    text = fold("\n".join(_everything(hit) for hit in hits))
    total = sum(weights) or 1.0
    missing = tuple(
        word for word, weight in zip(words, weights, strict=True) if covered(word, text) < 0.5 and weight / total >= 0.1
    )
    return Evidence(
        coverage=weighted_coverage(words, weights, text),
        similarity=max((hit.similarity or 0.0 for hit in hits), default=0.0),
        missing=missing,
        same_language=bool(CJK.search(question)) == _mostly_chinese(text),
    )


def enough(evidence: Evidence, question: str, hits: Sequence[SearchHit], thresholds: Thresholds) -> bool:
    """Whether to go on and ask the model.

    Across languages words cannot match, so likeness decides alone; numbers match in every language.
    """
    if not hits or evidence.similarity < thresholds.similarity:
        return False
    text = "\n".join(_everything(hit) for hit in hits)
    if _years(question) - _years(text):
        return False
    return not evidence.same_language or evidence.coverage >= thresholds.coverage


def _everything(hit: SearchHit) -> str:
    return "\n".join((hit.chunk.document_name, *hit.chunk.heading_path, hit.chunk.text))


def _years(text: str) -> frozenset[str]:
    return frozenset(n for n in numbers(text) if len(n) == 4 and n.isdigit() and n[:2] in ("19", "20"))


def _mostly_chinese(text: str) -> bool:
    return len(CJK.findall(text)) * 4 > len(text) * 0.4
