"""What a parser returns, and what cleaning makes of it: text whose every line knows its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

BlockKind = Literal["heading", "text", "table", "figure"]
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
    """One line as it stands on the page, or one row of a table. No line break inside."""

    text: str
    box: Box | None = None


@dataclass(frozen=True)
class Block:
    """A paragraph, a heading or a table, in reading order.

    `page` counts from 1 and is None for formats without pages; then `location` says where
    (heading path, sheet and cells, paragraph number). `level` is 1 to 6 for headings, else 0.
    A table's lines are its rows as Markdown, header row first, without the `|---|` line.
    """

    kind: BlockKind
    lines: tuple[Line, ...]
    page: int | None = None
    location: str = ""
    level: int = 0
    read_as: ReadAs = "text"
    confidence: float | None = None


@dataclass(frozen=True)
class PageInfo:
    """A page's size in points as it is shown (after rotation), and how it was read.

    `rotation` is the clockwise turn, in degrees, from the unrotated crop box to what is shown.
    `text_chars` counts the characters of its text layer; 0 with `images` above 0 is a scan.
    """

    number: int
    width: float
    height: float
    rotation: int = 0
    text_chars: int = 0
    images: int = 0


@dataclass(frozen=True)
class ParsedDocument:
    """What a parser read. `pages` is empty for formats without pages."""

    blocks: tuple[Block, ...]
    pages: tuple[PageInfo, ...] = ()
    title: str = ""
    warnings: tuple[str, ...] = ()


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
    """A block of the cleaned text: characters [start, end), with the headings above it."""

    start: int
    end: int
    kind: BlockKind
    heading_path: tuple[str, ...] = ()


@dataclass(frozen=True)
class CleanDocument:
    """The text that is split, searched and quoted, with an anchor for every line of it.

    Anchors are sorted and do not overlap; block spans are sorted, do not overlap and cover
    everything but the blank lines between blocks.
    """

    text: str
    anchors: tuple[Anchor, ...]
    blocks: tuple[BlockSpan, ...]


@dataclass(frozen=True)
class ParseLimits:
    """What one document may cost. Above a limit the document fails with its own error."""

    pages: int = 5000
    seconds: int = 600
    memory_mb: int = 4096


class Parser(Protocol):
    """Reads one family of formats."""

    @property
    def extensions(self) -> Sequence[str]:
        """Lower-case file name endings, with the dot."""

    def parse(self, path: Path, name: str, password: str | None, limits: ParseLimits) -> ParsedDocument:
        """Read the file at `path`, called `name` by its owner.

        Raises CorruptFile, PasswordNeeded, PasswordWrong, TooManyPages or NoText.
        """
