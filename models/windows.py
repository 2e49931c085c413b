"""Vectors of the parts of a text, from the same pass that embeds the whole.

A passage's vector is the mean of its tokens' states; the mean over a stretch of them is a vector of
that stretch as it reads in its context ("late chunking", Günther et al., 2024, arXiv:2409.04701). It
costs no further pass, and a question about one sentence is nearer to that sentence than to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from models.base import Vectors

# Tokens of a window: about one sentence. A text shorter than this and a half has one window, itself.
WINDOW_TOKENS = 48


def windows_of(states: Vectors) -> Vectors:
    """Vectors of length 1 of the windows of a text, shape (windows, dimensions), in order.

    `states` are the states of its tokens, shape (tokens, dimensions). Windows are as even as they can be.
    """
    count = max(1, round(len(states) / WINDOW_TOKENS))
    bounds = np.linspace(0, len(states), count + 1).round().astype(int)
    means = np.stack([states[start:end].mean(axis=0) for start, end in pairwise(bounds)])
    windows: Vectors = (means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    return windows


@dataclass(frozen=True)
class Windows:
    """The windows of several texts below one another: `rows`, shape (windows, dimensions), of length 1.

    `counts` says how many each text has, one at least.
    """

    rows: Vectors
    counts: Sequence[int]

    @property
    def starts(self) -> list[int]:
        """The row of each text's first window."""
        return list(accumulate(self.counts, initial=0))[:-1]

    def nearest(self, query: Vectors) -> list[float]:
        """The cosine of the part of each text that is nearest to a query: one window, or two in a row.

        What answers a question may reach over the edge of a window, and the direction of two windows together is that
        of their sum. `query` has shape (dimensions,) and length 1.
        """
        if not self.counts:
            return []
        starts, best = np.array(self.starts), _along(self.rows, query)
        sums = self.rows[:-1] + self.rows[1:]
        pairs = _along(sums, query) / np.maximum(np.linalg.norm(sums, axis=1), 1e-12)
        # The last window of a text and the first of the next one are no pair.
        pairs[starts[1:] - 1] = -np.inf
        best[:-1] = np.maximum(best[:-1], pairs)
        nearest: list[float] = np.maximum.reduceat(best, starts).tolist()
        return nearest


def _along(rows: Vectors, query: Vectors) -> Vectors:
    """The products of rows and a query, each the same wherever the row stands, which those of a matrix are not.

    Texts that say the same are equally near: a last bit would put them in an order that means nothing.
    """
    products: Vectors = np.einsum("ij,j->i", rows, query)
    return products
