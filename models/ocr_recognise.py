"""What a line of text says: the recognition network, and characters with places from what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.base import Image, OcrLine, Point
from models.ocr_detect import Quad

_HEIGHT = 48
# Chinese is read as well from a strip pressed together, which costs less; small Latin print is not.
NARROW, WIDE = 0.8, 1.25
_LEAST_WIDTH = 64
_BLANK = 0


class Classifier(Protocol):
    """A network that gives for every step along a line how likely each character stands there."""

    def run(self, image: Image) -> NDArray[np.float32]:
        """Shape (steps, characters), blank first, for an image of (48, width, 3)."""


@dataclass(frozen=True)
class Recogniser:
    """Reads one line. `characters` are in the network's order, its blank first."""

    network: Classifier
    characters: tuple[str, ...]

    def read(self, image: Image, corners: Quad, stretch: float = NARROW) -> OcrLine:
        """Read what stands between four corners, clockwise from above the first character."""
        strip, used = straighten(image, corners, stretch)
        text, confidences, steps, count = self._decode(self.network.run(strip))
        places = _places(steps, count, used)
        text, kept = _trimmed(text)
        points: list[Point] = [(float(x), float(y)) for x, y in corners]
        return OcrLine(
            text,
            (points[0], points[1], points[2], points[3]),
            float(np.mean(confidences)) if len(confidences) else 0.0,
            tuple(places[kept]),
        )

    def _decode(self, likely: NDArray[np.float32]) -> tuple[str, NDArray[np.float32], list[float], int]:
        """Characters, how sure they are, and the step in the middle of each."""
        best = likely.argmax(axis=1)
        begins = np.flatnonzero(np.diff(best, prepend=-1))
        ends = np.append(begins[1:], len(best))
        inked = best[begins] != _BLANK
        begins, ends = begins[inked], ends[inked]
        text = "".join(self.characters[i] for i in best[begins])
        sure = likely[begins, best[begins]]
        return text, sure, [(b + e) / 2 for b, e in zip(begins.tolist(), ends.tolist(), strict=True)], len(best)


def straighten(image: Image, corners: Quad, stretch: float = 1.0) -> tuple[Image, float]:
    """The line as a strip of the network's height, and the share of the strip that it fills."""
    import cv2

    along = float(np.linalg.norm(corners[1] - corners[0]))
    across = max(float(np.linalg.norm(corners[3] - corners[0])), 1.0)
    # Large print is cut out as it is and then averaged, which a warp does not do.
    height = max(_HEIGHT, round(across)) if across > 1.5 * _HEIGHT else _HEIGHT
    width = max(2, round(along * height / across * (stretch if height == _HEIGHT else 1)))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    strip = cv2.warpPerspective(image, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if height != _HEIGHT:
        width = max(2, round(width * _HEIGHT / height * stretch))
        strip = cv2.resize(strip, (width, _HEIGHT), interpolation=cv2.INTER_AREA)
    found = np.asarray(strip, np.uint8)
    if found.ndim == 2:
        found = np.repeat(found[:, :, np.newaxis], 3, axis=2)
    if width >= _LEAST_WIDTH:
        return found, 1.0
    padded = np.full((_HEIGHT, _LEAST_WIDTH, 3), 127, np.uint8)
    padded[:, :width] = found
    return padded, width / _LEAST_WIDTH


def _places(steps: list[float], count: int, used: float) -> list[tuple[float, float]]:
    """Where characters begin and end, from their middles: half-way to their neighbours."""
    middles = [min(1.0, (step / count) / used) for step in steps]
    edges = [0.0, *((a + b) / 2 for a, b in pairwise(middles)), 1.0]
    return list(pairwise(edges))


def _trimmed(text: str) -> tuple[str, slice]:
    """A text without spaces around it, and which of its characters are left."""
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    return text[start:end], slice(start, max(start, end))
