"""Plain text in whatever encoding: paragraphs, and chapters where a line says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ingest.document import Block, Line, ParsedDocument, ParseLimits
from ingest.errors import UnsupportedFile
from ingest.notices import Notice
from ingest.parsers.encodings import decode
from ingest.parsers.formats import extensions_of
from ingest.parsers.outline import Outline, chapter_level
from ingest.parsers.result import document_of
from ingest.script import columns
from models.reasons import because

# A line of nothing but strokes, such as ----- or the % between the sayings of a fortune file.
_RULE = re.compile(r"\s*(?:%|(?:[-=*_~#+—–·.]\s?){3,})\s*")


def read_text(path: Path, name: str) -> tuple[str, tuple[Notice, ...]]:
    """The text of a file with `\\n` line ends, and warnings. Raises UnsupportedFile for binary data."""
    decoded = decode(path.read_bytes())
    if decoded is None:
        raise UnsupportedFile(name=name, kind=because("no-text"))
    warnings: tuple[Notice, ...] = ()
    if decoded.unreadable:
        warnings = (Notice("characters-unreadable", {"count": decoded.unreadable, "encoding": decoded.encoding}),)
    return "\n".join(decoded.text.splitlines()), warnings


class TextParser:
    """Reads plain text."""

    extensions = extensions_of("text")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002 (all parsers are called alike)
        limits: ParseLimits,  # noqa: ARG002
    ) -> ParsedDocument:
        """See `Parser.parse`."""
        text, warnings = read_text(path, name)
        return document_of(blocks_of(text), name, warnings=warnings)


def blocks_of(text: str) -> Iterator[Block]:
    """The paragraphs and chapter headings of a text."""
    outline = Outline()
    return (_block(lines, outline) for lines in _paragraphs(text.split("\n")))


def _block(lines: list[str], outline: Outline) -> Block:
    first = lines[0].strip()
    level = chapter_level(first) if len(lines) == 1 else 0
    location = outline.heading(level, first) if level else outline.block(first)
    kept = tuple(Line(line.strip("\ufeff").rstrip()) for line in lines)
    return Block("heading" if level else "text", kept, location=location, level=level)


def _paragraphs(lines: list[str]) -> Iterator[list[str]]:
    """Blank lines and rules part paragraphs; where lines are not wrapped to a width, a long one is a paragraph."""
    lines = ["" if _RULE.fullmatch(line) else line for line in lines]
    wrapped = max(map(columns, lines), default=0) <= 100
    current: list[str] = []
    for line in lines:
        alone = bool(line.strip()) and (chapter_level(line.strip()) > 0 or (not wrapped and columns(line) > 80))
        if current and (alone or not line.strip()):
            yield current
            current = []
        if alone:
            yield [line]
        elif line.strip():
            current.append(line)
    if current:
        yield current
