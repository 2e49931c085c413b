"""Where lines of text stand in an image: the detection network, and boxes from the map it draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.base import Image

Quad = NDArray[np.float32]
Map = NDArray[np.float32]

_FIRST_LOOK = 800_000
_SMALL_TEXT, _GOOD_TEXT = 13.0, 18.0
_LARGEST_SCALE = 2.5
_MOST_PIXELS = 12_000_000
_TILE, _OVERLAP = 1280, 96
_SURE, _LIKELY = 0.3, 0.5
_GROW = 2.0
_LEAST_SIDE = 3.0


class Segmenter(Protocol):
    """A network that gives for every pixel how likely it belongs to a line of text."""

    def run(self, image: Image) -> Map:
        """Shape (1, height, width) for an image of (height, width, 3), sides multiples of 32."""


@dataclass(frozen=True)
class Detector:
    """Finds lines; looks twice where the text is too small for the first look."""

    network: Segmenter

    def find(self, image: Image) -> list[Quad]:
        """Corners of lines, (4, 2) in pixels, clockwise from the one nearest to the top left."""
        height, width = image.shape[:2]
        scale = min(_LARGEST_SCALE, (_FIRST_LOOK / (height * width)) ** 0.5)
        quads = self._look(image, scale)
        # A very small scale shows nothing of a long picture's text, not even that it is small.
        size = float(np.median([_height(quad) for quad in quads])) * scale if quads else 0.0
        finer = min(scale * _GOOD_TEXT / max(size, 4.0), _LARGEST_SCALE, (_MOST_PIXELS / (height * width)) ** 0.5)
        if size < _SMALL_TEXT and finer > 1.15 * scale and (quads or scale < 0.5):
            return self._look(image, finer)
        return quads

    def _look(self, image: Image, scale: float) -> list[Quad]:
        import cv2

        height, width = image.shape[:2]
        size = _multiple(width * scale), _multiple(height * scale)
        shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        scaled = np.asarray(cv2.resize(image, size, interpolation=shrink), np.uint8)
        if scaled.ndim == 2:
            scaled = np.repeat(scaled[:, :, np.newaxis], 3, axis=2)
        factor = np.array([width / size[0], height / size[1]], np.float32)
        return [np.asarray(quad * factor, np.float32) for quad in boxes(self._map(scaled))]

    def _map(self, image: Image) -> Map:
        """The network's map, tile by tile so that memory stays bounded; overlaps keep the surer value."""
        height, width = image.shape[:2]
        found = np.zeros((height, width), np.float32)
        for top in _starts(height):
            for left in _starts(width):
                tile = image[top : top + _TILE, left : left + _TILE]
                part = found[top : top + _TILE, left : left + _TILE]
                np.maximum(part, self.network.run(tile)[0], out=part)
        return found


def boxes(likely: Map) -> list[Quad]:
    """The lines of a map as rectangles, turned as the lines are."""
    import cv2

    mask = cv2.dilate((likely > _SURE).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        centre, (a, b), angle = cv2.minAreaRect(contour)
        if min(a, b) < _LEAST_SIDE or _mean(likely, cv2.boxPoints((centre, (a, b), angle))) < _LIKELY:
            continue
        # The network draws only the core of a line.
        grow = _GROW * a * b / (a + b)
        found.append(_clockwise(np.asarray(cv2.boxPoints((centre, (a + grow, b + grow), angle)), np.float32)))
    return found


def _mean(likely: Map, corners: object) -> float:
    """How likely text is inside a rectangle."""
    import cv2

    points = np.asarray(corners, np.float32)
    left, top = np.maximum(np.floor(points.min(axis=0)), 0).astype(int)
    right, bottom = np.ceil(points.max(axis=0)).astype(int) + 1
    part = likely[top:bottom, left:right]
    inside = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(inside, [np.round(points - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(part, inside)[0])


def _clockwise(points: Quad) -> Quad:
    """Corners from the top left on, for a rectangle that is turned by less than 45 degrees."""
    ordered = points[np.argsort(points[:, 0], kind="stable")]
    left = ordered[:2][np.argsort(ordered[:2, 1])]
    right = ordered[2:][np.argsort(ordered[2:, 1])]
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def _height(quad: Quad) -> float:
    """The shorter side: how high the line's characters are."""
    return float(min(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[1] - quad[2])))


def _multiple(length: float) -> int:
    return max(32, round(length / 32) * 32)


def _starts(length: int) -> list[int]:
    """Where tiles begin, each reaching into the next."""
    if length <= _TILE:
        return [0]
    count = -(-(length - _OVERLAP) // (_TILE - _OVERLAP))
    last = length - _TILE
    return [round(last * i / (count - 1) / 32) * 32 for i in range(count)]
