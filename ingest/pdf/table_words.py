"""The words of a table and the texts that they form: what the places of cells are told from."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.pdf.frame import Rect, union
from ingest.pdf.glyphs import Glyph
from ingest.script import wide

_INK = 0.3
_REACH = 6.0
_SLACK = 3.0


@dataclass(frozen=True)
class Word:
    """Glyphs that belong together, with the spaces after them. `line` is the number of the line they stand on."""

    glyphs: tuple[Glyph, ...]
    rect: Rect
    line: int = 0

    @property
    def size(self) -> float:
        return self.glyphs[0].size

    @cached_property
    def middle(self) -> tuple[float, float]:
        return (self.rect[0] + self.rect[2]) / 2, (self.rect[1] + self.rect[3]) / 2

    @cached_property
    def ink(self) -> tuple[float, float]:
        """From where to where it is surely printed; its box is that of the font, and higher."""
        return self.middle[1] - _INK * self.size, self.middle[1] + _INK * self.size

    @cached_property
    def text(self) -> str:
        return "".join(glyph.text for glyph in self.glyphs).rstrip()

    @property
    def numeric(self) -> bool:
        """Whether it is a figure rather than a word."""
        return figure(self.text)

    @property
    def mono(self) -> bool:
        """Whether all of it is set in a typewriter's letters."""
        return all(glyph.mono for glyph in self.glyphs if not glyph.text.isspace())


def figure(text: str) -> bool:
    """Whether a text is a number, perhaps with a unit or a mark."""
    return 2 * sum(map(str.isalpha, text)) < sum(map(str.isdigit, text))


def words_of(lines: Sequence[Sequence[Glyph]]) -> list[Word]:
    """The words of a page, numbered by the line on which they stand, from left to right."""
    words = [word for line in lines for word in _words(line)]
    found: list[Word] = []
    number, base = 0, float("-inf")
    for word in sorted(words, key=lambda w: w.middle[1]):
        if word.middle[1] - base > 0.4 * word.size:
            number, base = number + 1, word.middle[1]
        found.append(Word(word.glyphs, word.rect, number))
    return sorted(found, key=lambda w: (w.line, w.rect[0]))


def _words(line: Sequence[Glyph]) -> list[Word]:
    words: list[list[Glyph]] = []
    last: Glyph | None = None
    for glyph in line:
        if not glyph[0].isspace():
            if last is None or not -glyph[2] < glyph[1][0] - last[1][2] < 0.25 * glyph[2]:
                words.append([])
            words[-1].append(glyph)
            last = glyph
        elif words:
            words[-1].append(glyph)
            last = None
    return [Word(tuple(word), union([g[1] for g in word if not g[0].isspace()])) for word in words]


def by_line(words: Sequence[Word]) -> list[list[Word]]:
    """Words by the line that they stand on, from top to bottom."""
    lines: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        lines[word.line].append(word)
    return [lines[number] for number in sorted(lines)]


def within(rect: Rect, words: Sequence[Word]) -> list[Word]:
    """The words of the lines that reach into a rectangle, as far as they stand between its sides."""
    lines = {word.line for word in words if holds(rect, word.middle)}
    return [w for w in words if w.line in lines and rect[0] - _SLACK <= w.middle[0] <= rect[2] + _SLACK]


def clear(cuts: Sequence[float], spans: Sequence[tuple[float, float]]) -> list[float]:
    """Cuts moved a little to where they cross the fewest words, and no two of them between the same words."""
    moved: list[float] = []
    for cut in sorted(cuts):
        near = [cut, *(edge + sign for span in spans for edge, sign in zip(span, (-0.1, 0.1), strict=True))]
        near = [x for x in near if abs(x - cut) <= _REACH]
        best = min(near, key=lambda x: (sum(a < x < b for a, b in spans), abs(x - cut)))
        if not moved or any(moved[-1] < (a + b) / 2 < best for a, b in spans):
            moved.append(best)
    return moved


def pieces(line: Sequence[Word], down: Sequence[float]) -> list[Word]:
    """Words of a line joined to the texts of cells: across a cut only where it falls into a phrase."""
    found: list[list[Word]] = []
    for word in line:
        if found and _one_text(found[-1][-1], word, down):
            found[-1].append(word)
        else:
            found.append([word])
    return [joined(piece) for piece in found]


def joined(words: Sequence[Word]) -> Word:
    """Several words as one."""
    return Word(tuple(g for w in words for g in w.glyphs), union([w.rect for w in words]), words[0].line)


def _one_text(left: Word, right: Word, down: Sequence[float]) -> bool:
    if bisect(down, left.middle[0]) == bisect(down, right.middle[0]):
        return True
    if wide(left.text[-1]) and wide(right.text[0]):
        return False  # Chinese has no spaces inside a phrase
    return right.rect[0] - left.rect[2] < _space(left, right) and not (left.numeric and right.numeric)


def _space(left: Word, right: Word) -> float:
    """What is not yet wider than a space between words; that of a typewriter is wide."""
    widths = [g.rect[2] - g.rect[0] for word in (left, right) for g in word.glyphs if not g.text.isspace()]
    even = len(widths) > 2 and max(widths) - min(widths) < 0.05 * left.size
    return max(0.4 * right.size, 1.1 * widths[0] if even else 0.0)


def cut_between(upper: Sequence[Word], lower: Sequence[Word]) -> float:
    """The height half-way between the print of two lines."""
    return (max(word.ink[1] for word in upper) + min(word.ink[0] for word in lower)) / 2


def holds(rect: Rect, point: tuple[float, float]) -> bool:
    """Whether a point lies in a rectangle."""
    return rect[0] <= point[0] <= rect[2] and rect[1] <= point[1] <= rect[3]
