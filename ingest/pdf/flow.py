"""Paragraphs that go on in the next column or on the next page are put together again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.labels import labelled
from ingest.pdf.paragraphs import ITEM, LEADERS, Paragraph, ends_sentence

_BETWEEN = ("footnote", "caption", "table", "figure")
_INDENT = 0.7
# How far in a line may begin that fills its column: by the indent of a first line.
_FIRST = 3.0
_HABIT = 0.6
_LONG = 14.0
_FEWEST = 5
_CLOSED = re.compile(r"[。！？!?.…：:；;][”」』）)\]\d]*$")


@dataclass(frozen=True)
class Placed:
    """A paragraph and its page. `level` is that of a heading, else 0."""

    page: int
    paragraph: Paragraph
    level: int = 0

    @property
    def is_text(self) -> bool:
        return self.paragraph.kind == "text" and not self.level and self.paragraph.lines[0].table is None

    @property
    def stands_between(self) -> bool:
        """Whether it may stand between two parts of a paragraph."""
        first = self.paragraph.lines[0]
        return self.paragraph.kind in _BETWEEN or first.table is not None or first.aside


def flow(entries: Sequence[Placed]) -> Iterator[Placed]:
    """The entries in reading order; the rest of a paragraph comes right after its beginning."""
    indents = _indents(entries)
    waiting = list(entries)
    at = 0
    while at < len(waiting):
        yield waiting[at]
        following = _rest(waiting, at, indents=indents)
        if following is not None:
            rest = waiting.pop(following)
            waiting.insert(at + 1, replace(rest, paragraph=replace(rest.paragraph, continues=True)))
        at += 1


def _rest(entries: Sequence[Placed], at: int, *, indents: bool) -> int | None:
    """Where the rest of a paragraph is, if it has one."""
    begun = entries[at]
    if not begun.is_text or begun.paragraph.lines[0].aside:
        return None
    for i in range(at + 1, len(entries)):
        entry = entries[i]
        if entry.page > begun.page + 1:
            return None
        if entry.is_text and not entry.paragraph.lines[0].aside:
            apart = i > at + 1 or entry.page != begun.page or _in_next_column(begun.paragraph, entry.paragraph)
            return i if apart and _goes_on(begun.paragraph, entry.paragraph, indents=indents) else None
        if not entry.stands_between:
            return None
    return None


def _in_next_column(above: Paragraph, below: Paragraph) -> bool:
    return above.frame == below.frame and below.lines[0].rect[1] < above.lines[-1].rect[1]


def _goes_on(begun: Paragraph, rest: Paragraph, *, indents: bool) -> bool:
    """Whether the second text is the end of the first one's last sentence, or of its paragraph."""
    last, first = begun.lines[-1], rest.lines[0]
    if begun.frame != rest.frame or abs(last.size - first.size) > 0.06 * last.size or last.bold != first.bold:
        return False
    if ITEM.match(first.text) or labelled(first.text) or LEADERS.search(last.text) or LEADERS.search(first.text):
        return False
    full = last.rect[2] > begun.right - 2.5 * last.size and last.rect[0] < begun.left + _FIRST * last.size
    indented = first.rect[0] > rest.left + _INDENT * first.size
    if last.text.endswith("-") and first.text[0].islower():
        return True
    if first.text[0].islower() and not _CLOSED.search(last.text):
        return True
    long = last.rect[2] - last.rect[0] >= _LONG * last.size or len(begun.lines) > 2
    if not full or indented or not long:
        return False
    return not ends_sentence(last.text) or (indents and len(begun.lines) > 1 and len(rest.lines) > 1)


def _indents(entries: Sequence[Placed]) -> bool:
    """Whether the document indents the first lines of its paragraphs."""
    several = [e.paragraph for e in entries if e.is_text and len(e.paragraph.lines) > 2]
    indented = sum(p.lines[0].rect[0] > p.lines[1].rect[0] + _INDENT * p.size for p in several)
    return len(several) >= _FEWEST and indented > _HABIT * len(several)
