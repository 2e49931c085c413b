"""Undoes what programs do to text when they write it: characters apart, printed twice, or without accents.

What a place on the line alone tells is written too: figures that are raised or lowered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from unicodedata import normalize

from ingest.pdf.frame import Frame, union
from ingest.pdf.glyphs import Frames, Glyph
from ingest.raised import lowered, raised
from ingest.script import needs_space

_CELL = 1.5
_STRETCH = 4
_WORD_GAP = 0.15
_STACKED = 0.5
# Accents as characters of their own, as TeX sets them, and the marks that combine with letters.
_ACCENTS = dict(
    zip("´`¨ˆ˜ˇ˘˙˚¯˝¸", "\u0301\u0300\u0308\u0302\u0303\u030c\u0306\u0307\u030a\u0304\u030b\u0327", strict=True)
)
_LETTERS = {"ı": "i", "ȷ": "j"}
_SMALL, _RAISED, _LOWERED = 0.88, 0.2, 0.1
_DESCENT, _SHARE = 0.22, 0.15
_Ink = dict[tuple[str, int, int], tuple[float, float]]


def stood(frames: Frames) -> Frames:
    """The frames with characters that only stand one below the other as what they are: vertical text."""
    lines = frames.get(Frame(), [])
    single = [line for line in lines if len(line) == 1]
    below = sum(_stands_below(a[0], b[0]) for a, b in pairwise(single))
    if not below or below < _STACKED * len(lines):
        return frames
    down = Frame(0, 1)
    turned = [[line[0]._replace(rect=down.rect(line[0].rect))] for line in single]
    rest = [line for line in lines if len(line) > 1]
    return {**frames, down: turned + frames.get(down, []), Frame(): rest}


def _stands_below(above: Glyph, glyph: Glyph) -> bool:
    (x, y), (left, top) = glyph.middle, above.middle
    return abs(x - left) < 0.3 * glyph.size and 0 < y - top < 1.6 * glyph.size


def whole(lines: Sequence[list[Glyph]]) -> list[list[Glyph]]:
    """Lines of which programs that place every character by itself left only pieces are put together."""
    found: list[list[Glyph]] = []
    for line in lines:
        gap = _follows(found[-1][-1], line[0]) if found else None
        if gap is None:
            found.append(line)
            continue
        last = found[-1][-1]
        if gap > _WORD_GAP * last.size and needs_space(last.text, line[0].text):
            found[-1].append(last._replace(text=" "))
        found[-1] += line
    return found


def _follows(last: Glyph, glyph: Glyph) -> float | None:
    """The gap to a glyph that stands right after another one on the same line."""
    gap, size = glyph.rect[0] - last.rect[2], last.size
    level = abs(glyph.rect[3] - last.rect[3]) < 0.1 * size and glyph.size == size
    return gap if level and -0.2 * size < gap < 0.5 * size else None


def once(lines: list[list[Glyph]]) -> list[list[Glyph]]:
    """The lines without what is printed twice at the same place: some programs embolden text so."""
    if not _overlaps(lines):
        return lines
    ink: _Ink = {}
    once = [_new(line, ink) for line in lines]
    return [line for line in once if any(not glyph.text.isspace() for glyph in line)]


def _overlaps(lines: Sequence[Sequence[Glyph]]) -> bool:
    """Whether a line lies over another one: nearly all pages have none."""
    rects = sorted((union([line[0].rect, line[-1].rect]), line[0].size) for line in lines)
    rects.sort(key=lambda pair: pair[0][1])
    for i, ((x0, top, x1, _), size) in enumerate(rects):
        for (left, other, right, _), _ in rects[i + 1 :]:
            if other - top > 0.3 * size:
                break
            if left < x1 - 0.2 * size and right > x0 + 0.2 * size:
                return True
    return False


def _new(glyphs: list[Glyph], ink: _Ink) -> list[Glyph]:
    """A line without the stretches that were printed before at the same place.

    A single character may well meet its like where two texts lie over each other; it stays.
    """
    kept: list[Glyph] = []
    again: list[Glyph] = []
    for glyph in glyphs:
        if glyph.text.isspace():
            (again or kept).append(glyph)
        elif _printed(glyph, ink):
            again.append(glyph)
        else:
            kept += again if len(again) < _STRETCH else []
            again = []
            kept.append(glyph)
    whole = all(glyph.text.isspace() for glyph in kept)
    return kept if whole or len(again) >= _STRETCH else kept + again


def _printed(glyph: Glyph, ink: _Ink) -> bool:
    """Whether the same character was already printed here."""
    x, y = glyph.middle
    cell = int(x / _CELL), int(y / _CELL)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            at = ink.get((glyph.text, cell[0] + dx, cell[1] + dy))
            if at is not None and max(abs(at[0] - x), abs(at[1] - y)) < 0.1 * glyph.size:
                return True
    ink[glyph.text, *cell] = (x, y)
    return False


def accented(glyphs: list[Glyph]) -> list[Glyph]:
    """A line in which accents that are printed over a letter are part of it."""
    if not any(glyph[0] in _ACCENTS for glyph in glyphs):
        return glyphs
    found: list[Glyph] = []
    for glyph in glyphs:
        accent = found[-1] if found and found[-1].text in _ACCENTS else None
        letter = _LETTERS.get(glyph.text, glyph.text)
        whole = normalize("NFC", letter + _ACCENTS[accent.text]) if accent else ""
        if accent and len(whole) == 1 and glyph.rect[0] <= accent.middle[0] <= glyph.rect[2]:
            found[-1] = glyph._replace(text=whole)
        else:
            found.append(glyph)
    return found


def powers(glyphs: list[Glyph]) -> list[Glyph]:
    """A line in which small figures above or below its baseline are written as such: 10⁸, m², H₂O."""
    if len({glyph[2] for glyph in glyphs}) < 2:
        return glyphs
    sizes = Counter(glyph[2] for glyph in glyphs)
    size = max(each for each, count in sizes.items() if count >= _SHARE * len(glyphs))
    base = next(_baseline(glyph) for glyph in glyphs if glyph.size == size)
    found: list[Glyph] = []
    for side, group in groupby(glyphs, lambda glyph: _side(glyph, size, base)):
        several = list(group)
        text = "".join(glyph.text for glyph in several)
        if side and found:
            before = "".join(glyph.text for glyph in found[-2:])
            text = raised(text, before) if side > 0 else lowered(text)
        found += _rewritten(several, text)
    return found


def _side(glyph: Glyph, size: float, base: float) -> int:
    """1 for a raised, -1 for a lowered glyph, else 0."""
    if glyph.size > _SMALL * size or glyph.text.isspace():
        return 0
    height = base - _baseline(glyph)
    return (height > _RAISED * size) - (height < -_LOWERED * size)


def _baseline(glyph: Glyph) -> float:
    return glyph.rect[3] - _DESCENT * glyph.size


def _rewritten(glyphs: list[Glyph], text: str) -> list[Glyph]:
    """Glyphs with another text; signs around it go with the outermost of them."""
    inner = "".join(glyph.text for glyph in glyphs)
    if text == inner:
        return glyphs
    if len(text) == len(inner) == len(glyphs):
        return [glyph._replace(text=char) for glyph, char in zip(glyphs, text, strict=True)]
    start = text.find(inner)
    if start < 0:
        return glyphs
    first, last = glyphs[0], glyphs[-1]
    if len(glyphs) == 1:
        return [first._replace(text=text)]
    ends = first._replace(text=text[:start] + first.text), last._replace(text=last.text + text[start + len(inner) :])
    return [ends[0], *glyphs[1:-1], ends[1]]
