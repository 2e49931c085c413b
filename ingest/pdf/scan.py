"""A page as an image for OCR, and what OCR read as lines of glyphs in their frames."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import mean, median
from typing import Any

import numpy as np

from ingest.pdf.frame import Frame, Point, Rect, direction
from ingest.pdf.glyphs import Frames, Glyph
from ingest.script import wide
from models.base import Image, OcrLine
from models.ocr_rules import find_strokes

Matrix = tuple[float, float, float, float, float, float]

_DPI = 200
_GOOD_SIDE = 2200
_MOST_PIXELS = 9_000_000
_BIG_IMAGE = 0.2
# A box that OCR draws around a line is so many times as high as its print.
_BOX_HEIGHT = 1.4
_LEAST_TILT = 0.15
_MOST_TILT = 20.0
_SAME_SIZE = 1.13
_UNLIKE = 1.35
_FEWEST_STEPS, _ROUGH_STEPS, _FEWEST_LETTERS = 3, 3, 8
_BULLETS = "·•●∙・"
# A Chinese dash, the longest stroke of print, is twice as long as characters are high.
_DASH = 2.2


@dataclass(frozen=True)
class Picture:
    """A page as an image; `back` turns its pixels to points of the unrotated page."""

    image: Image
    back: Matrix

    def point(self, x: float, y: float) -> Point:
        a, b, c, d, e, f = self.back
        return a * x + c * y + e, b * x + d * y + f


def draw(page: Any) -> Picture:
    """Draw a page as it is shown, finely enough for OCR, never beyond nine million pixels."""
    import pymupdf

    zoom = _zoom(page)
    drawn = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csGRAY, alpha=False)
    pixels = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.stride)[:, : drawn.width]
    back = pymupdf.Matrix(1 / zoom, 0, 0, 1 / zoom, drawn.x / zoom, drawn.y / zoom) * page.derotation_matrix
    return Picture(pixels, (back.a, back.b, back.c, back.d, back.e, back.f))


def _zoom(page: Any) -> float:
    """200 dots an inch, but no finer than the scan itself, and finer where a page is small."""
    width, height = max(page.rect.width, 1), max(page.rect.height, 1)
    zoom = max(_DPI / 72, _GOOD_SIDE / max(width, height))
    native = [scale for share, scale in images(page) if share > _BIG_IMAGE]
    if native:
        zoom = min(zoom, max(native))
    return float(max(0.1, min(zoom, (_MOST_PIXELS / (width * height)) ** 0.5)))


def images(page: Any) -> list[tuple[float, float]]:
    """For each image, its share of the page and its pixels to a point."""
    area = max(page.rect.width * page.rect.height, 1)
    found = []
    for info in page.get_image_info():
        x0, y0, x1, y1 = info["bbox"]
        width, height = max(min(x1 - x0, page.rect.width), 1), max(min(y1 - y0, page.rect.height), 1)
        # A turned image has its sides the other way round.
        scale = math.sqrt(info["width"] * info["height"] / ((x1 - x0) * (y1 - y0) or 1))
        found.append((width * height / area, scale))
    return found


def ruling(picture: Picture, lines: Iterable[OcrLine], tilt: float) -> list[tuple[Point, Point]]:
    """Both ends of the ruling lines in a picture, on the page; strokes of large print in `lines` are none."""
    printed = [_extent(line) for line in lines]
    strokes = [
        (a, b) for a, b in find_strokes(picture.image, tilt) if not any(_is_print(a, b, *each) for each in printed)
    ]
    return [(picture.point(*a), picture.point(*b)) for a, b in strokes]


def _extent(line: OcrLine) -> tuple[Rect, float]:
    """The upright rectangle around a line, and how high its print is at most, in pixels."""
    xs, ys = zip(*line.corners, strict=True)
    across = math.dist(line.corners[0], line.corners[3])
    return (min(xs), min(ys), max(xs), max(ys)), across


def _is_print(a: Point, b: Point, box: Rect, height: float) -> bool:
    x, y = _middle(a, b)
    return math.dist(a, b) < _DASH * height and box[0] <= x <= box[2] and box[1] <= y <= box[3]


@dataclass(frozen=True)
class _Placed:
    """A line that OCR read, on the page: where it begins and ends along its middle, and how high its box is."""

    line: OcrLine
    start: Point
    end: Point
    height: float

    @property
    def length(self) -> float:
        return math.dist(self.start, self.end)

    @property
    def vector(self) -> Point:
        return self.end[0] - self.start[0], self.end[1] - self.start[1]


def place(lines: Iterable[OcrLine], picture: Picture) -> tuple[Frames, float]:
    """Lines of glyphs by frame, and by how many degrees the lines of the page are tilted."""
    placed = [_placed(line, picture) for line in lines]
    sides: dict[Frame, list[_Placed]] = {}
    for each in placed:
        sides.setdefault(direction(each.vector), []).append(each)
    sizes = dict(zip(map(id, placed), _sizes(placed), strict=True))
    frames: Frames = {}
    tilts: dict[float, float] = {}
    for side, several in sides.items():
        tilt = _tilt(several, side)
        frame = Frame(side.dx, side.dy, tilt)
        frames[frame] = [_glyphs(each, frame, sizes[id(each)]) for each in several]
        tilts[tilt] = tilts.get(tilt, 0.0) + sum(each.length for each in several)
    return frames, max(tilts, key=lambda tilt: tilts[tilt], default=0.0)


def _placed(line: OcrLine, picture: Picture) -> _Placed:
    a, b, c, d = (picture.point(x, y) for x, y in line.corners)
    return _Placed(line, _middle(a, d), _middle(b, c), (math.dist(a, d) + math.dist(b, c)) / 2)


def _middle(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _tilt(lines: Sequence[_Placed], side: Frame) -> float:
    """The angle of most of the lines against their frame, in degrees; 0 where it does not matter."""
    angles = []
    for each in lines:
        along, across = side.point(*each.vector)
        if each.length > 5 * each.height:
            angles.append((math.degrees(math.atan2(across, along)), each.length))
    if not angles:
        return 0.0
    angles.sort()
    half, passed = sum(length for _, length in angles) / 2, 0.0
    for angle, length in angles:
        passed += length
        if passed >= half:
            return round(angle, 2) if _LEAST_TILT <= abs(angle) <= _MOST_TILT else 0.0
    return 0.0


def _glyphs(placed: _Placed, frame: Frame, size: float) -> list[Glyph]:
    """A line's characters, each no wider than print of its size."""
    (x0, y0), (x1, y1) = frame.point(*placed.start), frame.point(*placed.end)
    middle, line = (y0 + y1) / 2, placed.line
    found = []
    for char, (begin, end) in zip(line.text, line.places, strict=True):
        left, right = x0 + begin * (x1 - x0), x0 + end * (x1 - x0)
        centre, half = (left + right) / 2, (0.5 if wide(char) else 0.35) * size
        rect = (max(left, centre - half), middle - 0.6 * size, min(right, centre + half), middle + 0.6 * size)
        found.append(Glyph(char, rect, size, False, line.confidence))
    if line.text[0] in _BULLETS and len(found) > 1:
        # OCR sees a bullet and the word after it, but not that they stand apart.
        found[0:1] = [found[0]._replace(text="•"), found[0]._replace(text=" ")]
    return found


def _sizes(lines: Sequence[_Placed]) -> list[float]:
    """The size of print of each line; nearly equal ones are made equal, as they were set.

    How high a box is depends on the letters in it; how far its characters stand apart does not. What
    is set wider than its height allows is print with gaps, and judged by its height.
    """
    steps = [_steps(each) for each in lines]
    ratios = [each.height / mean(own) for each, own in zip(lines, steps, strict=True) if own]
    ratio: float = median(ratios) if len(ratios) >= 3 else _BOX_HEIGHT
    heights = [each.height / ratio for each in lines]
    pitches = [_pitch(own, height) for own, height in zip(steps, heights, strict=True)]
    widths = [0.0 if pitch else _latin_size(each) for each, pitch in zip(lines, pitches, strict=True)]
    # Faces differ in width: the letters say how sizes compare, the heights how large they are.
    face = [height / width for height, width in zip(heights, widths, strict=True) if width]
    scale: float = median(face) if face else 1.0
    own = [pitch or scale * width or height for pitch, width, height in zip(pitches, widths, heights, strict=True)]
    rough = [min(max(size, height / _UNLIKE), height * _UNLIKE) for size, height in zip(own, heights, strict=True)]
    weights: dict[float, int] = {}
    for size, each in zip(rough, lines, strict=True):
        weights[size] = weights.get(size, 0) + len(each.line.text)
    common: list[float] = []
    left = dict(weights)
    while left:
        best = max(left, key=lambda size: sum(n for s, n in left.items() if _alike(s, size)))
        common.append(best)
        left = {size: n for size, n in left.items() if not _alike(size, best)}
    return [round(_nearest(size, common), 1) for size in rough]


def _nearest(size: float, common: Sequence[float]) -> float:
    return min(common, key=lambda other: abs(other - size))


def _alike(a: float, b: float) -> bool:
    return max(a, b) <= _SAME_SIZE * min(a, b)


def _steps(placed: _Placed) -> list[float]:
    """How far apart Chinese characters that follow one another stand; none where there are few."""
    places = placed.line.places
    middles = [(begin + end) / 2 for begin, end in places]
    steps = [
        (middles[i + 1] - middles[i]) * placed.length
        for i in range(1, len(middles) - 2)
        if all(wide(char) and char.isalpha() for char in placed.line.text[i : i + 2])
    ]
    middle = median(steps or [0.0])
    even = [step for step in steps if 0.5 * middle < step < 1.5 * middle]
    return even if len(even) >= _FEWEST_STEPS else []


def _pitch(steps: Sequence[float], height: float) -> float:
    """The size that steps tell, which is their length; 0 without any.

    Single ones are rough, for OCR tells places in steps of its own: of a few, the height has a say as well.
    """
    if not steps:
        return 0.0
    share = len(steps) / (len(steps) + _ROUGH_STEPS)
    return float(mean(steps) ** share * height ** (1 - share))


def _latin_size(placed: _Placed) -> float:
    """The size in which a line of English would be as long in Times; 0 for too short a line."""
    text = placed.line.text
    if len(text) < _FEWEST_LETTERS or not text.isascii():
        return 0.0
    return placed.length / float(_times().text_length(text, fontsize=1))


@cache
def _times() -> Any:
    import pymupdf

    return pymupdf.Font("tiro")
