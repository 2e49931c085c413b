"""What a parser returns, and what cleaning makes of it: text whose every line knows its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ingest.notices import Notice

BlockKind = Literal["heading", "text", "code", "table", "caption", "footnote", "figure"]
ReadAs = Literal["text", "ocr"]


@dataclass(frozen=True)
class Box:
    """A rectangle on a page: points (1/72 inch), origin at the top left of the unrotated crop box."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class Line:
    """One line as it stands on the page. No line break inside."""

    text: str
    box: Box | None = None


@dataclass(frozen=True)
class Cell:
    """A cell of a table: it begins at `column`, from 0, and covers so many rows and columns of the grid."""

    text: str
    column: int
    rows: int = 1
    columns: int = 1
    box: Box | None = None


@dataclass(frozen=True)
class Row:
    """The cells that begin in one row, by column. `location` says where, as in `Sheet1!A5:F5`."""

    cells: tuple[Cell, ...]
    location: str = ""


@dataclass(frozen=True)
class Table:
    """Rows from top to bottom; the first `header_rows` of them name the columns."""

    rows: tuple[Row, ...]
    header_rows: int = 1

    @property
    def columns(self) -> int:
        """How many columns the grid has."""
        return max((cell.column + cell.columns for row in self.rows for cell in row.cells), default=0)

    def grid(self) -> list[list[str]]:
        """Texts by row and column; a merged cell has its text at its first place, blanks elsewhere."""
        grid = [[""] * self.columns for _ in self.rows]
        for row, texts in zip(self.rows, grid, strict=True):
            for cell in row.cells:
                texts[cell.column] = cell.text
        return grid


def table_of(rows: Sequence[Sequence[str]], *, header_rows: int = 1) -> Table:
    """A table of plain rows of texts, nothing merged."""
    return Table(tuple(Row(tuple(Cell(text, column) for column, text in enumerate(row))) for row in rows), header_rows)


@dataclass(frozen=True)
class Block:
    """A paragraph, a heading, a table and so on, in reading order.

    `page` counts from 1 and is None for formats without pages; then `location` says where
    (heading path, sheet and cells, slide, paragraph number). `level` is 1 to 6 for headings, else 0.
    A table has `table` and no lines. The caption of a table stands right before or after it. The
    lines of `code` stay lines. `confidence`, 0 to 1, is how sure OCR was, by characters.
    `continues` marks the rest of the block before it, of the same kind, begun in an earlier column
    or on an earlier page; the header rows of such a table repeat those of its beginning.
    """

    kind: BlockKind
    lines: tuple[Line, ...]
    page: int | None = None
    location: str = ""
    level: int = 0
    read_as: ReadAs = "text"
    confidence: float | None = None
    table: Table | None = None
    continues: bool = False


@dataclass(frozen=True)
class PageReport:
    """A page's size in points as it is shown (after rotation), and how it was read.

    `rotation` is the clockwise turn, in degrees, from the unrotated crop box to what is shown.
    `text_chars` counts the characters of its text layer; 0 with `images` above 0 is a scan.
    `garbled` is a code for why the text layer was not believed, else empty. `confidence` is the
    mean over what OCR read, by characters. `skew` is the turn, in degrees, that OCR undid.
    `removed` lists running heads, page numbers and watermarks that are not in the text. `checked` says
    that the page was doubted and OCR read it too, whatever came of that.
    """

    number: int
    width: float
    height: float
    rotation: int = 0
    text_chars: int = 0
    images: int = 0
    read_as: Literal["text", "ocr", "none"] = "text"
    garbled: str = ""
    confidence: float | None = None
    skew: float = 0.0
    columns: int = 1
    tables: int = 0
    layout: Literal["rules", "model"] = "rules"
    removed: tuple[str, ...] = ()
    checked: bool = False


@dataclass(frozen=True)
class ParsedDocument:
    """What a parser read. `pages` is empty for formats without pages."""

    blocks: tuple[Block, ...]
    pages: tuple[PageReport, ...] = ()
    title: str = ""
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Anchor:
    """Where the characters [start, end) of the cleaned text came from."""

    start: int
    end: int
    page: int | None = None
    box: Box | None = None
    location: str = ""


@dataclass(frozen=True)
class BlockSpan:
    """A block of the cleaned text: characters [start, end), with the headings above it.

    `heads` are the spans of a table's caption and header rows, in the order in which they are to
    be shown above any part of it; each ends where its last character does. `spans` are the texts
    of its cells that reach over several rows, each with the end of the last of these rows.
    """

    start: int
    end: int
    kind: BlockKind
    heading_path: tuple[str, ...] = ()
    heads: tuple[tuple[int, int], ...] = ()
    spans: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True)
class CleanDocument:
    """The text that is split, searched and quoted, with an anchor for every line of it.

    Anchors are sorted and do not overlap; block spans are sorted, do not overlap and cover
    everything but the blank lines between blocks.
    """

    text: str
    anchors: tuple[Anchor, ...]
    blocks: tuple[BlockSpan, ...]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class ParseLimits:
    """What one document may cost. Above a limit the document fails with its own error.

    `seconds` is the longest time without any progress, `page_seconds` that between one page and the next,
    for formats that tell how many pages are done. `ocr` says which pages OCR may read:
    those that need it, none, or all.
    """

    pages: int = 5000
    seconds: int = 600
    page_seconds: int = 120
    memory_mb: int = 4096
    unpacked_mb: int = 1000
    ocr: Literal["auto", "off", "always"] = "auto"


class Parser(Protocol):
    """Reads one family of formats."""

    @property
    def extensions(self) -> Sequence[str]:
        """Lower-case file name endings, with the dot."""

    def parse(self, path: Path, name: str, password: str | None, limits: ParseLimits) -> ParsedDocument:
        """Read the file at `path`, called `name` by its owner.

        Raises CorruptFile, PasswordNeeded, PasswordWrong, TooManyPages or NoText.
        """
