"""The parts of a mail: which of them are its text, which are attached files, and which are pictures in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage, MIMEPart

from ingest.document import Block
from ingest.parsers.encodings import decode
from ingest.parsers.html_unseen import Unseen
from ingest.parsers.outline import Outline

# A plain text with this share of what the page beside it says is no stub.
_ABOUT_AS_MUCH = 0.8
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class File:
    """Something attached, by the name that the mail gives it."""

    name: str
    data: bytes


@dataclass
class Content:
    """What a part holds, with everything inside it, in its order."""

    blocks: list[Block] = field(default_factory=list)
    files: list[MIMEPart] = field(default_factory=list)
    pictures: list[MIMEPart] = field(default_factory=list)
    unseen: Unseen = field(default_factory=Unseen)

    def add(self, other: Content) -> None:
        """Put another part's content behind this."""
        self.blocks += other.blocks
        self.files += other.files
        self.pictures += other.pictures
        self.unseen += other.unseen


def content_of(message: EmailMessage) -> Content:
    """What a mail holds; its text is placed under its subject."""
    subject = header(message, "Subject")
    content = _content(message, subject)
    content.blocks = [replace(block, location=subject) for block in content.blocks]
    return content


def files_of(parts: Iterable[MIMEPart]) -> list[File]:
    """The parts as files; those without a name are numbered."""
    return [_file(part, i) for i, part in enumerate(parts, 1)]


def header(message: MIMEPart, name: str) -> str:
    """A header's text; raw bytes, which old programs send, are read as what they look like."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    try:
        text = str(message[name] or "") if raw.isascii() else raw
    except (ValueError, IndexError, AttributeError):
        # The parser of the standard library gives up on some broken addresses.
        text = raw
    return " ".join(_lenient(text.encode("utf-8", "surrogateescape")).split())


def _content(part: MIMEPart, title: str) -> Content:
    if part.get_content_maintype() == "multipart":
        if not part.is_multipart():  # nothing says where its parts begin
            return _text_of(part, title)
        inside = [_content(inner, title) for inner in part.iter_parts()]
        return _best(inside) if part.get_content_subtype() == "alternative" else _joined(inside)
    inline = not part.is_attachment()
    if inline and part.get_content_type() in ("text/plain", "text/html") and not part.get_filename():
        return _text_of(part, title)
    if part.get_content_maintype() == "image" and (part.get_content_disposition() == "inline" or part["Content-ID"]):
        return Content(pictures=[part])
    return Content(files=[part])


def _joined(contents: Iterable[Content]) -> Content:
    joined = Content()
    for content in contents:
        joined.add(content)
    return joined


def _best(contents: list[Content]) -> Content:
    """The text of the alternative that says more, the simplest comes first; and the files of all of them.

    Text of another kind without a name, such as an invitation for a calendar, says what the text says.
    """
    best = Content()
    for content in contents:
        if not best.blocks or _amount(best.blocks) < _ABOUT_AS_MUCH * _amount(content.blocks):
            best = content
    joined = _joined(contents)
    files = [file for file in joined.files if not best.blocks or not _is_further_text(file)]
    return Content(best.blocks, files, joined.pictures, best.unseen)


def _is_further_text(part: MIMEPart) -> bool:
    return part.get_content_maintype() == "text" and not part.get_filename() and not part.is_attachment()


def _amount(blocks: Iterable[Block]) -> int:
    """How many characters are to be read, without blanks and links."""
    return sum(len("".join(_ADDRESS.sub("", text).split())) for block in blocks for text in _texts(block))


def _texts(block: Block) -> Iterator[str]:
    if block.table is None:
        yield from (line.text for line in block.lines)
    else:
        yield from (cell.text for row in block.table.rows for cell in row.cells)


def _text_of(part: MIMEPart, title: str) -> Content:
    text = _text(part)
    if part.get_content_subtype() != "html":
        from ingest.parsers.text import blocks_of

        return Content(list(blocks_of(text)))
    from ingest.parsers.html import parse_tree
    from ingest.parsers.html_main import main_content
    from ingest.parsers.markup import BlockReader

    tree = parse_tree(text, title)
    if tree is None:
        return Content()
    root, _, unseen = main_content(tree)
    return Content(list(BlockReader(Outline()).read(root)), unseen=unseen)


def _text(part: MIMEPart) -> str:
    """The text of a part by the encoding it declares, or by what it looks like."""
    data = _data(part)
    encoding = part.get_content_charset() or "us-ascii"
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return _lenient(data)


def _lenient(data: bytes) -> str:
    decoded = decode(data)
    return decoded.text if decoded else ""


def _data(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _file(part: MIMEPart, number: int) -> File:
    if part.get_content_type() != "message/rfc822" or not part.is_multipart():
        return File(part.get_filename() or f"part {number}", _data(part))
    inner = part.get_content()
    name = part.get_filename() or header(inner, "Subject") or str(number)
    return File(name if name.lower().endswith(".eml") else f"{name}.eml", inner.as_bytes())
