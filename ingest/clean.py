"""From blocks as they stand on pages to the text that is searched, with an anchor for every line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import category, normalize

from ingest.document import Anchor, Block, BlockSpan, CleanDocument, Line, ParsedDocument
from ingest.script import columns, needs_space, wide

CLEANER_VERSION = 1

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

    Blocks are parted by one blank line; a table keeps its rows, one a line.
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
        self._parts: list[str] = []
        self._length = 0
        self._anchors: list[Anchor] = []
        self._blocks: list[BlockSpan] = []
        self._last: Block | None = None

    def document(self) -> CleanDocument:
        return CleanDocument("".join(self._parts), tuple(self._anchors), tuple(self._blocks))

    def add(self, block: Block, path: tuple[str, ...]) -> str:
        """Append a block; returns its cleaned text, empty for a block without visible characters.

        A table that goes on from the page before is one with it, so that its rows keep their header.
        """
        lines = [(line, text) for line in block.lines if (text := tidy(line.text, indent=line.box is None))]
        if not lines:
            return ""
        goes_on = self._goes_on(block, lines[0][1])
        if self._length:
            self._write("\n" if goes_on else "\n\n")
        start, first = self._blocks.pop().start if goes_on else self._length, len(self._parts)
        right = _right(block, [line for line, _ in lines], self._edges)
        for i, (line, text) in enumerate(lines):
            joint = ""
            if block.kind == "table":
                joint = f"\n{_rule(text)}" if i == 0 and not goes_on else ""
                joint += "\n" if i + 1 < len(lines) else ""
            elif i + 1 < len(lines):
                joint = _joint(block, lines, i, right)
            kept = text[:-1] if joint == "-" else text
            self._anchors.append(Anchor(self._length, self._length + len(kept), block.page, line.box, block.location))
            self._write(kept + joint.removeprefix("-"))
        self._blocks.append(BlockSpan(start, self._length, block.kind, path))
        self._last = block
        return "".join(self._parts[first:])

    def _goes_on(self, block: Block, row: str) -> bool:
        """Whether a table is the rest of one that the page before ended with."""
        last = self._last
        return (
            last is not None
            and block.kind == last.kind == "table"
            and block.page is not None
            and last.page is not None
            and block.page == last.page + 1
            and _cells(row) == _cells(last.lines[0].text)
        )

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


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
    if block.kind == "text" and _breaks(lines, i, right):
        return "\n"
    if _hyphenated(text, following):
        return "-"
    return " " if needs_space(text[-1], following.lstrip()[0]) else ""


def _hyphenated(text: str, following: str) -> bool:
    return len(text) > 2 and text[-1] == "-" and text[-2].islower() and following[0].islower()


def _rule(header: str) -> str:
    return "|" + "---|" * _cells(header)


def _cells(row: str) -> int:
    """How many cells a row of a Markdown table has."""
    return max(1, len(re.findall(r"(?<!\\)\|", row)) - 1)


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
