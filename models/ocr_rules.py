"""Ruling lines in an image: long dark strokes, straight along the text or across it, found without any network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.base import Image, Point

Stroke = tuple[Point, Point]

_SHORTEST = 0.03
_PIECE = 0.5  # of the shortest: strokes of characters are shorter, and would else be joined along a line
_THICKEST = 0.004
_BLOCK, _DARKER = 31, 12
_GAP = 9


def find_strokes(image: Image, tilt: float = 0.0) -> list[Stroke]:
    """Both ends of every line, in pixels of a grey image whose text leans by `tilt` degrees, clockwise."""
    import cv2

    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
    level = cv2.warpAffine(image, turn, (width, height), borderValue=255.0) if tilt else image
    dark = cv2.adaptiveThreshold(
        np.asarray(level, np.uint8), 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _BLOCK, _DARKER
    )
    longest = max(height, width)
    shortest, thickest = round(_SHORTEST * longest), max(4, round(_THICKEST * longest))
    flat = _along(np.asarray(dark, np.uint8), shortest, thickest)
    upright = _along(np.ascontiguousarray(dark.T, np.uint8), shortest, thickest)
    strokes = [*flat, *(((y0, x0), (y1, x1)) for (x0, y0), (x1, y1) in upright)]
    back = np.asarray(cv2.invertAffineTransform(turn), np.float64)
    return [(_moved(a, back), _moved(b, back)) for a, b in strokes] if tilt else strokes


def _along(dark: NDArray[np.uint8], shortest: int, thickest: int) -> list[Stroke]:
    """The strokes that run from left to right; gaps of a bad print are closed."""
    import cv2

    pieces = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, round(_PIECE * shortest)), np.uint8))
    closed = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, np.ones((1, _GAP), np.uint8))
    kept = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8))
    count, _, boxes, _ = cv2.connectedComponentsWithStats(np.asarray(kept, np.uint8))
    return [
        ((float(x), y + h / 2), (float(x + w), y + h / 2))
        for x, y, w, h in (map(int, boxes[i, :4]) for i in range(1, count))
        if h <= thickest
    ]


def _moved(point: Point, matrix: NDArray[np.float64]) -> Point:
    x, y = matrix @ (point[0], point[1], 1.0)
    return float(x), float(y)
