"""Reciprocal-rank fusion of several result lists."""

from __future__ import annotations

from collections.abc import Sequence

# Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
# rank learning methods", SIGIR 2009: 60 was near the best over all their collections.
RANK_CONSTANT = 60


def fuse(rankings: Sequence[Sequence[int]], weights: Sequence[float] | None = None) -> list[tuple[int, float]]:
    """Keys with the sum of weight / (60 + rank) over the lists they are in, best first.

    Equal sums keep the order of first appearance.
    """
    scores: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights or [1.0] * len(rankings), strict=True):
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + weight / (RANK_CONSTANT + rank)
    return sorted(scores.items(), key=lambda item: -item[1])
