"""Dot leaders of tables of contents: OCR does not see them, and table finders see columns in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ingest.pdf.glyphs import Glyph
from ingest.pdf.runs import Run
from models.base import Image, OcrLine

_FEWEST, _FEWEST_ALONE = 4, 12
_CONTRAST = 60
_DOT = 0.3
_NEXT = 1.2
_MOST_SLOPE = 0.02
_FEWEST_TITLES, _MOST_TITLES = 6, 0.3
_COLUMN = 24
_LEADER = re.compile(r"(?:[.·…‥．]\s?){4,}|…{2,}")
_PAGE = re.compile(r"[.·…‥．]\s*(\d{1,4})$")
_NUMBER = re.compile(r"\d{1,4}")


def with_leaders(lines: Sequence[OcrLine], image: Image) -> list[OcrLine]:
    """The same lines, those that a row of dots leads on from with its dots."""
    flat = [_box(line) for line in lines if _is_flat(line)]
    return [_led(line, image, flat) if _is_flat(line) else line for line in lines]


def _is_flat(line: OcrLine) -> bool:
    (x0, y0), (x1, y1) = line.corners[:2]
    return x1 > x0 and abs(y1 - y0) <= _MOST_SLOPE * (x1 - x0)


def _box(line: OcrLine) -> tuple[float, float, float, float]:
    xs, ys = zip(*line.corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _led(line: OcrLine, image: Image, others: Sequence[tuple[float, float, float, float]]) -> OcrLine:
    _, top, right, bottom = _box(line)
    middle, height = (top + bottom) / 2, bottom - top
    following = [x0 for x0, y0, _, y1 in others if x0 > right - height / 4 and y0 < middle < y1]
    end = min(following, default=image.shape[1])
    if end - right < 2 * height:
        return line
    fewest = _FEWEST if following else _FEWEST_ALONE
    strip = image[max(0, int(top)) : int(bottom) + 1, int(right) : int(end) + 1]
    dots = [int(right) + dot for dot in _dots(strip, height)]
    if len(dots) < fewest or dots[0] - right > _NEXT * height:
        return line
    return _lengthened(line, dots)


def _dots(strip: Image, height: float) -> list[float]:
    """The middles of a row of small, even, evenly spaced blots; empty where anything else stands."""
    if strip.size == 0 or int(np.ptp(strip)) < _CONTRAST:
        return []
    dark: NDArray[np.bool_] = strip < (int(strip.min()) + int(strip.max())) / 2
    edges = np.flatnonzero(np.diff(dark.any(axis=0).astype(np.int8), prepend=0, append=0))
    begins, ends = edges[::2], edges[1::2]
    rows = [np.flatnonzero(dark[:, b:e].any(axis=1)) for b, e in zip(begins, ends, strict=True)]
    small = [
        e - b <= _DOT * height and r[-1] - r[0] < _DOT * height for b, e, r in zip(begins, ends, rows, strict=True)
    ]
    # The page number at the end may reach into the strip.
    count = next((i for i, dot in enumerate(small) if not dot), len(small))
    middles = [float(b + e) / 2 for b, e in zip(begins[:count], ends[:count], strict=True)]
    heights = [float(r[0] + r[-1]) / 2 for r in rows[:count]]
    if count < _FEWEST or np.ptp(heights) > _DOT * height or begins[0] > _NEXT * height:
        return []
    gaps = [b - a for a, b in pairwise(middles)]
    usual = float(np.median(gaps))
    even = 0.6 * usual <= min(gaps) and max(gaps) <= 1.6 * usual
    return middles if even and max(gaps) < _NEXT * height else []


def _lengthened(line: OcrLine, dots: Sequence[float]) -> OcrLine:
    """A line that goes on with dots at some places."""
    a, b, c, d = line.corners
    old = b[0] - a[0]
    half = (dots[1] - dots[0]) / 2
    new = dots[-1] + half - a[0]
    places = [(begin * old / new, end * old / new) for begin, end in line.places]
    places += [((dot - half - a[0]) / new, (dot + half - a[0]) / new) for dot in dots]
    moved = new - old
    return replace(
        line,
        text=line.text + "." * len(dots),
        corners=(a, (b[0] + moved, b[1]), (c[0] + moved, c[1]), d),
        places=tuple(places),
    )


def is_contents(lines: Sequence[Sequence[Glyph]]) -> bool:
    """Whether lines are a table of contents: dots lead from titles to page numbers, which never fall."""
    led = [line for line in lines if _LEADER.search("".join(glyph.text for glyph in line))]
    if len(led) < _FEWEST_TITLES or len(led) < _MOST_TITLES * sum(len(line) > 3 for line in lines):
        return False
    ends: dict[int, list[tuple[float, int]]] = {}
    for line in led:
        number = _number_after(line, lines)
        if number is not None:
            ends.setdefault(round(number[0] / _COLUMN), []).append((line[0].middle[1], number[1]))
    numbers = [[number for _, number in sorted(several)] for several in ends.values()]
    falls = sum(a > b for several in numbers for a, b in pairwise(several))
    found = sum(map(len, numbers))
    return found >= 0.7 * len(led) and falls <= 0.1 * found


def _number_after(line: Sequence[Glyph], lines: Sequence[Sequence[Glyph]]) -> tuple[float, int] | None:
    """Where the page number of a title ends, and what it is: in the same line, or beside it."""
    text = "".join(glyph.text for glyph in line).rstrip()
    match = _PAGE.search(text)
    if match:
        return line[-1].rect[2], int(match.group(1))
    end, (_, top, _, bottom) = line[-1].rect[2], line[-1].rect
    for other in lines:
        near = 0 <= other[0].rect[0] - end + line[-1].size < 4 * line[-1].size
        if near and top < other[0].middle[1] < bottom:
            match = _NUMBER.fullmatch("".join(glyph.text for glyph in other).strip())
            if match:
                return other[-1].rect[2], int(match.group())
    return None


def contents_columns(items: Sequence[Run]) -> list[float]:
    """Where the columns of a table of contents end, if it has several: at its page numbers, which go on from
    column to column. Often hardly a gap parts them from the titles of the next one."""
    led = (run for run in items if _LEADER.search(run.text))
    ends = sorted((*found, run.middle) for run in led if (found := _page_of(run, items)) is not None)
    groups: list[list[tuple[float, int, float]]] = []
    for end in ends:
        if groups and end[0] - groups[-1][-1][0] < _COLUMN:
            groups[-1].append(end)
        else:
            groups.append([end])
    several = [sorted(group, key=lambda end: end[2]) for group in groups if len(group) >= _FEWEST_TITLES]
    pages = [page for column in several for _, page, _ in column]
    falls = sum(a > b for a, b in pairwise(pages))
    if len(several) < 2 or falls > 0.1 * len(pages):
        return []
    return [max(right for right, *_ in column) for column in several]


def _page_of(run: Run, items: Sequence[Run]) -> tuple[float, int] | None:
    """Where the page number of a title ends, and what it is: in the same run, or beside it."""
    match = _PAGE.search(run.text)
    if match:
        return run.rect[2], int(match[1])
    for other in items:
        near = 0 <= other.rect[0] - run.rect[2] + run.size < 4 * run.size
        if near and run.rect[1] < other.middle < run.rect[3] and _NUMBER.fullmatch(other.text):
            return other.rect[2], int(other.text)
    return None
