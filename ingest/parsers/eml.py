"""Mails (EML): who wrote what to whom and when, and the attached files that can be read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import Block, Cell, Line, ParsedDocument, ParseLimits, Row, Table
from ingest.errors import CorruptFile, IngestError
from ingest.parsers.eml_notices import Notices
from ingest.parsers.eml_parts import File, content_of, files_of, header
from ingest.parsers.formats import extensions_of
from models.reasons import because

if TYPE_CHECKING:
    from models.base import OCR

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_DEPTH = 3
_MEGABYTE = 1_000_000


class EmlParser:
    """Reads mails as mail programs save them."""

    extensions = extensions_of("eml")

    def __init__(self, load: Callable[[], OCR] | None = None) -> None:
        """`load` gives OCR when the first page of an attached file needs it; by default, ours."""
        self._load = load

    def parse(self, path: Path, name: str, password: str | None, limits: ParseLimits, depth: int = 0) -> ParsedDocument:
        """See `Parser.parse`. `depth` counts the mails that this one is attached to."""
        try:
            message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(path.read_bytes())
            return self._document(message, name, password, limits, depth)
        except RecursionError as error:
            raise CorruptFile(name=name, kind="EML", reason=because("parts-too-deep")) from error

    def _document(
        self, message: EmailMessage, name: str, password: str | None, limits: ParseLimits, depth: int
    ) -> ParsedDocument:
        if not any(header(message, key) for key in _HEADERS):
            raise CorruptFile(name=name, kind="EML", reason=because("begins-unlike-mail"))
        content = content_of(message)
        # Pictures in a text are mostly logos; where there is no text, they are what the mail says.
        pictures = [] if content.blocks else files_of(content.pictures)
        files = files_of(content.files)
        notices = Notices(0 if pictures else len(content.pictures), others=list(content.unseen.notices()))
        blocks = [*_head(message, files), *content.blocks]
        left = limits.unpacked_mb * _MEGABYTE
        for file in (*pictures, *files):
            left -= len(file.data)
            read = None if left < 0 or depth >= _DEPTH else self._attached(file, password, limits, depth)
            if read is None:
                notices.unread.append(file.name)
            else:
                blocks += _under(file.name, read.blocks)
                notices.take(file.name, read.warnings)
        return ParsedDocument(tuple(blocks), title=header(message, "Subject"), warnings=tuple(notices.all()))

    def _attached(self, file: File, password: str | None, limits: ParseLimits, depth: int) -> ParsedDocument | None:
        """What an attached file holds, or None if it cannot be read."""
        from ingest.parsers.reading import read

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "attached"
            path.write_bytes(file.data)
            try:
                if file.name.lower().endswith(".eml"):
                    return self.parse(path, file.name, password, limits, depth + 1)
                return read(path, file.name, password, limits, load=self._load)
            except (IngestError, RecursionError):
                return None


def _head(message: EmailMessage, files: list[File]) -> Iterator[Block]:
    subject = header(message, "Subject")
    if subject:
        yield Block("heading", (Line(subject),), location=subject, level=1)
    lines = [f"{key}: {text}" for key in _HEADERS if (text := header(message, key))]
    if files:
        lines.append("Attachments: " + ", ".join(file.name for file in files))
    yield Block("text", tuple(map(Line, lines)), location=subject)


def _under(name: str, blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks of an attached file, below its name."""
    yield Block("heading", (Line(name),), location=name, level=1)
    yield from (_inside(name, block) for block in blocks)


def _inside(name: str, block: Block) -> Block:
    """A block of an attached file: its page is no page of the mail, and becomes a part of its location."""
    place = f"p. {block.page}" if block.page is not None else block.location
    table = block.table
    if table is not None:
        rows = [Row(tuple(_unplaced(cell) for cell in row.cells), _at(name, row.location)) for row in table.rows]
        table = Table(tuple(rows), table.header_rows)
    lines = tuple(Line(line.text) for line in block.lines)
    level = min(6, block.level + 1) if block.level else 0
    return replace(block, lines=lines, page=None, location=_at(name, place), level=level, table=table)


def _unplaced(cell: Cell) -> Cell:
    return replace(cell, box=None)


def _at(name: str, place: str) -> str:
    return f"{name} > {place}" if place else ""
