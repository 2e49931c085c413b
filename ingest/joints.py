"""What stands between two lines of a paragraph: nothing, a space, a line break, or an undone hyphen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.document import Block, Line, ParsedDocument
from ingest.labels import labelled
from ingest.script import columns, needs_space, wide

UNDO = "-"

Tidied = tuple[Line, str]

_ITEM = re.compile(r"\s*(?:[-*•●○■□◆▪➢✓·–—]\s|\(?\d{1,3}[.)、]\s?|[(（]?[一二三四五六七八九十]{1,3}[)）、])")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_CUT_WORD = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)-\Z")
_NARROWEST_WRAP = 40
_NARROW = 0.45


class Joints:
    """Knows how wide the columns of a document are and which words it has."""

    def __init__(self, parsed: ParsedDocument) -> None:
        self._edges = _edges(parsed)
        self._single = {page.number: page.width for page in parsed.pages if page.columns == 1}
        self._words = {
            word.lower()
            for block in parsed.blocks
            for line in block.lines
            if line.text.isascii() or not wide(line.text[0])
            for word in _WORD.findall(line.text)
        }

    def between(self, block: Block, lines: Sequence[Tidied]) -> list[str]:
        """What to write after each line of a block, the last one left out; UNDO takes its hyphen away."""
        if block.kind == "code":
            return ["\n"] * (len(lines) - 1)
        right = _right(block, [line for line, _ in lines], self._edges)
        width = self._single.get(block.page or 0, 0.0)
        if right < _NARROW * width and not _is_wrapped(lines):
            # Where no line of a page goes far, its lines end for other reasons than the width of a column.
            right = width
        return [
            "\n" if block.kind == "text" and _breaks(lines, i, right) else self.resumed(text, following)
            for i, ((_, text), (_, following)) in enumerate(pairwise(lines))
        ]

    def resumed(self, text: str, following: str) -> str:
        """What to write between a text and its rest."""
        if text[-1] == "-" and len(text) > 1 and text[-2].isalnum() and following[0].isalnum():
            return UNDO if self._was_cut(text, following) else ""
        return " " if needs_space(text[-1], following.lstrip()[0]) else ""

    def _was_cut(self, text: str, following: str) -> bool:
        """Whether a hyphen parts a word only because the line ended there: the document's other words tell."""
        cut, rest = _CUT_WORD.search(text), _WORD.match(following)
        if cut is None or rest is None or len(cut[1]) < 2:
            return False
        if not (text[-2].islower() and following[0].islower()) and not (cut[1].isupper() and rest[0].isupper()):
            return False
        head, tail = cut[1].lower(), rest[0].lower()
        if head + tail in self._words:
            return True
        return "-" not in head and f"{head}-{tail}" not in self._words


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


def _is_wrapped(lines: Sequence[Tidied]) -> bool:
    """Whether lines go on in the next one: most end at one place, or in the middle of a word or sentence."""
    *before, _ = [line for line, _ in lines]
    left, height = _left([line for line, _ in lines]), _sides(lines[0][0])[1]
    reaches = [_reach(line, left) for line in before]
    even = sum(reach > max(reaches) - height for reach in reaches)
    cut = sum(text.endswith("-") or following[0].islower() for (_, text), (_, following) in pairwise(lines))
    return (len(before) > 1 and even >= 0.6 * len(before)) or 2 * cut > len(before)


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


def _breaks(lines: Sequence[Tidied], i: int, right: float) -> bool:
    """Whether a line ends where it does on purpose: the next line's first word would have fitted."""
    (line, text), (_, following) = lines[i], lines[i + 1]
    if _ITEM.match(following) or following[0].isspace() or (labelled(following) and labelled(lines[0][1])):
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
