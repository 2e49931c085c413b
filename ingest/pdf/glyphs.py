"""The text layer of a page: its characters, line by line, in the frames of their direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import atan2, degrees
from typing import Any, NamedTuple
from unicodedata import normalize

from ingest.pdf.frame import Frame, Point, Rect, direction, union
from ingest.pdf.sight import Sight, watermarks
from ingest.script import needs_space

_CELL = 1.5
_STRETCH = 4
_WORD_GAP = 0.15
_STACKED = 0.5
_LEAST_TILT, _MOST_TILT = 0.3, 10.0
_BOLD = ("bold", "black", "heavy", "simhei", "heiti", "-hei")
_MONO = ("mono", "courier", "consol", "menlo", "typewriter", "cmtt", "lmtt", "inconsolata", "monaco", "-code", "fixed")
# Accents as characters of their own, as TeX sets them, and the marks that combine with letters.
_ACCENTS = dict(
    zip("´`¨ˆ˜ˇ˘˙˚¯˝¸", "\u0301\u0300\u0308\u0302\u0303\u030c\u0306\u0307\u030a\u0304\u030b\u0327", strict=True)
)
_LETTERS = {"ı": "i", "ȷ": "j"}
_Ink = dict[tuple[str, int, int], tuple[float, float]]


class Glyph(NamedTuple):
    """One character: where it is in its frame, and how it is set. `confidence` is that of OCR, if OCR read it."""

    text: str
    rect: Rect
    size: float
    bold: bool
    confidence: float | None = None
    mono: bool = False

    @property
    def middle(self) -> tuple[float, float]:
        return (self.rect[0] + self.rect[2]) / 2, (self.rect[1] + self.rect[3]) / 2


Frames = dict[Frame, list[list[Glyph]]]


@dataclass(frozen=True)
class Layer:
    """The lines of glyphs by the frame in which they are horizontal.

    `watermarks` and `unseen`, a count of characters that nobody sees on the page, are left out.
    """

    frames: Frames
    watermarks: tuple[str, ...] = ()
    unseen: int = 0


def read_layer(page: Any) -> Layer:
    """The text layer of a page."""
    import pymupdf

    flags = pymupdf.TEXTFLAGS_RAWDICT & ~(pymupdf.TEXT_PRESERVE_IMAGES | pymupdf.TEXT_PRESERVE_LIGATURES)
    raw = page.get_text("rawdict", flags=flags)
    lines = [line for block in raw["blocks"] for line in block.get("lines", ())]
    sight = Sight(page, lines)
    unseen = sum(len(span["chars"]) for line in lines for span in line["spans"] if not sight.sees(span))
    marks = watermarks(lines)
    tilt = _tilt(lines)
    frames: Frames = {}
    for line in lines:
        if id(line) in marks:
            continue
        spans = line["spans"] if not unseen else [span for span in line["spans"] if sight.sees(span)]
        frame = _frame(line["dir"], tilt)
        glyphs = _accented(_glyphs(spans, frame))
        if any(not glyph[0].isspace() for glyph in glyphs):
            frames.setdefault(frame, []).append(glyphs)
    once = {frame: _once(_whole(several)) for frame, several in _stood(frames).items()}
    return Layer({frame: several for frame, several in once.items() if several}, tuple(marks.values()), unseen)


def _frame(vector: Point, tilt: float) -> Frame:
    frame = direction(vector)
    return Frame(frame.dx, frame.dy, tilt) if tilt else frame


def _tilt(lines: Sequence[dict[str, Any]]) -> float:
    """By how many degrees most of the lines of a page lean, as those of a skewed scan do; else 0."""
    leaning: dict[float, int] = {}
    for line in lines:
        angle = 0.0
        if 0.0 not in (line["dir"][0], line["dir"][1]):
            frame = direction(line["dir"])
            along, across = frame.point(*line["dir"])
            angle = round(degrees(atan2(across, along)), 1)
        leaning[angle] = leaning.get(angle, 0) + sum(len(span["chars"]) for span in line["spans"])
    most = max(leaning, key=lambda angle: leaning[angle], default=0.0)
    return most if _LEAST_TILT <= abs(most) <= _MOST_TILT else 0.0


def _glyphs(spans: Iterable[dict[str, Any]], frame: Frame) -> list[Glyph]:
    upright = frame == Frame()
    found: list[Glyph] = []
    for span in spans:
        bold, mono = _weight(span["font"], span["flags"], span["char_flags"])
        size, chars = round(span["size"], 1), span["chars"]
        if upright:
            found += [Glyph(char["c"], char["bbox"], size, bold, None, mono) for char in chars]
        else:
            found += [Glyph(char["c"], _turned(char["bbox"], frame), size, bold, None, mono) for char in chars]
    return found


def _accented(glyphs: list[Glyph]) -> list[Glyph]:
    """A line in which accents that are printed over a letter are part of it."""
    if not any(glyph[0] in _ACCENTS for glyph in glyphs):
        return glyphs
    found: list[Glyph] = []
    for glyph in glyphs:
        accent = found[-1] if found and found[-1].text in _ACCENTS else None
        letter = _LETTERS.get(glyph.text, glyph.text)
        whole = normalize("NFC", letter + _ACCENTS[accent.text]) if accent else ""
        if accent and len(whole) == 1 and glyph.rect[0] <= accent.middle[0] <= glyph.rect[2]:
            found[-1] = glyph._replace(text=whole)
        else:
            found.append(glyph)
    return found


def _turned(rect: Rect, frame: Frame) -> Rect:
    """A glyph's rectangle in its frame; a few degrees of tilt move it, and do not make it larger."""
    if not frame.tilt:
        return frame.rect(rect)
    x0, y0, x1, y1 = Frame(frame.dx, frame.dy).rect(rect)
    x, y = frame.point((rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2)
    return x - (x1 - x0) / 2, y - (y1 - y0) / 2, x + (x1 - x0) / 2, y + (y1 - y0) / 2


@lru_cache(maxsize=1000)
def _weight(name: str, flags: int, char_flags: int) -> tuple[bool, bool]:
    """Whether a span is bold, and whether it is set in a typewriter's letters.

    Filled and stroked letters are bold too. Chinese fonts are of one width without meaning it.
    """
    font = name.lower()
    bold = bool(flags & 16) or char_flags & 48 == 48 or any(word in font for word in _BOLD)
    return bold, any(word in font for word in _MONO)


def _stood(frames: Frames) -> Frames:
    """The frames with characters that only stand one below the other as what they are: vertical text."""
    lines = frames.get(Frame(), [])
    single = [line for line in lines if len(line) == 1]
    below = sum(_stands_below(a[0], b[0]) for a, b in pairwise(single))
    if not below or below < _STACKED * len(lines):
        return frames
    down = Frame(0, 1)
    turned = [[line[0]._replace(rect=down.rect(line[0].rect))] for line in single]
    rest = [line for line in lines if len(line) > 1]
    return {**frames, down: turned + frames.get(down, []), Frame(): rest}


def _stands_below(above: Glyph, glyph: Glyph) -> bool:
    (x, y), (left, top) = glyph.middle, above.middle
    return abs(x - left) < 0.3 * glyph.size and 0 < y - top < 1.6 * glyph.size


def _whole(lines: Sequence[list[Glyph]]) -> list[list[Glyph]]:
    """Lines of which programs that place every character by itself left only pieces are put together."""
    found: list[list[Glyph]] = []
    for line in lines:
        gap = _follows(found[-1][-1], line[0]) if found else None
        if gap is None:
            found.append(line)
            continue
        last = found[-1][-1]
        if gap > _WORD_GAP * last.size and needs_space(last.text, line[0].text):
            found[-1].append(last._replace(text=" "))
        found[-1] += line
    return found


def _follows(last: Glyph, glyph: Glyph) -> float | None:
    """The gap to a glyph that stands right after another one on the same line."""
    gap, size = glyph.rect[0] - last.rect[2], last.size
    level = abs(glyph.rect[3] - last.rect[3]) < 0.1 * size and glyph.size == size
    return gap if level and -0.2 * size < gap < 0.5 * size else None


def _once(lines: list[list[Glyph]]) -> list[list[Glyph]]:
    """The lines without what is printed twice at the same place: some programs embolden text so."""
    if not _overlaps(lines):
        return lines
    ink: _Ink = {}
    once = [_new(line, ink) for line in lines]
    return [line for line in once if any(not glyph.text.isspace() for glyph in line)]


def _overlaps(lines: Sequence[Sequence[Glyph]]) -> bool:
    """Whether a line lies over another one: nearly all pages have none."""
    rects = sorted((union([line[0].rect, line[-1].rect]), line[0].size) for line in lines)
    rects.sort(key=lambda pair: pair[0][1])
    for i, ((x0, top, x1, _), size) in enumerate(rects):
        for (left, other, right, _), _ in rects[i + 1 :]:
            if other - top > 0.3 * size:
                break
            if left < x1 - 0.2 * size and right > x0 + 0.2 * size:
                return True
    return False


def _new(glyphs: list[Glyph], ink: _Ink) -> list[Glyph]:
    """A line without the stretches that were printed before at the same place.

    A single character may well meet its like where two texts lie over each other; it stays.
    """
    kept: list[Glyph] = []
    again: list[Glyph] = []
    for glyph in glyphs:
        if glyph.text.isspace():
            (again or kept).append(glyph)
        elif _printed(glyph, ink):
            again.append(glyph)
        else:
            kept += again if len(again) < _STRETCH else []
            again = []
            kept.append(glyph)
    whole = all(glyph.text.isspace() for glyph in kept)
    return kept if whole or len(again) >= _STRETCH else kept + again


def _printed(glyph: Glyph, ink: _Ink) -> bool:
    """Whether the same character was already printed here."""
    x, y = glyph.middle
    cell = int(x / _CELL), int(y / _CELL)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            at = ink.get((glyph.text, cell[0] + dx, cell[1] + dy))
            if at is not None and max(abs(at[0] - x), abs(at[1] - y)) < 0.1 * glyph.size:
                return True
    ink[glyph.text, *cell] = (x, y)
    return False


def text_of(glyphs: Sequence[Glyph], width: float) -> str:
    """The glyphs of a table cell as one line: row by row, left to right.

    A row that ends well before the cell's `width` was broken on purpose, and is parted by a space.
    """
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda g: g.middle[1]):
        if rows and glyph.middle[1] - rows[-1][0].middle[1] < 0.5 * max(glyph.size, rows[-1][0].size):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    joined, broken = "", False
    for row in rows:
        row.sort(key=lambda g: (g.rect[0], g.rect[2]))
        part = _spaced(row)
        if not part:
            continue
        joined += (" " if joined and (broken or needs_space(joined[-1], part[0])) else "") + part
        ink = union([glyph.rect for glyph in row if not glyph.text.isspace()])
        broken = width - (ink[2] - ink[0]) > 3 * row[0].size
    return joined


def _spaced(row: Sequence[Glyph]) -> str:
    text, last = "", row[0].rect[2]
    for glyph in row:
        apart = glyph.rect[0] - last > 0.6 * glyph.size
        text += (" " if apart else "") + glyph.text
        last = max(last, glyph.rect[2])
    return " ".join(text.split())
