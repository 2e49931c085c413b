"""From a tree of HTML to blocks: what web pages, e-books and mails have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.document import Block, BlockKind, Line
from ingest.parsers.html_table import caption_of, is_data, read_table
from ingest.parsers.markup_small import READINGS, closing, opening
from ingest.parsers.outline import Outline, chapter_level
from ingest.raised import settle
from ingest.script import wide

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = ("ul", "ol", "dl")
_BLOCKS = frozenset(
    "p div section article main ul ol li dl dt dd blockquote pre table caption thead tbody tfoot tr td th figure "
    "figcaption hr address details summary fieldset legend header footer body html form center aside".split()
) | frozenset(_HEADINGS)
_FOOTNOTES = ("footnote", "endnote", "rearnote", "doc-footnote", "doc-endnote")
_ICON = 40
_BREAK = "\x1e"  # a line that the page ends, apart from those that end in its source
_BLANKS = re.compile(r"[\t\n\r\f ]+")


class BlockReader:
    """Walks over a tree once, without recursion, and gives its blocks in order."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._text = ""
        self._lists: list[list[Any]] = []  # open lists: their tag, and the number of the next item
        self._items: list[str] = []
        self._marker = ""
        self._kind: BlockKind = "text"

    def read(self, root: Any) -> Iterator[Block]:
        """The blocks of an element. Its tree is not changed."""
        from lxml import etree

        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            whole = _is_whole(element)
            if event == "start" and (whole or element.tag in READINGS):
                if whole:
                    yield from self._whole(element)
                walk.skip_subtree()
            elif event == "start":
                yield from self._open(element)
            else:
                if not whole and element.tag not in READINGS:
                    yield from self._close(element)
                self._text += (element.tail or "") if element is not root else ""
        yield from self._flush()
        yield from self._end_list()

    def _whole(self, element: Any) -> Iterator[Block]:
        """The blocks before and of an element that is read at once."""
        if element.tag == "math":
            self._text += _formula(element)
            return
        yield from self._flush()
        yield from self._end_list()
        if element.tag == "table":
            yield from self._table(element)
        elif element.tag == "pre":
            yield from self._code(element)
        else:
            yield from self._heading(element)

    def _open(self, element: Any) -> Iterator[Block]:
        tag = element.tag
        if tag in _BLOCKS:
            yield from self._flush()
        if tag in _LISTS:
            self._lists.append([tag, _number(element.get("start"), 1)])
        elif tag in ("li", "dt", "dd") and self._lists:
            self._marker = self._item_marker(tag)
        elif tag == "figcaption":
            self._kind = "caption"
        elif tag == "aside" and _is_footnote(element):
            self._kind = "footnote"
        elif tag == "br":
            self._text += _BREAK
        elif tag == "img":
            self._text += _alt(element)
        self._text += opening(element) + (element.text or "")

    def _close(self, element: Any) -> Iterator[Block]:
        self._text += closing(element)
        if element.tag in _BLOCKS:
            yield from self._flush()
        if element.tag in _LISTS and self._lists:
            self._lists.pop()
            if not self._lists:
                yield from self._end_list()
        if element.tag in ("figcaption", "aside"):
            self._kind = "text"

    def _item_marker(self, tag: str) -> str:
        kind, number = self._lists[-1]
        depth = "  " * (len(self._lists) - 1)
        if tag == "li" and kind == "ol":
            self._lists[-1][1] += 1
            return f"{depth}{number}. "
        return depth + {"li": "- ", "dt": "", "dd": "  "}[tag]

    def _flush(self) -> Iterator[Block]:
        """End the paragraph, or the line of a list, that is being read."""
        lines = [line for line in map(_collapse, settle(self._text).split(_BREAK)) if line]
        self._text = ""
        if not lines:
            return
        if self._lists:
            self._items += [self._marker + lines[0], *(" " * len(self._marker) + line for line in lines[1:])]
            self._marker = " " * len(self._marker)
            return
        yield self._block(lines)

    def _end_list(self) -> Iterator[Block]:
        if self._items:
            lines = tuple(Line(line) for line in self._items)
            self._items = []
            yield Block("text", lines, location=self._outline.block(lines[0].text))

    def _block(self, lines: list[str]) -> Block:
        level = chapter_level(lines[0]) if len(lines) == 1 and self._kind == "text" else 0
        if level:
            location = self._outline.heading(min(6, level + 1), lines[0])
            return Block("heading", (Line(lines[0]),), location=location, level=min(6, level + 1))
        return Block(self._kind, tuple(map(Line, lines)), location=self._outline.block(lines[0]))

    def _heading(self, element: Any) -> Iterator[Block]:
        text = plain_text(element)
        if text:
            level = _HEADINGS[element.tag]
            yield Block("heading", (Line(text),), location=self._outline.heading(level, text), level=level)

    def _code(self, element: Any) -> Iterator[Block]:
        for br in element.iter("br"):
            br.tail = "\n" + (br.tail or "")
        lines = [line.rstrip() for line in "".join(element.itertext()).split("\n")]
        if any(lines):
            location = self._outline.block(lines[0])
            yield Block("code", tuple(Line(line) for line in lines if line), location=location)

    def _table(self, element: Any) -> Iterator[Block]:
        caption = caption_of(element)
        location = self._outline.block("")
        if caption is not None and (text := plain_text(caption)):
            yield Block("caption", (Line(text),), location=location)
        table = read_table(element, plain_text)
        if table.rows:
            yield Block("table", (), location=location, table=table)


def _is_whole(element: Any) -> bool:
    """Whether an element is read at once, not piece by piece."""
    return element.tag in ("pre", "math", *_HEADINGS) or (element.tag == "table" and is_data(element))


def plain_text(element: Any) -> str:
    """All the text of an element as one line."""
    from lxml import etree

    parts: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        blank = " " if node.tag == "br" or (node.tag in _BLOCKS and node is not element) else ""
        if event == "end":
            parts += ["" if node.tag in READINGS else closing(node) + blank, "" if node is element else node.tail or ""]
        elif node.tag in READINGS:
            walk.skip_subtree()
        elif node.tag == "math" and node is not element:
            parts.append(_formula(node))
            walk.skip_subtree()
        else:
            parts += [blank, _alt(node) if node.tag == "img" else "", opening(node), node.text or ""]
    return _collapse(settle("".join(parts)))


def _collapse(text: str) -> str:
    """One space for any run of blanks, and none where the source breaks a line between Chinese characters."""
    text = text.strip()
    return _BLANKS.sub(lambda match: _gap(text, match), text)


def _gap(text: str, match: re.Match[str]) -> str:
    broken = "\n" in match.group()
    return "" if broken and wide(text[match.start() - 1]) and wide(text[match.end()]) else " "


def _formula(element: Any) -> str:
    """The source of a formula where the page gives it, else its symbols in a row."""
    tex = element.xpath(".//*[local-name()='annotation'][contains(@encoding, 'tex')]")
    return " " + (element.get("alttext") or (tex[0].text if tex else "") or plain_text(element)).strip() + " "


def _alt(element: Any) -> str:
    """What an image says in words, unless it is an icon."""
    sizes = [_number(element.get(side), 1000) for side in ("width", "height")]
    return "" if min(sizes) <= _ICON else f" {element.get('alt') or ''} "


def _is_footnote(element: Any) -> bool:
    names = " ".join(value for key, value in element.attrib.items() if key.endswith("type") or key in ("role", "class"))
    return any(name in names for name in _FOOTNOTES)


def _number(text: str | None, default: int) -> int:
    digits = re.match(r"\s*(\d{1,6})", text or "")
    return int(digits[1]) if digits else default
