"""Confidence intervals by the bootstrap: of a mean, and of the difference of two runs over the same questions.

Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), the percentile method; paired, as
in Koehn, "Statistical Significance Tests for Machine Translation Evaluation", EMNLP 2004.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SAMPLES = 2000
_SEED = 20180917
# Of so many questions at a time samples are drawn: memory stays small for large sets.
_BLOCK = 200


@dataclass(frozen=True)
class Interval:
    """A mean with the bounds between which 95 of 100 resampled means lie."""

    mean: float
    low: float
    high: float
    count: int


def interval(values: Sequence[float]) -> Interval | None:
    """The mean of the values with its 95 % interval; None for no values."""
    if not values:
        return None
    array = np.asarray(values, dtype=np.float64)
    means = _resampled(array)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(array.mean()), float(low), float(high), len(array))


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Interval | None:
    """The mean of ours - theirs, question by question, with its interval: above 0 throughout means better."""
    return interval([a - b for a, b in zip(ours, theirs, strict=True)])


def _resampled(values: np.ndarray) -> np.ndarray:
    chance = np.random.default_rng(_SEED)
    parts = [
        values[chance.integers(0, len(values), size=(_BLOCK, len(values)))].mean(axis=1)
        for _ in range(SAMPLES // _BLOCK)
    ]
    return np.concatenate(parts)
