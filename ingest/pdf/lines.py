"""From the runs of a region to its lines, as they are set on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingest.document import Table
from ingest.pdf.frame import Rect, union
from ingest.pdf.runs import Run
from ingest.script import columns, needs_space, wide

_OVERLAP = 0.55
_INITIAL = 1.8
_LETTER_GAP = 5.0
# Chinese is stretched to fill a line by less than this; a number and its title stand farther apart.
_APART = 0.6
_PARTED, _SHORT = 2.5, 48


@dataclass(frozen=True)
class Set:
    """A line as set on the page; a table is one of these too, with its `table`. `aside`: a running head.

    `confidence` is that of OCR, where OCR read most of it. `mono`: in a typewriter's letters. `parted`: a wide
    gap parts it, as between a label and its value.
    """

    text: str
    rect: Rect
    size: float
    bold: bool
    table: Table | None = None
    aside: bool = False
    confidence: float | None = None
    mono: bool = False
    parted: bool = False


def set_lines(region: Sequence[Run]) -> list[Set]:
    """The runs of a region as lines from top to bottom; a superscript belongs to its line."""
    usual = median([run.size for run in region if run.table is None] or [0.0])
    rows: list[list[Run]] = []
    for run in sorted(region, key=lambda run: _height(run, usual)):
        if rows and _mixable(rows[-1][0], run) and _same_line(rows[-1], run, usual):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [_set(sorted(row, key=lambda r: r.rect[0]), usual) for row in rows]


def _height(run: Run, usual: float) -> float:
    """Where a run's line is: for an initial that is as high as several lines, the first of them."""
    return run.rect[1] + 0.6 * usual if _is_initial(run, usual) else run.middle


def _is_initial(run: Run, usual: float) -> bool:
    return len(run.text) == 1 and run.text.isalpha() and run.size > _INITIAL * usual


def _mixable(a: Run, b: Run) -> bool:
    return a.table is None and b.table is None and a.aside == b.aside


def _same_line(row: Sequence[Run], run: Run, usual: float) -> bool:
    """Whether a run overlaps the biggest run of a row by most of the smaller one's height."""
    base = max(row, key=lambda r: r.size)
    if (_is_initial(base, usual) or _is_initial(run, usual)) and len(row) > 1:
        return False
    overlap = min(base.rect[3], run.rect[3]) - max(base.rect[1], run.rect[1])
    smaller = min(base.rect[3] - base.rect[1], run.rect[3] - run.rect[1])
    return overlap > _OVERLAP * smaller


def _set(row: Sequence[Run], usual: float) -> Set:
    text = row[0].text
    for left, right in pairwise(row):
        text += (" " if _apart(left, right, text, usual) else "") + right.text
    spaced_out = len(row) > 1 and _is_spaced_out(row)
    if spaced_out:
        text = text.replace(" ", "")
    longest = max(row, key=lambda r: len(r.text))
    return replace(
        _single(longest),
        # The hyphen of a broken word has a code of its own in some fonts.
        text=text[:-1] + "-" if text.endswith("\u2010") else text,
        rect=union([r.rect for r in row]),
        # Small capitals: the first letters tell the size.
        size=max(r.size for r in row) if text.isupper() else longest.size,
        bold=all(r.bold for r in row),
        confidence=mean_confidence([(r.confidence, max(1, len(r.text))) for r in row]),  # a table has no text here
        mono=all(r.mono for r in row),
        parted=not spaced_out
        and columns(text) <= _SHORT
        and any(right.rect[0] - left.rect[2] > _PARTED * left.size for left, right in pairwise(row)),
    )


def _single(run: Run) -> Set:
    return Set(run.text, run.rect, run.size, run.bold, run.table, run.aside, run.confidence, run.mono)


def _apart(left: Run, right: Run, text: str, usual: float) -> bool:
    gap = right.rect[0] - left.rect[2]
    if _is_initial(left, usual) and right.text[0].islower():
        return False
    return gap > _APART * left.size or (gap > 0.1 * left.size and needs_space(text[-1], right.text[0]))


def _is_spaced_out(row: Sequence[Run]) -> bool:
    """Whether a line is a word of Chinese whose characters are set far apart, and evenly."""
    if any(len(run.text) > 1 or not wide(run.text) for run in row):
        return False
    gaps = [b.rect[0] - a.rect[2] for a, b in pairwise(row)]
    return max(gaps) < min(_LETTER_GAP * row[0].size, 1.5 * min(gaps) + 1)


def mean_confidence(parts: Sequence[tuple[float | None, int]]) -> float | None:
    """The mean confidence of OCR over parts of so many characters; None unless OCR read most of them."""
    read = [(sure, length) for sure, length in parts if sure is not None]
    length = sum(n for _, n in read)
    return sum(sure * n for sure, n in read) / length if 2 * length > sum(n for _, n in parts) else None
