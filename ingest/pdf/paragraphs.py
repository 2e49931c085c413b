"""From lines to paragraphs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.document import BlockKind
from ingest.labels import labelled
from ingest.pdf.frame import Frame
from ingest.pdf.lines import Set, mean_confidence
from ingest.pdf.numbering import is_sure, numbering
from ingest.script import columns, wide

ITEM = re.compile(
    r"^(?:[•●○■□◆◇▪➢✓·–—-]\s|[(（]?[一二三四五六七八九十]{1,3}[)）、.．]|[(（](?:\d{1,3}|[a-z])[)）]"
    r"|\[\d{1,3}\]|\d{1,3}[、.．)）](?!\d)|[①-⑳]|第[一二三四五六七八九十百零〇\d]{1,6}[编篇章节条款])"
)
_NAMED = re.compile(r"(?:附?[图圖表]|Figure|Fig\.|Table)\s*\d{1,3}(?:[-.]\d{1,3})*\s*[:：.．]")
_OPEN_END = tuple("，、,;；—-")
_TITLE_GAP = 0.2
_FARTHEST = 2.0
_STUB = 0.5
_END = tuple("。！？；：.!?:;”」』…")
# Sizes that OCR gives are rough.
_ALIKE, _ALIKE_READ = 1.1, 1.3
_FILLED, _FEWEST_FILLED = 0.4, 4
LEADERS = re.compile(r"(?:[.．…·]\s?){4,}\s*[\divxlc]*$")


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together, in their frame; the region they stand in goes from `left` to `right`."""

    lines: tuple[Set, ...]
    frame: Frame
    left: float = 0.0
    right: float = 0.0
    kind: BlockKind = "text"
    continues: bool = False

    @property
    def text(self) -> str:
        return "".join(line.text for line in self.lines)

    @property
    def size(self) -> float:
        return max(line.size for line in self.lines)

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)

    @property
    def confidence(self) -> float | None:
        return mean_confidence([(line.confidence, len(line.text)) for line in self.lines])


def paragraphs(lines: Sequence[Set], frame: Frame, alone: Collection[str] = ()) -> Iterator[Paragraph]:
    """Group the lines of a region. `alone` holds titles that stand by themselves."""
    if not lines:
        return
    page = _measure(lines)
    current = [lines[0]]
    for line in lines[1:]:
        if _starts(current, line, page) or any(titled(each.text, alone) for each in (current[-1], line)):
            yield _paragraph(current, frame, page)
            current = []
        current.append(line)
    yield _paragraph(current, frame, page)


def squeeze(text: str) -> str:
    """The letters and digits of a text in lower case, for comparing a heading with a bookmark."""
    return "".join(char for char in text.casefold() if char.isalnum())


def titled(text: str, titles: Collection[str]) -> bool:
    """Whether a text is one of some squeezed titles, a number before it allowed."""
    key = squeeze(text) if titles and len(text) <= 120 else ""
    return any(title and key.endswith(title) and len(key) <= len(title) + 8 for title in titles)


def ends_sentence(text: str) -> bool:
    return text.endswith(_END)


@dataclass(frozen=True)
class _Measure:
    """The edges of a region, the usual gap and size in it, and whether its lines are set to its width."""

    left: float
    right: float
    gap: float
    size: float = 0.0
    filled: bool = False


def _measure(lines: Sequence[Set]) -> _Measure:
    right = max(line.rect[2] for line in lines)
    size = median(line.size for line in lines)
    return _Measure(
        left=min(line.rect[0] for line in lines),
        right=right,
        gap=median([b.rect[1] - a.rect[3] for a, b in pairwise(lines)] or [0.0]),
        size=size,
        filled=sum(line.rect[2] > right - 1.5 * size for line in lines) >= max(_FEWEST_FILLED, _FILLED * len(lines)),
    )


def _paragraph(lines: Sequence[Set], frame: Frame, page: _Measure) -> Paragraph:
    if not lines[0].mono:
        return Paragraph(tuple(lines), frame, page.left, page.right)
    return Paragraph(tuple(_indented(lines)), frame, page.left, page.right, "code")


def _indented(lines: Sequence[Set]) -> Iterator[Set]:
    """Lines of code with the spaces that they begin with."""
    left = min(line.rect[0] for line in lines)
    widths = [(line.rect[2] - line.rect[0]) / len(line.text) for line in lines if line.mono and line.text.isascii()]
    width = median(widths) if widths else lines[0].size / 2
    for line in lines:
        spaces = round((line.rect[0] - left) / width)
        yield Set(" " * spaces + line.text, line.rect, line.size, line.bold, confidence=line.confidence, mono=True)


def _starts(current: Sequence[Set], line: Set, page: _Measure) -> bool:
    """Whether a line begins a paragraph rather than going on with the last one."""
    last = current[-1]
    size = min(last.size, line.size)
    short = last.rect[2] < page.right - 3 * size
    ended = ends_sentence(last.text)
    if (
        last.table is not None
        or line.table is not None
        or last.aside != line.aside
        or last.mono != line.mono
        or max(last.size, line.size) > (_ALIKE if line.confidence is None else _ALIKE_READ) * size
        or line.rect[1] - last.rect[3] > min(page.gap + 0.4 * size, _FARTHEST * size)
        or LEADERS.search(last.text)
        or LEADERS.search(line.text)
        or (last.parted and line.parted)
        or (labelled(line.text) and (labelled(last.text) or labelled(current[0].text)))
    ):
        return True
    if last.mono:
        return False
    if last.bold != line.bold and (line.bold or short or ended):
        return True
    if _is_named(last, line, short=short or ended) or _is_centred(last, page) != _is_centred(line, page):
        return True
    if len(current) == 1 and _is_title(last, page):
        return True
    if short and ITEM.match(current[0].text) and line.rect[0] < current[0].rect[0] - 0.7 * size:
        return True
    return _is_indented(last, line, page, ended=ended) or (short and ended) or _is_broken(last, line, page)


def _is_title(line: Set, page: _Measure) -> bool:
    """Whether a line that begins a paragraph has the number of a heading, and ends far from the right edge."""
    loose = line.text.endswith(_OPEN_END) or line.rect[2] > page.right - _TITLE_GAP * (page.right - page.left)
    return is_sure(numbering(line.text)) and not loose


def _is_named(last: Set, line: Set, *, short: bool) -> bool:
    """Whether a line begins an item of a list, or the caption of a figure or table."""
    if _NAMED.match(line.text):
        return short or _NAMED.match(last.text) is not None
    return short and ITEM.match(line.text) is not None


def _is_centred(line: Set, page: _Measure) -> bool:
    """Whether a line stands in the middle of its region, clear of both edges."""
    left, right = line.rect[0] - page.left, page.right - line.rect[2]
    return min(left, right) > 3 * line.size and abs(left - right) < 1.5 * line.size


def _is_broken(last: Set, line: Set, page: _Measure) -> bool:
    """Whether a line ends on purpose where it does: the first word of the next one would have fitted."""
    size = last.size
    stub = last.rect[2] - page.left < _STUB * (page.right - page.left) and not line.text[0].islower()
    if not (page.filled or stub) or size > 1.1 * page.size or last.rect[0] > page.left + 2.6 * size:
        return False
    word = line.text.split(maxsplit=1)[0]
    length = 1 if wide(word[0]) else len(word)
    width = (line.rect[2] - line.rect[0]) / max(1, columns(line.text)) * columns(word[:length])
    return last.rect[2] + width + 3 * size < page.right


def _is_indented(last: Set, line: Set, page: _Measure, *, ended: bool) -> bool:
    """Whether a line is indented as the first of a paragraph, below one that is not."""
    size = min(last.size, line.size)
    indent = line.rect[0] - last.rect[0]
    at_margin = last.rect[0] < page.left + 0.8 * size and not ITEM.match(last.text)
    return size <= 1.15 * page.size and at_margin and (0.7 if ended else 1.2) * size < indent < 8 * size
