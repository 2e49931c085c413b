"""A page with rules and lines of text on it, and the tables that are found there."""

from dataclasses import dataclass, field

from ingest.pdf.frame import Frame
from ingest.pdf.glyphs import Glyph
from ingest.pdf.layout_model import Region
from ingest.pdf.tables import find_tables

SIZE = 10


def glyphs(x: float, y: float, text: str) -> list[Glyph]:
    """A line of a font whose letters are half an em wide; `y` is its middle."""
    found = []
    for char in text:
        width = SIZE if ord(char) > 0x2E80 else SIZE / 2
        found.append(Glyph(char, (x, y - 6, x + width, y + 6), SIZE, False))
        x += width
    return found


@dataclass
class Page:
    """What is drawn on a page, and the lines on it."""

    lines: list[list[Glyph]] = field(default_factory=list)
    rules: list[tuple[float, float, float, float]] = field(default_factory=list)
    rotation: int = 0

    def get_cdrawings(self):
        return [{"type": "s", "items": [("l", rule[:2], rule[2:])]} for rule in self.rules]

    def write(self, x: float, y: float, *texts: str, step: float = 100) -> None:
        for i, text in enumerate(texts):
            if text:
                self.lines.append(glyphs(x + i * step, y, text))

    def grid(self, xs, ys) -> None:
        self.rules += [(x, ys[0], x, ys[-1]) for x in xs] + [(xs[0], y, xs[-1], y) for y in ys]


def found(page: Page, *regions: Region, frame: Frame | None = None):
    return find_tables(page, frame or Frame(), page.lines, lambda *_: list(regions))


def only(page: Page, *regions: Region):
    (placed,) = found(page, *regions).tables
    return placed.table


def asked(page: Page, frame: Frame | None = None) -> bool:
    return found(page, frame=frame).layout == "model"


def spans(table) -> dict[str, tuple[int, int, int, int]]:
    """Row, column, rows and columns of each text."""
    return {c.text: (r, c.column, c.rows, c.columns) for r, row in enumerate(table.rows) for c in row.cells if c.text}


def rest(page: Page, *regions: Region) -> list[str]:
    return ["".join(glyph.text for glyph in line) for line in found(page, *regions).rest]
