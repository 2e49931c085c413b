"""Reading frames: a page turned so that its text runs from left to right, and back again.

A page's text may run upwards or, in vertical Chinese, downwards with lines from right to left.
Layout is done in the frame of the text's direction, where lines are horizontal and follow one
another downwards; the boxes that leave this package are turned back to the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

from ingest.document import Box

Point = tuple[float, float]
Rect = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """A turn by a multiple of 90 degrees: (dx, dy) is the direction in which text runs.

    The lines of a scan are turned by a few degrees more, clockwise: `tilt`.
    """

    dx: int = 1
    dy: int = 0
    tilt: float = 0.0

    def point(self, x: float, y: float) -> Point:
        dx, dy = self._along()
        return dx * x + dy * y, dx * y - dy * x

    def rect(self, rect: Rect) -> Rect:
        """A rectangle of the page in this frame."""
        if self.tilt:
            return _around([self.point(x, y) for x, y in _corners(rect)])
        return _normal(self.point(rect[0], rect[1]), self.point(rect[2], rect[3]))

    def box(self, rect: Rect) -> Box:
        """A rectangle of this frame as a box on the page."""
        back = Frame(self.dx, -self.dy, -self.tilt)
        return Box(*back.rect(rect))

    def _along(self) -> Point:
        if not self.tilt:
            return self.dx, self.dy
        cosine, sine = cos(radians(self.tilt)), sin(radians(self.tilt))
        return self.dx * cosine - self.dy * sine, self.dx * sine + self.dy * cosine


def direction(vector: Point) -> Frame:
    """The frame nearest to a text direction."""
    x, y = vector
    if abs(x) >= abs(y):
        return Frame(1 if x >= 0 else -1, 0)
    return Frame(0, 1 if y >= 0 else -1)


def union(rects: list[Rect]) -> Rect:
    """The smallest rectangle around some."""
    left, top, right, bottom = zip(*rects, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _normal(a: Point, b: Point) -> Rect:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])


def _corners(rect: Rect) -> list[Point]:
    x0, y0, x1, y1 = rect
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def _around(points: list[Point]) -> Rect:
    return union([(x, y, x, y) for x, y in points])
