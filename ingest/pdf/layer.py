"""The text layer of a page: what of it can be seen, line by line, in the frames of its directions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import atan2, degrees
from typing import Any
from unicodedata import normalize

from ingest.pdf.frame import Frame, Point, Rect, direction
from ingest.pdf.glyphs import Frames, Glyph
from ingest.pdf.mend import accented, once, powers, stood, whole
from ingest.pdf.sight import Sight, watermarks
from ingest.symbols import drawn, is_symbol_font

# What Glyph(…) comes to, without a function call for each of a book's million characters.
_new = tuple.__new__

_PILED, _NO_WIDTH = 4, 0.01
_LEAST_TILT, _MOST_TILT = 0.3, 10.0
# Hei is how Chinese is set bold; YaHei is a face for running text.
_BOLD = re.compile(r"bold|black|heavy|(?<!ya)hei(?!ght)|黑")
_MONO = ("mono", "courier", "consol", "menlo", "typewriter", "cmtt", "lmtt", "inconsolata", "monaco", "-code", "fixed")


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
    lines = _lines(page, flags)
    if piled := _piled(lines):
        # Word gives some characters a replacement text ("ActualText") that holds the rest of their line as well.
        drawn_alone = _lines(page, flags | pymupdf.TEXT_IGNORE_ACTUALTEXT)
        shown = _squeezed(char["c"] for line in drawn_alone for span in line["spans"] for char in span["chars"])
        again = sum(_squeezed(text) in shown for text in piled)
        lines = drawn_alone if 2 * again > len(piled) else lines
    sight = Sight(page, lines)
    hidden = [span for line in lines for span in line["spans"] if not sight.sees(span)]
    unseen = sum(char["c"].isprintable() and not char["c"].isspace() for span in hidden for char in span["chars"])
    marks = watermarks(lines)
    tilt = _tilt(lines)
    frames: Frames = {}
    for line in lines:
        if id(line) in marks:
            continue
        spans = [span for span in line["spans"] if sight.sees(span)] if hidden else line["spans"]
        frame = _frame(line["dir"], tilt)
        glyphs = powers(accented(_glyphs(spans, frame)))
        if any(not glyph[0].isspace() for glyph in glyphs):
            frames.setdefault(frame, []).append(glyphs)
    mended = {frame: once(whole(several)) for frame, several in stood(frames).items()}
    return Layer({frame: several for frame, several in mended.items() if several}, tuple(marks.values()), unseen)


def _lines(page: Any, flags: int) -> list[dict[str, Any]]:
    raw = page.get_text("rawdict", flags=flags)
    return [line for block in raw["blocks"] for line in block.get("lines", ())]


def _piled(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Texts of several characters that stand where one is drawn: more than a ligature has."""
    found: list[str] = []
    for line in lines:
        if line["dir"] != (1.0, 0.0):
            continue
        for span in line["spans"]:
            text = "".join([c["c"] for c in span["chars"] if c["bbox"][2] - c["bbox"][0] < _NO_WIDTH])
            found += [piece for piece in text.split() if len(piece) >= _PILED]
    return found


def _squeezed(chars: Iterable[str]) -> str:
    return "".join(normalize("NFKC", "".join(chars)).split())


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
        if is_symbol_font(span["font"]):
            chars = [{**char, "c": drawn(span["font"], char["c"])} for char in chars]
        if upright:
            found += [_new(Glyph, (char["c"], char["bbox"], size, bold, None, mono)) for char in chars]
        else:
            found += [_new(Glyph, (char["c"], _turned(char["bbox"], frame), size, bold, None, mono)) for char in chars]
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
    bold = bool(flags & 16) or char_flags & 48 == 48 or bool(_BOLD.search(font))
    return bold, any(word in font for word in _MONO)
