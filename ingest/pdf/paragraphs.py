"""From runs to lines, and from lines to paragraphs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.document import Table
from ingest.pdf.frame import Frame, Rect, union
from ingest.pdf.glyphs import Run
from ingest.script import needs_space

_ITEM = re.compile(
    r"^(?:[•●○■□◆◇▪➢✓·–—-]\s|[(（]?[一二三四五六七八九十]{1,3}[)）、.．]|[(（]\d{1,3}[)）]"
    r"|\d{1,3}[、.．)）](?!\d)|[①-⑳]|第[一二三四五六七八九十百零〇\d]{1,6}[编篇章节条款])"
)
_END = tuple("。！？；：.!?:;”」』…")


@dataclass(frozen=True)
class Set:
    """A line as set on the page; a table is one of these too, with its `table`. `aside`: a running head."""

    text: str
    rect: Rect
    size: float
    bold: bool
    table: Table | None = None
    aside: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together, in their frame."""

    lines: tuple[Set, ...]
    frame: Frame

    @property
    def text(self) -> str:
        return "".join(line.text for line in self.lines)

    @property
    def size(self) -> float:
        return max(line.size for line in self.lines)

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)


def set_lines(region: Sequence[Run]) -> list[Set]:
    """The runs of a region as lines from top to bottom; a superscript belongs to its line."""
    rows: list[list[Run]] = []
    for run in sorted(region, key=lambda r: (r.rect[1] + r.rect[3]) / 2):
        if rows and _mixable(rows[-1][0], run) and _same_line(rows[-1], run):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [_set(sorted(row, key=lambda r: r.rect[0])) for row in rows]


def _mixable(a: Run, b: Run) -> bool:
    return a.table is None and b.table is None and a.aside == b.aside


def _same_line(row: Sequence[Run], run: Run) -> bool:
    """Whether a run overlaps the biggest run of a row by most of the smaller one's height."""
    base = max(row, key=lambda r: r.size)
    overlap = min(base.rect[3], run.rect[3]) - max(base.rect[1], run.rect[1])
    smaller = min(base.rect[3] - base.rect[1], run.rect[3] - run.rect[1])
    return overlap > 0.55 * smaller


def _set(row: Sequence[Run]) -> Set:
    text = row[0].text
    for left, right in pairwise(row):
        gap = right.rect[0] - left.rect[2]
        apart = gap > 1.5 * left.size or (gap > 0.1 * left.size and needs_space(text[-1], right.text[0]))
        text += (" " if apart else "") + right.text
    longest = max(row, key=lambda r: len(r.text))
    return Set(text, union([r.rect for r in row]), longest.size, all(r.bold for r in row), row[0].table, row[0].aside)


def paragraphs(lines: Sequence[Set], frame: Frame, alone: Collection[str] = ()) -> Iterator[Paragraph]:
    """Group the lines of a region. `alone` holds titles that stand by themselves."""
    if not lines:
        return
    gaps = [b.rect[1] - a.rect[3] for a, b in pairwise(lines)]
    page = _Measure(
        left=min(line.rect[0] for line in lines),
        right=max(line.rect[2] for line in lines),
        gap=median(gaps) if gaps else 0.0,
    )
    current = [lines[0]]
    for line in lines[1:]:
        if _starts(current[-1], line, page) or any(titled(each.text, alone) for each in (current[-1], line)):
            yield Paragraph(tuple(current), frame)
            current = []
        current.append(line)
    yield Paragraph(tuple(current), frame)


def squeeze(text: str) -> str:
    """The letters and digits of a text in lower case, for comparing a heading with a bookmark."""
    return "".join(char for char in text.casefold() if char.isalnum())


def titled(text: str, titles: Collection[str]) -> bool:
    """Whether a text is one of some squeezed titles, a number before it allowed."""
    key = squeeze(text) if titles and len(text) <= 120 else ""
    return any(title and key.endswith(title) and len(key) <= len(title) + 8 for title in titles)


@dataclass(frozen=True)
class _Measure:
    left: float
    right: float
    gap: float


def _starts(last: Set, line: Set, page: _Measure) -> bool:
    """Whether a line begins a paragraph rather than going on with the last one."""
    size = min(last.size, line.size)
    if (
        last.table is not None
        or line.table is not None
        or last.aside != line.aside
        or last.bold != line.bold
        or max(last.size, line.size) > 1.1 * size
    ):
        return True
    if line.rect[1] - last.rect[3] > page.gap + 0.4 * size:
        return True
    short = last.rect[2] < page.right - 3 * size
    ended = last.text.endswith(_END)
    if _ITEM.match(line.text) and (short or ended):
        return True
    indent = line.rect[0] - last.rect[0]
    if 1.2 * size < indent < 8 * size and last.rect[0] < page.left + 0.8 * size and not _ITEM.match(last.text):
        return True
    return short and ended
