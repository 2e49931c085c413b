"""Mails (EML): who wrote what to whom and when, and the attached files that can be read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from pathlib import Path

from ingest.document import Block, Cell, Line, ParsedDocument, ParseLimits, Row, Table
from ingest.errors import CorruptFile, IngestError, NoText
from ingest.notices import Notice
from ingest.parsers.encodings import decode
from ingest.parsers.formats import extensions_of
from ingest.parsers.outline import Outline

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_DEPTH = 3
_MEGABYTE = 1_000_000


class EmlParser:
    """Reads mails as mail programs save them."""

    extensions = extensions_of("eml")

    def parse(self, path: Path, name: str, password: str | None, limits: ParseLimits, depth: int = 0) -> ParsedDocument:
        """See `Parser.parse`. `depth` counts the mails that this one is attached to."""
        message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(path.read_bytes())
        if not any(message[header] for header in _HEADERS):
            raise CorruptFile(name=name, kind="EML", reason="it does not begin as a mail does")
        files = list(_files(message))
        unread: list[str] = []
        blocks = [*_head(message, files), *_body(message)]
        left = limits.unpacked_mb * _MEGABYTE
        for file in files:
            left -= len(file.data)
            read = None if left < 0 or depth >= _DEPTH else _attached(file, password, limits, depth)
            if read is None:
                unread.append(file.name)
            else:
                blocks += read
        if not blocks:
            raise NoText(name=name, pages=0, images=0)
        warnings = (Notice("parts-unread", {"names": ", ".join(unread)}),) if unread else ()
        return ParsedDocument(tuple(blocks), title=_header(message, "Subject"), warnings=warnings)


@dataclass(frozen=True)
class _File:
    name: str
    data: bytes


def _head(message: EmailMessage, files: list[_File]) -> Iterator[Block]:
    subject = _header(message, "Subject")
    if subject:
        yield Block("heading", (Line(subject),), location=subject, level=1)
    lines = [f"{header}: {text}" for header in _HEADERS if (text := _header(message, header))]
    if files:
        lines.append("Attachments: " + ", ".join(file.name for file in files))
    yield Block("text", tuple(map(Line, lines)), location=subject)


def _header(message: EmailMessage, name: str) -> str:
    """A header's text; raw bytes, which old programs send, are read as what they look like."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    try:
        text = str(message[name] or "") if raw.isascii() else raw
    except (ValueError, IndexError, AttributeError):
        # The parser of the standard library gives up on some broken addresses.
        text = raw
    return " ".join(_lenient(text.encode("utf-8", "surrogateescape")).split())


def _body(message: EmailMessage) -> Iterator[Block]:
    part = message.get_body(("plain", "html"))
    if part is None:
        return
    text = _text(part)
    location = _header(message, "Subject")
    if part.get_content_subtype() == "html":
        from ingest.parsers.html import parse_tree
        from ingest.parsers.html_main import main_content
        from ingest.parsers.markup import BlockReader

        tree = parse_tree(text, _header(message, "Subject"))
        blocks = [] if tree is None else list(BlockReader(Outline()).read(main_content(tree)[0]))
    else:
        from ingest.parsers.text import blocks_of

        blocks = list(blocks_of(text))
    yield from (replace(block, location=location) for block in blocks)


def _text(part: MIMEPart) -> str:
    """The text of a part by the encoding it declares, or by what it looks like."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    encoding = part.get_content_charset() or "us-ascii"
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return _lenient(data)


def _lenient(data: bytes) -> str:
    decoded = decode(data)
    return decoded.text if decoded else ""


def _files(message: EmailMessage) -> Iterator[_File]:
    """What is attached, named; pictures inside the text are no attachments."""
    for i, part in enumerate(message.iter_attachments(), 1):
        inline = part.get_content_disposition() == "inline" or part["Content-ID"]
        if part.get_content_maintype() == "image" and inline:
            continue
        if part.get_content_type() == "message/rfc822":
            inner = part.get_content()
            yield _File(part.get_filename() or f"{_header(inner, 'Subject') or i}.eml", inner.as_bytes())
            continue
        payload = part.get_payload(decode=True)
        yield _File(part.get_filename() or f"part {i}", payload if isinstance(payload, bytes) else b"")


def _attached(file: _File, password: str | None, limits: ParseLimits, depth: int) -> list[Block] | None:
    """The blocks of an attached file, or None if it cannot be read."""
    from ingest.parsers.reading import read

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attached"
        path.write_bytes(file.data)
        try:
            if file.name.lower().endswith(".eml"):
                parsed = EmlParser().parse(path, file.name, password, limits, depth + 1)
            else:
                parsed = read(path, file.name, password, limits)
        except IngestError:
            return None
    heading = Block("heading", (Line(file.name),), location=file.name, level=1)
    return [heading, *(_inside(file.name, block) for block in parsed.blocks)]


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
