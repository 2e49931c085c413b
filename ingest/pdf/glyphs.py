"""A page's characters, and the runs they form: what MuPDF says, in the frames of their direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.document import Table
from ingest.pdf.frame import Frame, Rect, direction, union
from ingest.script import needs_space

_CELL = 1.5
_STRETCH = 4
_Ink = dict[tuple[str, Frame, int, int], tuple[float, float]]
_BOLD_FONT = ("bold", "black", "heavy", "simhei", "heiti", "-hei")


@dataclass(frozen=True)
class Glyph:
    """One character: where it is in its frame, and how it is set."""

    text: str
    rect: Rect
    size: float
    bold: bool

    @property
    def middle(self) -> tuple[float, float]:
        return (self.rect[0] + self.rect[2]) / 2, (self.rect[1] + self.rect[3]) / 2


@dataclass(frozen=True)
class Run:
    """Glyphs that stand on one line without a wide gap. `table` is one instead.

    `aside` marks a running head.
    """

    text: str
    rect: Rect
    size: float
    bold: bool
    table: Table | None = None
    aside: bool = False


def read_glyphs(page: Any) -> dict[Frame, list[list[Glyph]]]:
    """The page's lines of glyphs, by the frame in which they are horizontal."""
    import pymupdf

    flags = pymupdf.TEXTFLAGS_RAWDICT & ~(pymupdf.TEXT_PRESERVE_IMAGES | pymupdf.TEXT_PRESERVE_LIGATURES)
    frames: dict[Frame, list[list[Glyph]]] = {}
    ink: _Ink = {}
    for block in page.get_text("rawdict", flags=flags)["blocks"]:
        for line in block.get("lines", ()):
            frame = direction(line["dir"])
            glyphs = _once(list(_glyphs(line["spans"], frame)), frame, ink)
            if any(not glyph.text.isspace() for glyph in glyphs):
                frames.setdefault(frame, []).append(glyphs)
    return frames


def _once(glyphs: list[Glyph], frame: Frame, ink: _Ink) -> list[Glyph]:
    """A line without the stretches that were printed before at the same place.

    A single character may well meet its like where two texts lie over each other; it stays.
    """
    kept: list[Glyph] = []
    again: list[Glyph] = []
    for glyph in glyphs:
        if glyph.text.isspace():
            (again or kept).append(glyph)
        elif _printed(glyph, frame, ink):
            again.append(glyph)
        else:
            kept += again if len(again) < _STRETCH else []
            again = []
            kept.append(glyph)
    whole = all(glyph.text.isspace() for glyph in kept)
    return kept if whole or len(again) >= _STRETCH else kept + again


def _printed(glyph: Glyph, frame: Frame, ink: _Ink) -> bool:
    """Whether the same character was already printed here: some programs embolden text so."""
    x, y = glyph.middle
    cell = int(x / _CELL), int(y / _CELL)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            at = ink.get((glyph.text, frame, cell[0] + dx, cell[1] + dy))
            if at is not None and max(abs(at[0] - x), abs(at[1] - y)) < 0.1 * glyph.size:
                return True
    ink[glyph.text, frame, *cell] = (x, y)
    return False


def _glyphs(spans: Iterable[dict[str, Any]], frame: Frame) -> Iterable[Glyph]:
    for span in spans:
        bold = bool(span["flags"] & 16) or any(word in span["font"].lower() for word in _BOLD_FONT)
        size = round(span["size"], 1)
        for char in span["chars"]:
            yield Glyph(char["c"], frame.rect(char["bbox"]), size, bold)


def runs(lines: Iterable[Sequence[Glyph]]) -> list[Run]:
    """Cut lines where a gap is too wide to be a space between words."""
    found = []
    for line in lines:
        piece: list[Glyph] = []
        for glyph in line:
            if glyph.text.isspace():
                piece.append(glyph)
                continue
            last = next((g for g in reversed(piece) if not g.text.isspace()), None)
            if last is not None and glyph.rect[0] - last.rect[2] > 1.5 * max(glyph.size, last.size):
                found.append(piece)
                piece = []
            piece.append(glyph)
        found.append(piece)
    return [run for piece in found if (run := _run(piece)) is not None]


def _run(glyphs: Sequence[Glyph]) -> Run | None:
    inked = [glyph for glyph in glyphs if not glyph.text.isspace()]
    if not inked:
        return None
    weight: dict[tuple[float, bool], int] = {}
    for glyph in inked:
        weight[glyph.size, glyph.bold] = weight.get((glyph.size, glyph.bold), 0) + 1
    size, bold = max(weight, key=lambda key: weight[key])
    text = " ".join("".join(glyph.text for glyph in glyphs).split())
    return Run(text, union([glyph.rect for glyph in inked]), size, bold)


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
