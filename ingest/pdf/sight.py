"""What of a text layer can be seen: text that is hidden on the page, and marks that lie across it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import atan2, degrees
from statistics import median
from typing import Any

from ingest.pdf.frame import Rect

_PAINTED = 16 | 32
_SMALLEST = 1.0
_WHITE = 0.97
_PALE, _FAINT = 0.7, 128
_BIG_SLANTED, _BIG = 1.4, 2.2
_UNKNOWN_SIZE = 20.0
_DPI = 72


class Sight:
    """Tells which spans of a page somebody who looks at it can see."""

    def __init__(self, page: Any, lines: Sequence[dict[str, Any]]) -> None:
        self._page = page
        turned = page.rotation in (90, 270)
        self._width = page.rect.height if turned else page.rect.width
        self._height = page.rect.width if turned else page.rect.height
        self._painted = any(span["char_flags"] & _PAINTED for line in lines for span in line["spans"])

    def sees(self, span: dict[str, Any]) -> bool:
        """Whether a span shows; the invisible text that OCR programs lay over a picture counts as seen."""
        x0, y0, x1, y1 = span["bbox"]
        if span["size"] < _SMALLEST or x1 < 0 or y1 < 0 or x0 > self._width or y0 > self._height:
            return False
        if not span["char_flags"] & _PAINTED:
            return not self._painted or self._over_image((x0 + x1) / 2, (y0 + y1) / 2)
        return lightness(span["color"]) < _WHITE or not self._blank((x0, y0, x1, y1))

    def _over_image(self, x: float, y: float) -> bool:
        return any(r[0] <= x <= r[2] and r[1] <= y <= r[3] for r in self._images)

    @cached_property
    def _images(self) -> list[Rect]:
        return [info["bbox"] for info in self._page.get_image_info()]

    def _blank(self, rect: Rect) -> bool:
        """Whether the page is white where a span stands."""
        import pymupdf

        on_page = pymupdf.Rect(rect) * self._page.rotation_matrix
        area = pymupdf.IRect(on_page * (_DPI / 72)) & self._picture.irect
        if area.is_empty:
            return True
        rows = memoryview(self._picture.samples)
        width = self._picture.stride
        return all(min(rows[y * width + area.x0 : y * width + area.x1]) > 250 for y in range(area.y0, area.y1))

    @cached_property
    def _picture(self) -> Any:
        import pymupdf

        return self._page.get_pixmap(dpi=_DPI, colorspace=pymupdf.csGRAY)


def watermarks(lines: Sequence[dict[str, Any]]) -> dict[int, str]:
    """The text of lines that lie across the page, by `id` of the line: slanted and large or pale, or both."""
    big = [line for line in lines if _may_be_mark(line)]
    if not big:
        return {}
    usual = median([_size(line) for line in lines if not _slant(line)] or [_UNKNOWN_SIZE])
    return {id(line): text for line in big if _is_mark(line, lines, usual) and (text := _text(line))}


def _may_be_mark(line: dict[str, Any]) -> bool:
    return _slant(line) or _is_pale(line)


def _is_mark(line: dict[str, Any], lines: Sequence[dict[str, Any]], usual: float) -> bool:
    if _slant(line):
        return _size(line) >= _BIG_SLANTED * usual or (_is_pale(line) and _size(line) >= usual)
    return _size(line) >= _BIG * usual and any(
        _overlap(line["bbox"], other["bbox"]) for other in lines if other is not line
    )


def _slant(line: dict[str, Any]) -> bool:
    x, y = line["dir"]
    if 0.0 in (x, y):
        return False
    angle = abs(degrees(atan2(y, x))) % 90
    return 12 < angle < 78


def _is_pale(line: dict[str, Any]) -> bool:
    return all(lightness(span["color"]) >= _PALE or span["alpha"] < _FAINT for span in line["spans"])


def _size(line: dict[str, Any]) -> float:
    return max((float(span["size"]) for span in line["spans"]), default=0.0)


def _text(line: dict[str, Any]) -> str:
    return "".join(char["c"] for span in line["spans"] for char in span["chars"]).strip()


def _overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def lightness(color: int) -> float:
    """0 for black, 1 for white, of a colour as 0xRRGGBB; its darkest part decides, so that yellow is no white."""
    return min(color >> 16 & 255, color >> 8 & 255, color & 255) / 255
