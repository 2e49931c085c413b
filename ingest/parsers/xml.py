"""XML of any kind, feeds above all: the texts of its elements, and the HTML that some of them hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.document import Block, Line, ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, NoText
from ingest.parsers.formats import extensions_of
from ingest.parsers.html import decode_page, parse_tree
from ingest.parsers.html_main import main_content
from ingest.parsers.html_unseen import Unseen
from ingest.parsers.markup import BlockReader
from ingest.parsers.outline import Outline
from models.reasons import because

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_SHORT = 60
_HTML = re.compile(r"<(?:p|br|div|span|a|img|b|i|ul|ol|table|h[1-6])\b[^>]*>", re.IGNORECASE)


class XmlParser:
    """Reads XML; entities are not followed and nothing is fetched."""

    extensions = extensions_of("xml")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002 (all parsers are called alike)
        limits: ParseLimits,  # noqa: ARG002
    ) -> ParsedDocument:
        """See `Parser.parse`."""
        from lxml import etree

        text, notices = decode_page(path.read_bytes(), name)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, remove_comments=True)
        root = etree.fromstring(_DECLARATION.sub("", text).encode("utf-8", "replace"), parser)
        if root is None:
            raise CorruptFile(name=name, kind="XML", reason=because("no-element"))
        # The parser goes on without what is inside.
        if any("depth" in entry.message for entry in parser.error_log if entry.type_name == "ERR_RESOURCE_LIMIT"):
            raise CorruptFile(name=name, kind="XML", reason=because("nested-hundreds"))
        unseen: list[Unseen] = []
        blocks = tuple(_blocks(root, name, unseen))
        if not blocks:
            raise NoText(name=name, pages=0, images=0)
        title = next((block.lines[0].text for block in blocks if block.kind == "heading"), "")
        return ParsedDocument(blocks, title=title, warnings=(*notices, *sum(unseen, Unseen()).notices()))


def _blocks(root: Any, name: str, unseen: list[Unseen]) -> Iterator[Block]:
    """The texts in order. Short values in a row, dates and names and numbers, are one block of named lines."""
    outline, values = Outline(), list[str]()
    for element in root.iter():
        tag = element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""
        for label, text in ((tag, element.text), ("", element.tail)):
            line = " ".join((text or "").split())
            if label and line and label != "title" and len(line) <= _SHORT and not _HTML.search(line):
                values.append(f"- {label}: {line}")
            elif line:
                yield from _values(values, outline)
                yield from (
                    _title(element, line, outline) if label == "title" else _text(text or "", name, outline, unseen)
                )
    yield from _values(values, outline)


def _values(values: list[str], outline: Outline) -> Iterator[Block]:
    if values:
        yield Block("text", tuple(map(Line, values)), location=outline.block(values[0]))
        values.clear()


def _title(element: Any, text: str, outline: Outline) -> Iterator[Block]:
    """The title of the whole stands near the root, that of an entry deeper."""
    level = 1 if len(list(element.iterancestors())) < 3 else 2
    yield Block("heading", (Line(text),), location=outline.heading(level, text), level=level)


def _text(text: str, name: str, outline: Outline, unseen: list[Unseen]) -> Iterator[Block]:
    tree = parse_tree(text, name) if _HTML.search(text) else None
    if tree is not None:
        content, _, hidden = main_content(tree)
        unseen.append(hidden)
        yield from BlockReader(outline).read(content)
        return
    lines = tuple(Line(line) for part in text.split("\n") if (line := " ".join(part.split())))
    yield Block("text", lines, location=outline.block(lines[0].text))
