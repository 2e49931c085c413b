"""Pages drawn line by line: every line's true place is known because it was put there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pymupdf

Box = tuple[float, float, float, float]

# Droid Sans Fallback and the Nimbus faces come inside MuPDF: no font has to be installed.
HAN, SERIF, BOLD = "cjk", "tiro", "tibo"
_NO_START = "，。、；：！？）》”"
_MAY_BREAK = "~"


@dataclass(frozen=True)
class Place:
    """A line of text, its page, counted from 1, and its box from the top left of the page before it is turned."""

    text: str
    page: int
    box: Box


@dataclass(frozen=True)
class Made:
    """A file, and where its lines stand if it has pages."""

    data: bytes
    places: Sequence[Place] = ()


@cache
def font(name: str) -> Any:
    return pymupdf.Font(name)


class Paper:
    """A PDF in the making: lines are put at a left edge and a baseline."""

    def __init__(self, width: float = 420, height: float = 595) -> None:
        self.document = pymupdf.open()
        self.width, self.height = width, height
        self.places: list[Place] = []
        self.page: Any = None
        self._writers: dict[tuple[int, float, int], Any] = {}

    def new_page(self) -> Paper:
        self.page = self.document.new_page(width=self.width, height=self.height)
        return self

    def line(
        self, x: float, baseline: float, text: str, size: float = 11, face: str = HAN, *, grey: float = 0, mode: int = 0
    ) -> float:
        """Set a line; returns where it ends. `mode` 3 is invisible."""
        end = self._write(x, baseline, text, size, face, grey, mode)
        x += width(text[: len(text) - len(text.lstrip())], size, face)
        text = text.strip()
        self.places.append(Place(text, self.page.number + 1, _box(x, end, baseline, size)))
        return end

    def lines(
        self, x: float, baseline: float, texts: Iterable[str], size: float = 11, face: str = HAN, leading: float = 0
    ) -> float:
        """Set lines one below the other; returns the baseline of the line that would come next."""
        for text in texts:
            self.line(x, baseline, text, size, face)
            baseline += leading or 1.6 * size
        return baseline

    def centred(self, baseline: float, text: str, size: float, face: str = HAN) -> None:
        self.line((self.width - width(text, size, face)) / 2, baseline, text, size, face)

    def upright(self, x: float, top: float, text: str, size: float = 12) -> None:
        """Set characters one below the other; `x` is the left edge of the column."""
        for i, char in enumerate(text):
            self._write(x, top + (i + 0.88) * size, char, size, HAN)
        self.places.append(Place(text, self.page.number + 1, (x, top, x + size, top + len(text) * size)))

    def apart(self, x: float, baseline: float, text: str, size: float = 11, face: str = SERIF) -> None:
        """Set letters where they belong, and write a space into the file after every one."""
        end = x
        for char in text:
            if char != " ":
                self._write(end, baseline, char + " ", size, face)
            end += width(char, size, face)
        self.places.append(Place(text, self.page.number + 1, _box(x, end, baseline, size)))

    def across(self, text: str, size: float, grey: float) -> None:
        """Set a watermark from the lower left to the upper right."""
        middle = pymupdf.Point(self.width / 2, self.height / 2)
        writer = pymupdf.TextWriter(self.page.rect, color=(grey,) * 3)
        writer.append(middle - (width(text, size, HAN) / 2, -size / 3), text, font=font(HAN), fontsize=size)
        writer.write_text(self.page, morph=(middle, pymupdf.Matrix(40)))

    def rule(self, x0: float, y0: float, x1: float, y1: float, thick: float = 0.7) -> None:
        self.page.draw_line((x0, y0), (x1, y1), width=thick)

    def finish(self) -> Any:
        """The document with everything on its pages, and with no more of its fonts than it uses."""
        for (number, _, mode), writer in self._writers.items():
            writer.write_text(self.document[number], render_mode=mode)
        self._writers = {}
        self.document.subset_fonts()
        return self.document

    def made(self, **options: Any) -> Made:
        """The file, the same each time."""
        return Made(self.finish().tobytes(garbage=4, deflate=True, no_new_id=True, **options), self.places)

    def _write(
        self, x: float, baseline: float, text: str, size: float, face: str, grey: float = 0, mode: int = 0
    ) -> float:
        key = (self.page.number, grey, mode)
        if key not in self._writers:
            self._writers[key] = pymupdf.TextWriter(self.page.rect, color=(grey,) * 3)
        _, end = self._writers[key].append((x, baseline), text, font=font(face), fontsize=size)
        return float(end.x)


def width(text: str, size: float, face: str = HAN) -> float:
    return font(face).text_length(text, fontsize=size)


def _box(x: float, end: float, baseline: float, size: float) -> Box:
    return (x, baseline - 0.88 * size, end, baseline + 0.12 * size)


def wrap_han(text: str, columns: int) -> list[str]:
    """Lines of so many Chinese characters; no line begins with a mark that ends something."""
    found = []
    while len(text) > columns:
        cut = columns
        while text[cut] in _NO_START:
            cut -= 1
        found.append(text[:cut])
        text = text[cut:]
    return [*found, text]


def wrap(text: str, room: float, size: float = 11, face: str = SERIF) -> list[str]:
    """Lines of English as wide as the room allows; words may be cut at `~`."""
    found, line = [], ""
    for word in text.split():
        gap = " " if line else ""
        for head, tail in _cuts(word):
            if width(line + gap + head, size, face) <= room:
                line += gap + head
                if tail:
                    found.append(line)
                    line = tail
                break
        else:
            found.append(line)
            line = word.replace(_MAY_BREAK, "")
    return [*found, line]


def _cuts(word: str) -> Iterator[tuple[str, str]]:
    """The whole word, then ever shorter beginnings of it with a hyphen, and their rests."""
    parts: Sequence[str] = word.split(_MAY_BREAK)
    yield "".join(parts), ""
    for i in range(len(parts) - 1, 0, -1):
        yield "".join(parts[:i]) + "-", "".join(parts[i:])
