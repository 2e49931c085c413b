"""One page read twice, from its text layer and by OCR: which lines of each are kept, and what that tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from ingest.pdf.frame import Frame, Rect, union
from ingest.pdf.glyphs import Frames, Glyph
from ingest.pdf.quality import Doubt, foreign, strange

_EQUAL, _AGREES, _DIFFERS = 0.97, 0.8, 0.6
_SURE = 0.85
_GARBLED = 0.05
_MARGIN = 0.2
_CRUMBS = 2


@dataclass(frozen=True)
class Blend:
    """Lines of both readings by frame; `garbled` says why part of the text layer was left out, else empty."""

    frames: Frames
    garbled: str


@dataclass(frozen=True)
class _Line:
    """A line of the text layer, its place on the page, and how OCR read that place."""

    frame: Frame
    glyphs: list[Glyph]
    box: Rect
    text: str
    likeness: float | None
    confidence: float

    @property
    def strange(self) -> bool:
        # A power is one glyph of several characters.
        return any(strange(char) or foreign(char) for glyph in self.glyphs for char in glyph.text)

    @property
    def wrong(self) -> bool:
        """Whether OCR surely read something else here."""
        return self.likeness is not None and self.likeness < _DIFFERS and self.confidence >= _SURE


def blend(layer: Frames, read: Frames, doubt: Doubt) -> Blend:
    """Keep the text layer where it is not in doubt or OCR agrees, and OCR everywhere else."""
    seen = _Seen(read)
    lines = [_compared(frame, glyphs, seen) for frame, several in layer.items() for glyphs in several]
    judged = sum(len(line.text) for line in lines) or 1
    share = sum(max(1, len(line.text)) for line in lines if line.wrong) / judged
    garbled = doubt if share >= _GARBLED else ""
    kept = [line for line in lines if not garbled or _stays(line, share)]
    frames: Frames = {}
    for line in kept:
        frames.setdefault(line.frame, []).append(line.glyphs)
    boxes = [line.box for line in kept]
    for frame, glyphs in seen.outside(boxes):
        frames.setdefault(frame, []).append(glyphs)
    return Blend(frames, garbled)


def _stays(line: _Line, share: float) -> bool:
    """Whether a line of a page that is partly garbled is to be believed."""
    if line.likeness is None:
        return share < 0.5 and not line.strange
    return not line.strange and line.likeness >= (_EQUAL if line.confidence >= _SURE else _AGREES)


def _compared(frame: Frame, glyphs: list[Glyph], seen: _Seen) -> _Line:
    inked = [glyph for glyph in glyphs if not glyph.text.isspace()]
    rect = union([glyph.rect for glyph in inked])
    box = frame.box(rect)
    found = seen.inside((box.x0, box.y0, box.x1, box.y1), frame, _MARGIN * inked[0].size)
    text, other = _letters(inked), _letters(found)
    likeness = SequenceMatcher(None, text, other, autojunk=False).ratio() if other else None
    confidence = min((glyph.confidence or 0.0 for glyph in found), default=0.0)
    return _Line(frame, glyphs, (box.x0, box.y0, box.x1, box.y1), text, likeness, confidence)


def _letters(glyphs: Sequence[Glyph]) -> str:
    """Letters and digits, which OCR reads surely; marks it often takes for others."""
    text = normalize("NFKC", "".join(glyph.text for glyph in glyphs)).casefold()
    return "".join(char for char in text if char.isalnum())


class _Seen:
    """What OCR read, by place."""

    def __init__(self, frames: Frames) -> None:
        self._lines = [(frame, glyphs) for frame, several in frames.items() for glyphs in several]
        self._glyphs = [glyph for _, glyphs in self._lines for glyph in glyphs]
        middles = [_middle(frame, glyph) for frame, glyphs in self._lines for glyph in glyphs]
        self._middles: NDArray[np.float64] = np.array(middles, np.float64).reshape(-1, 2)

    def inside(self, box: Rect, frame: Frame, margin: float) -> list[Glyph]:
        """The characters in a box, in the order of a frame."""
        where = np.flatnonzero(self._within(box, margin))
        along = [frame.point(*self._middles[i])[0] for i in where]
        return [self._glyphs[i] for _, i in sorted(zip(along, where.tolist(), strict=True))]

    def outside(self, boxes: Sequence[Rect]) -> Iterator[tuple[Frame, list[Glyph]]]:
        """Lines without the characters that stand in some boxes, and without the crumbs beside those."""
        taken = np.zeros(len(self._glyphs), bool)
        for box in boxes:
            taken |= self._within(box, 0.0)
        at = 0
        for frame, glyphs in self._lines:
            gone = taken[at : at + len(glyphs)].tolist()
            at += len(glyphs)
            left = [list(glyphs)] if not any(gone) else _stretches(glyphs, gone)
            for stretch in left:
                if any(not glyph.text.isspace() for glyph in stretch):
                    yield frame, stretch

    def _within(self, box: Rect, margin: float) -> NDArray[np.bool_]:
        x, y = self._middles[:, 0], self._middles[:, 1]
        across = (box[0] - margin <= x) & (x <= box[2] + margin)
        down = (box[1] - margin <= y) & (y <= box[3] + margin)
        found: NDArray[np.bool_] = across & down
        return found


def _stretches(glyphs: Sequence[Glyph], gone: Sequence[bool]) -> list[list[Glyph]]:
    """What is left of a line between what is gone, where it is more than a character placed amiss."""
    found: list[list[Glyph]] = [[]]
    for glyph, out in zip(glyphs, gone, strict=True):
        if out:
            found.append([])
        else:
            found[-1].append(glyph)
    return [stretch for stretch in found if sum(not glyph.text.isspace() for glyph in stretch) > _CRUMBS]


def _middle(frame: Frame, glyph: Glyph) -> tuple[float, float]:
    box = frame.box(glyph.rect)
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
