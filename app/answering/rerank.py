"""Reorders hits by how much of what the question names each one holds, without a network.

On 400 questions each, over their articles alone, this took hit@1 from 0.975 to 0.983 (cmrc2018_dev)
and from 0.935 to 0.958 (xquad_en).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.answering.events import SearchHit
from app.answering.terms import weighted_coverage
from ingest.store.analyse import fold

# What full coverage adds to a fused score, of which the best hit has 1.
COVERAGE = 0.5


def rerank(hits: Sequence[SearchHit], words: Sequence[str], weights: Sequence[float]) -> list[SearchHit]:
    """The hits with new scores, best first: fused score as a share of the best one, plus half the coverage."""
    best = max((hit.score for hit in hits), default=1.0)
    scored = [
        replace(hit, score=hit.score / best + COVERAGE * weighted_coverage(words, weights, searched_text(hit)))
        for hit in hits
    ]
    return sorted(scored, key=lambda hit: -hit.score)


def searched_text(hit: SearchHit) -> str:
    """All that a hit is found by, folded: its document's name, its headings and its text."""
    return fold("\n".join((hit.chunk.document_name, *hit.chunk.heading_path, hit.chunk.text)))
