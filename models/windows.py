"""Vectors of the parts of a text, from the same pass that embeds the whole.

A passage's vector is the mean of its tokens' states; the mean over a stretch of them is a vector of
that stretch as it reads in its context ("late chunking", Günther et al., 2024, arXiv:2409.04701). It
costs no further pass, and a question about one sentence is nearer to that sentence than to the whole.
"""

from __future__ import annotations

from itertools import pairwise

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


def nearest(windows: Vectors, query: Vectors) -> float:
    """The cosine of the part of a text that is nearest to a query: one window, or two in a row.

    What answers a question may reach over the edge of a window, and the direction of two windows together is that
    of their sum. `windows` has shape (windows, dimensions), `query` (dimensions,), all of length 1.
    """
    parts = [windows]
    if len(windows) > 1:
        pairs = windows[:-1] + windows[1:]
        parts.append(pairs / np.maximum(np.linalg.norm(pairs, axis=1, keepdims=True), 1e-12))
    return float((np.concatenate(parts) @ query).max())
