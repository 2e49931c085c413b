"""Which paragraphs are headings, and of which level: bookmarks, numbering, size and weight."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.pdf.numbering import CLAUSE, NONE, counted, is_sure, numbering
from ingest.pdf.paragraphs import Paragraph, squeeze, titled
from ingest.script import columns

_LONGEST, _LONGEST_LINE = 120, 80
_LARGE = 1.15
_LOOSE_END = tuple("。；;，,、：:")
_BULLETS = "•●○■□◆◇▪➢✓·–—-"
_LEADERS = re.compile(r"[.．…·\s]{4,}\d*$")
_NUMBER_LAST = re.compile(r"\s\d{1,4}$")
_LONGEST_CLAUSE = 44


@dataclass(frozen=True)
class Bookmark:
    """An entry of the PDF's outline."""

    level: int
    title: str
    page: int


@dataclass(frozen=True)
class _Style:
    size: float
    numbering: int


def levels(pages: Mapping[int, Sequence[Paragraph]], bookmarks: Sequence[Bookmark]) -> dict[int, int]:
    """Heading levels, 1 to 6, by `id` of the paragraph; what is absent is text."""
    marked = _by_bookmark(pages, bookmarks)
    everything = [paragraph for number in sorted(pages) for paragraph in pages[number]]
    body, bold = body_style(everything)
    possible = [p for p in everything if id(p) not in marked and _may_be_heading(p, body)]
    lines = [p for p in possible if len(p.lines) == 1 and columns(p.text) <= _LONGEST_LINE]
    numbered = {id(lines[i]) for i in counted([p.text for p in lines])}
    numbered |= {id(p) for p, below in pairwise(everything) if _titles_clause(p, below)} & set(map(id, lines))
    styles = {
        id(p): _Style(round(p.size * 2) / 2, numbering(_text(p)))
        for p in possible
        if id(p) in numbered or _stands_out(p, body, bold)
    }
    sizes = {id(p): p.size for p in everything if id(p) in marked}
    return {**_ranked(styles, [(marked[key], size) for key, size in sizes.items()]), **marked}


def _titles_clause(paragraph: Paragraph, below: Paragraph) -> bool:
    """Whether a line such as （一）适用范围 stands above a text of its own, and is no item of a list."""
    short = numbering(paragraph.text) == CLAUSE and columns(paragraph.text) <= _LONGEST_CLAUSE
    return short and _is_plain(below) and numbering(below.text) == NONE and columns(below.text) > 2 * _LONGEST_CLAUSE


def _by_bookmark(pages: Mapping[int, Sequence[Paragraph]], bookmarks: Sequence[Bookmark]) -> dict[int, int]:
    found: dict[int, int] = {}
    for mark in bookmarks:
        titles = [squeeze(mark.title)]
        for paragraph in pages.get(mark.page, ()):
            if id(paragraph) not in found and _is_plain(paragraph) and titled(paragraph.text, titles):
                found[id(paragraph)] = min(6, max(1, mark.level))
                break
    return found


def body_style(everything: Sequence[Paragraph]) -> tuple[float, bool]:
    """The size most characters are set in, and whether most of them are bold."""
    sizes: Counter[float] = Counter()
    weights: Counter[bool] = Counter()
    for paragraph in everything:
        for line in paragraph.lines:
            if line.table is None:
                sizes[line.size] += len(line.text)
                weights[line.bold] += len(line.text)
    if not sizes:
        return 0.0, False
    return sizes.most_common(1)[0][0], weights.most_common(1)[0][0]


def _text(paragraph: Paragraph) -> str:
    return " ".join(line.text for line in paragraph.lines)


def _is_plain(paragraph: Paragraph) -> bool:
    return paragraph.kind == "text" and not any(line.table or line.aside for line in paragraph.lines)


def _may_be_heading(paragraph: Paragraph, body: float) -> bool:
    """Whether nothing speaks against a paragraph as a heading."""
    text = _text(paragraph)
    return (
        _is_plain(paragraph)
        and len(paragraph.lines) <= 3
        and columns(text) <= _LONGEST
        and paragraph.size >= 0.95 * body
        and columns("".join(filter(str.isalpha, text))) >= 3
        and text[0] not in _BULLETS
        and not text.endswith(_LOOSE_END)
        and not _LEADERS.search(text)
        and (paragraph.size >= _LARGE * body or not _NUMBER_LAST.search(text))
    )


def _stands_out(paragraph: Paragraph, body: float, bold: bool) -> bool:
    """Whether a paragraph looks like a heading, or begins as only headings do."""
    if paragraph.size >= _LARGE * body:
        return True
    if len(paragraph.lines) > 1:
        return False
    width = columns(paragraph.text)
    return (paragraph.bold and not bold and width <= _LONGEST_LINE) or (
        is_sure(numbering(paragraph.text)) and width <= 60
    )


def _ranked(styles: Mapping[int, _Style], marked: Sequence[tuple[int, float]]) -> dict[int, int]:
    """Levels of headings that no bookmark names: beside bookmarked ones, those of the same size or the next smaller."""
    ranks = _ranks(set(styles.values()))
    below = max((level for level, _ in marked), default=0)
    found: dict[int, int] = {}
    for key, style in styles.items():
        alike = [level for level, size in marked if size <= style.size + 0.3]
        found[key] = min(alike) if alike and style.size > 0 else min(6, below + ranks[style])
    return found


def _ranks(styles: set[_Style]) -> dict[_Style, int]:
    """Bigger is higher; within a size, the numbering decides, and no numbering goes with the highest."""
    ranks: dict[_Style, int] = {}
    level = 0
    for size in sorted({style.size for style in styles}, reverse=True):
        numberings = sorted({style.numbering for style in styles if style.size == size} - {NONE}) or [NONE]
        for step, kind in enumerate(numberings, 1):
            ranks[_Style(size, kind)] = min(6, level + step)
        ranks.setdefault(_Style(size, NONE), min(6, level + 1))
        level += len(numberings)
    return ranks
