"""From blocks as they stand on pages to the text that is searched, with an anchor for every line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from unicodedata import category, normalize

from ingest.document import Anchor, Block, BlockSpan, Box, CleanDocument, Line, ParsedDocument, Table
from ingest.markdown_table import WrittenRow, rule, write_rows
from ingest.script import columns, needs_space, wide

CLEANER_VERSION = 2

_RADICALS = dict(
    zip(
        "⺟⺠⻁⻄⻅⻆⻉⻋⻑⻒⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
        "母民虎西见角贝车長镸长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)
_SPACES = re.compile(r"[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_ITEM = re.compile(r"\s*(?:[-*•●○■□◆▪➢✓·–—]\s|\(?\d{1,3}[.)、]\s?|[(（]?[一二三四五六七八九十]{1,3}[)）、])")
_LEADERS = re.compile(r"(?:\s?[.．·…]){6,}")
_NARROWEST_WRAP = 40


def clean(parsed: ParsedDocument) -> CleanDocument:
    """Join lines to paragraphs, repair characters, and note where every line came from.

    Blocks are parted by one blank line; a table is Markdown, one row a line.
    """
    builder = _Builder(_edges(parsed))
    headings: list[tuple[int, str]] = []
    for block in parsed.blocks:
        if block.kind == "heading":
            headings = [entry for entry in headings if entry[0] < block.level]
        text = builder.add(block, tuple(title for _, title in headings))
        if block.kind == "heading" and text:
            headings.append((block.level, text))
    return builder.document()


class _Builder:
    """The text so far, and the spans in it."""

    def __init__(self, edges: dict[int | None, list[tuple[float, float]]]) -> None:
        self._edges = edges
        self._text = StringIO()
        self._length = 0
        self._anchors: list[Anchor] = []
        self._blocks: list[BlockSpan] = []
        self._caption: tuple[int, int] | None = None
        self._columns = 0

    def document(self) -> CleanDocument:
        return CleanDocument(self._text.getvalue(), tuple(self._anchors), tuple(self._blocks))

    def add(self, block: Block, path: tuple[str, ...]) -> str:
        """Append a block; returns its cleaned text, empty for a block without visible characters."""
        goes_on = block.continues and bool(self._blocks) and self._blocks[-1].kind == block.kind
        if block.table is not None:
            return self._add_table(block, block.table, path, goes_on)
        kept_indent = block.kind == "code"
        lines = [
            (line, text) for line in block.lines if (text := tidy(line.text, indent=kept_indent or line.box is None))
        ]
        if not lines:
            return ""
        right = _right(block, [line for line, _ in lines], self._edges)
        start = self._resume(block, lines[0][1]) if goes_on else self._begin()
        first = self._length
        for i, (line, text) in enumerate(lines):
            joint = _joint(block, lines, i, right) if i + 1 < len(lines) else ""
            kept = text[:-1] if joint == "-" else text
            self._anchor(kept, block, line.box)
            self._write(kept + joint.removeprefix("-"))
        self._end(start, block, path)
        return self._since(first)

    def _add_table(self, block: Block, table: Table, path: tuple[str, ...], goes_on: bool) -> str:
        """Append a table; the rest of one begun before leaves its header rows out."""
        goes_on = goes_on and table.columns == self._columns
        rows = list(write_rows(table, tidy))
        if goes_on:
            skipped = {id(row) for row in table.rows[: table.header_rows]}
            rows = [row for row in rows if id(row.row) not in skipped]
        if not rows:
            return ""
        heads = self._blocks[-1].heads if goes_on else ((self._caption,) if self._caption else ())
        if goes_on:
            self._write("\n")
        start = self._blocks.pop().start if goes_on else self._begin()
        first, self._columns = self._length, table.columns
        header = {id(row) for row in table.rows[: max(1, table.header_rows)]}
        for i, row in enumerate(rows):
            at = self._length
            self._add_row(block, row)
            if not goes_on and id(row.row) in header:
                heads += ((at, self._length),)
                if i + 1 == len(rows) or id(rows[i + 1].row) not in header:
                    self._write("\n" + rule(table.columns))
            self._write("\n" if i + 1 < len(rows) else "")
        self._end(start, block, path, heads)
        return self._since(first)

    def _add_row(self, block: Block, written: WrittenRow) -> None:
        at, location = self._length, written.row.location or block.location
        if all(cell.box is None for _, _, cell in written.cells):
            self._anchors.append(Anchor(at, at + len(written.text), block.page, None, location))
        else:
            for start, end, cell in written.cells:
                self._anchors.append(Anchor(at + start, at + end, block.page, cell.box, location))
        self._write(written.text)

    def _begin(self) -> int:
        if self._length:
            self._write("\n\n")
        return self._length

    def _resume(self, block: Block, text: str) -> int:
        """Take the last block up again, as if its last line and this text had stood below one another."""
        last = self._blocks.pop()
        tail = self._since(last.start)
        if block.kind == "code":
            self._write("\n")
        elif _hyphenated(tail, text):
            self._unwrite_hyphen()
        elif needs_space(tail[-1], text.lstrip()[0]):
            self._write(" ")
        return last.start

    def _end(self, start: int, block: Block, path: tuple[str, ...], heads: tuple[tuple[int, int], ...] = ()) -> None:
        self._blocks.append(BlockSpan(start, self._length, block.kind, path, heads))
        if block.kind == "caption":
            self._caption = (start, self._length)
            self._name_table()
        else:
            self._caption = None

    def _name_table(self) -> None:
        """A caption below a table is that table's, unless one stood above it."""
        if len(self._blocks) < 2 or self._caption is None:
            return
        table = self._blocks[-2]
        if table.kind == "table" and all(start >= table.start for start, _ in table.heads):
            self._blocks[-2] = replace(table, heads=(self._caption, *table.heads))
            self._caption = None

    def _anchor(self, text: str, block: Block, box: Box | None) -> None:
        self._anchors.append(Anchor(self._length, self._length + len(text), block.page, box, block.location))

    def _unwrite_hyphen(self) -> None:
        self._length -= 1
        self._text.seek(self._length)
        self._text.truncate()
        last = self._anchors.pop()
        self._anchors.append(replace(last, end=last.end - 1))

    def _write(self, text: str) -> None:
        self._text.write(text)
        self._length += len(text)

    def _since(self, start: int) -> str:
        self._text.seek(start)
        return self._text.read()


def _edges(parsed: ParsedDocument) -> dict[int | None, list[tuple[float, float]]]:
    """Where the lines of running text begin and end, by page."""
    edges: dict[int | None, list[tuple[float, float]]] = {}
    for block in parsed.blocks:
        if block.kind == "text":
            found = [(line.box.x0, line.box.x1) for line in block.lines if line.box is not None]
            edges.setdefault(block.page, []).extend(found)
    return edges


def _right(block: Block, lines: list[Line], edges: dict[int | None, list[tuple[float, float]]]) -> float:
    """How far a line of this block could have gone: as far as two of its own do, else as its column's.

    In columns of characters for formats without boxes, else in points from where the block begins.
    """
    first = lines[0].box
    if first is None:
        return max(columns(line.text) for line in lines)
    left = _left(lines)
    reaches = sorted(_reach(line, left) for line in lines)
    height = _sides(lines[0])[1]
    if _upright(lines[0]) or (len(reaches) > 2 and reaches[-2] > reaches[-1] - 2 * height):
        return reaches[-1]
    column = [x1 - left for x0, x1 in edges.get(block.page, ()) if abs(x0 - left) < 3 * height]
    return max(reaches[-1], *column, 0.0)


def _left(lines: list[Line]) -> float:
    """Where the lines of a block begin."""
    boxes = [line.box for line in lines if line.box is not None]
    return min((box.y0 if _upright(lines[0]) else box.x0) for box in boxes)


def _reach(line: Line, left: float) -> float:
    """How far a line goes from where its block begins."""
    box = line.box
    if box is None:
        return 0.0
    return (box.y1 if _upright(line) else box.x1) - left


def _upright(line: Line) -> bool:
    """Whether a line runs along the height of the page."""
    box = line.box
    return box is not None and len(line.text) > 1 and box.y1 - box.y0 > box.x1 - box.x0


def tidy(text: str, *, indent: bool = False) -> str:
    """One line without invisible characters and with one code for each Chinese character.

    Radicals and compatibility ideographs, which some fonts give instead of the character, are
    folded; full-width punctuation stays, the dots that lead to a page number become one ellipsis.
    `indent` keeps the spaces at the beginning.
    """
    text = "".join(_fold(char) for char in text)
    lead = text[: len(text) - len(text.lstrip(" \t"))] if indent else ""
    body = _SPACES.sub(" ", _LEADERS.sub(" … ", text)).strip()
    return lead + body if body else ""


def _fold(char: str) -> str:
    code = ord(char)
    if code < 0x7F:
        return char if code >= 0x20 or char == "\t" else " " if char in "\n\r\v\f" else ""
    if code in (0xAD, 0xFEFF, 0x180E) or 0x200B <= code <= 0x200F or category(char) in ("Cc", "Cf"):
        return ""
    if category(char) == "Cs":
        return "\ufffd"
    if 0x2E80 <= code <= 0x2FDF or 0xFB00 <= code <= 0xFB06:
        return _RADICALS.get(char) or normalize("NFKC", char)
    if 0xF900 <= code <= 0xFAFF or 0x2F800 <= code <= 0x2FA1F:
        return normalize("NFC", char)
    return " " if char in "\u2028\u2029" else char


def _joint(block: Block, lines: list[tuple[Line, str]], i: int, right: float) -> str:
    """What stands between a line and the next: nothing, a space, a line break; `-` undoes a hyphen."""
    text, following = lines[i][1], lines[i + 1][1]
    if block.kind == "code" or (block.kind == "text" and _breaks(lines, i, right)):
        return "\n"
    if _hyphenated(text, following):
        return "-"
    return " " if needs_space(text[-1], following.lstrip()[0]) else ""


def _hyphenated(text: str, following: str) -> bool:
    return len(text) > 2 and text[-1] == "-" and text[-2].islower() and following[0].islower()


def _breaks(lines: list[tuple[Line, str]], i: int, right: float) -> bool:
    """Whether a line ends where it does on purpose: the next line's first word would have fitted."""
    (line, text), (_, following) = lines[i], lines[i + 1]
    if _ITEM.match(following) or following[0].isspace():
        return True
    if line.box is None:
        return right < _NARROWEST_WRAP or columns(text) + columns(_word(following)) + 2 < right
    length, height = _sides(line)
    word = length / max(1, columns(text)) * columns(_word(following))
    return _reach(line, _left([each for each, _ in lines])) + word + 1.2 * height < right


def _sides(line: Line) -> tuple[float, float]:
    """A line's length and height."""
    box = line.box
    if box is None:
        return 0.0, 0.0
    sides = box.x1 - box.x0, box.y1 - box.y0
    return (sides[1], sides[0]) if _upright(line) else sides


def _word(text: str) -> str:
    """What must stand on one line at the beginning of a text."""
    first = text.split(maxsplit=1)[0]
    return next(iter(_cut(first)), first)


def _cut(word: str) -> Iterator[str]:
    for i, char in enumerate(word):
        if wide(char):
            yield word[: max(1, i)]
            return
