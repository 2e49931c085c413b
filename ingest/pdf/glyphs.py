"""Characters of a page: where they stand in the frame of their direction, and how they are set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ingest.pdf.frame import Frame, Rect, union
from ingest.script import needs_space


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
