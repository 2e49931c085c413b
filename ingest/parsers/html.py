"""Web pages: the main content by its headings, tables with their merged cells, nothing fetched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ingest.document import Block, ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, NoText, UnsupportedFile
from ingest.notices import Notice
from ingest.parsers.encodings import decode, strict_utf8
from ingest.parsers.formats import extensions_of
from ingest.parsers.html_main import main_content
from ingest.parsers.markup import BlockReader, plain_text
from ingest.parsers.outline import Outline
from models.reasons import because

_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_XML_DECLARED = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
# What pages call these encodings; what they hold is the larger one.
_LARGER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs", "iso-8859-1": "cp1252"}

_ANY = ("iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "us-ascii", "ascii")


class HtmlParser:
    """Reads HTML and XHTML."""

    extensions = extensions_of("html")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002 (all parsers are called alike)
        limits: ParseLimits,  # noqa: ARG002
    ) -> ParsedDocument:
        """See `Parser.parse`."""
        text, notices = decode_page(path.read_bytes(), name)
        return read_page(text, name, notices)


def read_page(text: str, name: str, notices: tuple[Notice, ...] = ()) -> ParsedDocument:
    """The blocks of a page given as text. Raises NoText."""
    tree = parse_tree(text, name)
    if tree is None:
        raise NoText(name=name, pages=0, images=0)
    title = tree.find(".//title")
    heading = "" if title is None else plain_text(title)
    root, dropped, unseen = main_content(tree)
    blocks = tuple(BlockReader(Outline()).read(root))
    if not blocks:
        raise NoText(name=name, pages=0, images=0)
    if dropped:
        notices += (Notice("furniture-left-out", {"count": dropped}),)
    notices += tuple(unseen.notices())
    return ParsedDocument(blocks, title=heading or _first_heading(blocks), warnings=notices)


def parse_tree(text: str, name: str) -> Any:
    """The tree of a page however broken; None where there is none. Entities and links are not followed.

    Raises CorruptFile for a page nested so deeply that the parser leaves text out.
    """
    from lxml import etree, html

    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=True, encoding="utf-8")
    data = _DECLARATION.sub("", text).encode("utf-8", "replace")
    try:
        tree = html.document_fromstring(data, parser=parser)
    except etree.ParserError:
        return None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise CorruptFile(name=name, kind="HTML", reason=because("nested-thousands"))
    return tree


def decode_page(data: bytes, name: str) -> tuple[str, tuple[Notice, ...]]:
    """The text of a page by its byte-order mark, what it declares, or what it looks like. Raises UnsupportedFile."""
    declared = _XML_DECLARED.search(data[:1024]) or _DECLARED.search(data[:8192])
    if declared is not None and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        encoding = declared[1].decode("ascii").lower()
        try:
            text = data.decode(_LARGER.get(encoding, encoding))
            # Any bytes are Latin-1, and tools declare it where the author did not; hardly any text is UTF-8 by chance.
            return (text, ()) if encoding not in _ANY or (utf8 := strict_utf8(data)) is None else (utf8.text, ())
        except (LookupError, UnicodeDecodeError):
            pass  # what it declares is wrong: the bytes themselves tell
    decoded = decode(data)
    if decoded is None:
        raise UnsupportedFile(name=name, kind=because("no-text"))
    if not decoded.unreadable:
        return decoded.text, ()
    params: dict[str, str | int | float] = {"count": decoded.unreadable, "encoding": decoded.encoding}
    return decoded.text, (Notice("characters-unreadable", params),)


def _first_heading(blocks: tuple[Block, ...]) -> str:
    return next((block.lines[0].text for block in blocks if block.kind == "heading"), "")
