"""Which paragraphs are headings, and of which level: bookmarks, numbering, size and weight."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.pdf.paragraphs import Paragraph, squeeze, titled

_CN = r"[一二三四五六七八九十百零〇\d]{1,6}"
_NUMBERINGS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^第\s*{_CN}\s*[编編篇部卷]",
        rf"^第\s*{_CN}\s*章",
        rf"^第\s*{_CN}\s*[节節]",
        r"^[一二三四五六七八九十]{1,3}、",
        r"^[(（][一二三四五六七八九十]{1,3}[)）]",
        r"^(?:Chapter\s+)?\d{1,2}[.．]?\s+\D",
        r"^\d{1,2}\.\d{1,2}[.．]?\s*[^\d\s.%％,，]",
        r"^\d{1,2}(?:\.\d{1,2}){2,4}[.．]?\s*[^\d\s.%％]",
    )
)
# Numbering alone makes a heading only where running text rarely starts so.
_SURE = 3
_LONGEST = 60
_LOOSE_END = tuple("。；;，,、：:")
_LEADERS = re.compile(r"[.．…·\s]{4,}\d*$|\s\d{1,4}$")


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
    styles = {
        id(paragraph): style
        for paragraph in everything
        if id(paragraph) not in marked and (style := _style(paragraph, body, bold)) is not None
    }
    below = max(marked.values(), default=0)
    ranks = _ranks(set(styles.values()))
    return {**{key: min(6, below + ranks[style]) for key, style in styles.items()}, **marked}


def _by_bookmark(pages: Mapping[int, Sequence[Paragraph]], bookmarks: Sequence[Bookmark]) -> dict[int, int]:
    found: dict[int, int] = {}
    for mark in bookmarks:
        titles = [squeeze(mark.title)]
        for paragraph in pages.get(mark.page, ()):
            if id(paragraph) not in found and paragraph.kind != "footnote" and titled(paragraph.text, titles):
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


def _style(paragraph: Paragraph, body: float, bold: bool) -> _Style | None:
    """How a paragraph stands out as a heading, or None."""
    text = " ".join(line.text for line in paragraph.lines)
    if paragraph.kind != "text" or len(paragraph.lines) > 3 or len(text) > _LONGEST:
        return None
    if any(line.table or line.aside for line in paragraph.lines):
        return None
    if sum(char.isalpha() for char in text) < 2 or text.endswith(_LOOSE_END) or _LEADERS.search(text):
        return None
    numbering = next((i for i, pattern in enumerate(_NUMBERINGS) if pattern.match(text)), -1)
    size = round(paragraph.size * 2) / 2
    if paragraph.size >= 1.15 * body:
        return _Style(size, numbering)
    if paragraph.size < 0.95 * body:
        return None
    heavy = paragraph.bold and not bold and len(paragraph.lines) == 1 and len(text) <= 40
    sure = 0 <= numbering <= _SURE and len(text) <= 30 and len(paragraph.lines) == 1
    return _Style(size, numbering) if heavy or sure else None


def _ranks(styles: set[_Style]) -> dict[_Style, int]:
    """Bigger is higher; within a size, the numbering decides, and no numbering goes with the highest."""
    ranks: dict[_Style, int] = {}
    level = 0
    for size in sorted({style.size for style in styles}, reverse=True):
        numberings = sorted({style.numbering for style in styles if style.size == size} - {-1}) or [-1]
        for step, numbering in enumerate(numberings, 1):
            ranks[_Style(size, numbering)] = min(6, level + step)
        ranks.setdefault(_Style(size, -1), min(6, level + 1))
        level += len(numberings)
    return ranks
