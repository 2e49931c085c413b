"""Runs: stretches of a line without a wide gap, and the spaces that are meant in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.document import Table
from ingest.pdf.frame import Rect
from ingest.pdf.glyphs import Glyph
from ingest.script import wide

_GAP = 1.5
_THIN = 0.2
_WIDER = 1.6
_MOST = 0.9
# A space after every letter that takes no room: the words are told by the gaps that can be seen.
_LETTERS, _SHUT = 6, 0.1
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
_SPACED_WIDE = re.compile(rf"[{_WIDE}]\s+[{_WIDE}]")
_SPACED_LETTERS = re.compile(r"(?:[^\W\d_] +){3,}[^\W\d_]")


@dataclass(frozen=True)
class Run:
    """Glyphs that stand on one line without a wide gap. `table` is one instead.

    `aside` marks a running head. `confidence` is that of OCR, where OCR read most of it. `mono`
    says that it is set in a typewriter's letters.
    """

    text: str
    rect: Rect
    size: float
    bold: bool
    table: Table | None = None
    aside: bool = False
    confidence: float | None = None
    mono: bool = False

    @property
    def middle(self) -> float:
        return (self.rect[1] + self.rect[3]) / 2


def runs(lines: Iterable[Sequence[Glyph]]) -> list[Run]:
    """Cut lines where a gap is too wide to be a space between words."""
    return [run for line in lines for piece in _pieces(line) if (run := _run(piece)) is not None]


def _pieces(line: Sequence[Glyph]) -> list[list[Glyph]]:
    pieces: list[list[Glyph]] = [[]]
    last: Glyph | None = None
    for glyph in line:
        if not glyph[0].isspace():
            # The first comparison is cheap, and nearly always enough.
            if last is not None:
                gap = glyph[1][0] - last[1][2]
                if gap > _GAP * glyph[2] and gap > _GAP * last[2]:
                    pieces.append([])
            last = glyph
        pieces[-1].append(glyph)
    return pieces


def _run(glyphs: Sequence[Glyph]) -> Run | None:
    inked = [glyph for glyph in glyphs if not glyph[0].isspace()]
    if not inked:
        return None
    weight: dict[tuple[float, bool, bool], int] = {}
    for _, _, size, bold, _, mono in inked:
        weight[size, bold, mono] = weight.get((size, bold, mono), 0) + 1
    size, bold, _ = max(weight, key=lambda key: weight[key])
    mono = sum(count for (_, _, typed), count in weight.items() if typed) >= _MOST * len(inked)
    text = _text(glyphs, inked)
    if len(weight) > 1 and text.isupper():
        # Small capitals: the first letters tell the size.
        size = max(glyph.size for glyph in inked)
    left, top, right, bottom = zip(*(glyph[1] for glyph in inked), strict=True)
    rect = min(left), min(top), max(right), max(bottom)
    return Run(text, rect, size, bold, None, False, confidence(inked), mono)


def confidence(glyphs: Sequence[Glyph]) -> float | None:
    """The mean over characters that OCR read; None unless those are most."""
    sure = [glyph.confidence for glyph in glyphs if glyph.confidence is not None]
    return sum(sure) / len(sure) if 2 * len(sure) > len(glyphs) else None


def _text(glyphs: Sequence[Glyph], inked: Sequence[Glyph]) -> str:
    text = " ".join("".join([glyph[0] for glyph in glyphs]).split())
    if " " not in text:
        return text
    if not text.isascii() and _SPACED_WIDE.search(text):
        return _set_wide(inked, _spaced(glyphs))
    if _SPACED_LETTERS.fullmatch(text):
        gaps = [b.rect[0] - a.rect[2] for a, b in pairwise(inked)]
        return _joined(inked, [gap > _WIDER * max(median(gaps), 0.0) for gap in gaps])
    if _is_lettered(text):
        gaps = [b.rect[0] - a.rect[2] for a, b in pairwise(inked)]
        if median(gaps) < _SHUT * inked[0].size:
            return _joined(inked, [gap > _THIN * inked[0].size for gap in gaps])
    return text


def _is_lettered(text: str) -> bool:
    """Whether nearly all words of a text are single letters, or marks."""
    words = text.split()
    return len(words) >= _LETTERS and sum(len(word) == 1 for word in words) >= 0.8 * len(words)


def _spaced(glyphs: Sequence[Glyph]) -> list[bool]:
    """For each inked glyph but the last, whether a space follows it."""
    found: list[bool] = []
    for glyph in glyphs:
        if not glyph.text.isspace():
            found.append(False)
        elif found:
            found[-1] = True
    return found[:-1]


def _set_wide(inked: Sequence[Glyph], spaced: Sequence[bool]) -> str:
    """Chinese with spaces in it: those that merely stretch a line, or stand between all characters, go."""
    gaps = [b.rect[0] - a.rect[2] for a, b in pairwise(inked)]
    both = [wide(a.text) and wide(b.text) for a, b in pairwise(inked)]
    apart = [gap for gap, space, between in zip(gaps, spaced, both, strict=True) if space and between]
    letters = len(apart) >= 0.8 * sum(both) and (len(apart) >= 3 or len(apart) == len(gaps))
    least = max(_THIN * inked[0].size, _WIDER * median(apart) if letters else 0.0)
    kept = [space and not (between and gap <= least) for gap, space, between in zip(gaps, spaced, both, strict=True)]
    return _joined(inked, kept)


def _joined(inked: Sequence[Glyph], spaced: Sequence[bool]) -> str:
    return "".join(glyph.text + (" " if space else "") for glyph, space in zip(inked, [*spaced, False], strict=True))
