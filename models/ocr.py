"""OCR by PP-OCRv6, the networks inside the package rapidocr, with reading in any direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from models.base import Image, OcrLine
from models.ocr_detect import Detector, Quad
from models.ocr_recognise import NARROW, WIDE, Recogniser
from models.ocr_sessions import DETECTION, RECOGNITION, Network, fingerprint_of, network_folder
from models.threads import physical_cores

# To be raised whenever the code of OCR makes other lines of the same image.
OCR_VERSION = 1

# A single digit is tall without being vertical print.
_TALL, _TALL_AMONG_FLAT = 1.5, 2.5
_LONGER = 1.3
_SURE, _SURE_LATIN, _DOUBTFUL, _NOISE = 0.95, 0.99, 0.9, 0.5
# Specks and patterns look like one or two characters.
_NOISE_ALONE = 0.8
_SAMPLE, _SHORT = 6, 4
# Every thread has memory of its own, and the process that parses has a cap.
_MOST_THREADS = 4
_BLANK_SPREAD = 6


class PaddleOCR:
    """Finds lines with one network and reads them with another, on all cores."""

    name = "PP-OCRv6"

    def __init__(self, threads: int | None = None) -> None:
        """Load both. Raises OcrUnavailable."""
        folder = network_folder()
        recognition = Network(folder / RECOGNITION)
        characters = ("", *recognition.metadata("character").splitlines(), " ")
        self._detector = Detector(Network(folder / DETECTION, large=True))
        self.fingerprint = fingerprint_of(OCR_VERSION, folder / DETECTION, folder / RECOGNITION)
        self._recogniser = Recogniser(recognition, characters)
        self._pool = ThreadPoolExecutor(threads or min(_MOST_THREADS, physical_cores()), thread_name_prefix="ocr")

    def read(self, image: Image) -> list[OcrLine]:
        """See `OCR.read`."""
        if image.size == 0 or int(np.ptp(image)) < _BLANK_SPREAD:
            return []
        quads = self._detector.find(image)
        if _mostly_tall(quads):
            upright = np.ascontiguousarray(np.rot90(image))
            other = self._detector.find(upright)
            # Vertical Chinese is found as well lying down; a page on its side is found better upright.
            if _mean_length(other) > _LONGER * _mean_length(quads):
                return [_turned_back(line, image.shape[1]) for line in self._lines(upright, other)]
        return self._lines(image, quads)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _lines(self, image: Image, quads: Sequence[Quad]) -> list[OcrLine]:
        flat = not _mostly_tall(quads)
        readings = self._read_all(image, [_lengthwise(quad, _TALL_AMONG_FLAT if flat else _TALL) for quad in quads])
        lines = self._wider(image, self._turned(image, readings))
        return [line for line in lines if line.confidence >= (_NOISE if len(line.text) > 2 else _NOISE_ALONE)]

    def _read_all(self, image: Image, quads: Sequence[Quad], stretch: float = NARROW) -> list[OcrLine]:
        return list(self._pool.map(lambda quad: self._recogniser.read(image, quad, stretch), quads))

    def _turned(self, image: Image, lines: list[OcrLine]) -> list[OcrLine]:
        """Read doubtful lines from the other end too; a sample of the longest says whether to go on.

        Where most of a page was upside down, so are its shortest lines: `82` could be `28`.
        """
        doubtful = [i for i, line in enumerate(lines) if line.confidence < _DOUBTFUL]
        doubtful.sort(key=lambda i: -_length(lines[i]))
        flipped: set[int] = set()
        for some in (doubtful[:_SAMPLE], doubtful[_SAMPLE:]):
            better = _keep_better(lines, some, self._flipped(image, lines, some))
            flipped |= better
            if 2 * len(better) <= len(some):
                break
        if sum(_length(lines[i]) for i in flipped) > 0.5 * sum(map(_length, lines)):
            left = [i for i in range(len(lines)) if i not in flipped]
            again = self._flipped(image, lines, left)
            _keep_better(lines, left, again)
            for i, line in zip(left, again, strict=True):
                if len(line.text) <= _SHORT:
                    lines[i] = line
        return lines

    def _flipped(self, image: Image, lines: Sequence[OcrLine], which: Sequence[int]) -> list[OcrLine]:
        return self._read_all(image, [np.roll(_quad(lines[i]), 2, axis=0) for i in which])

    def _wider(self, image: Image, lines: list[OcrLine]) -> list[OcrLine]:
        """Read lines again with more room between their characters where the first reading was not sure."""
        unsure = [i for i, line in enumerate(lines) if _NOISE / 2 < line.confidence < _sure(line.text)]
        _keep_better(lines, unsure, self._read_all(image, [_quad(lines[i]) for i in unsure], WIDE))
        return lines


def _keep_better(lines: list[OcrLine], which: Sequence[int], again: Sequence[OcrLine]) -> set[int]:
    """Put better readings in their places; says where."""
    better = {i: line for i, line in zip(which, again, strict=True) if line.confidence > lines[i].confidence}
    for i, line in better.items():
        lines[i] = line
    return set(better)


def _sure(text: str) -> float:
    """Narrow letters get lost without much doubt, Chinese characters do not."""
    return _SURE_LATIN if text.isascii() or 2 * sum(map(str.isascii, text)) > len(text) else _SURE


def _quad(line: OcrLine) -> Quad:
    return np.array(line.corners, np.float32)


def _length(line: OcrLine) -> float:
    (x0, y0), (x1, y1) = line.corners[:2]
    return math.hypot(x1 - x0, y1 - y0)


def _sides(quad: Quad) -> tuple[float, float]:
    return float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))


def _lengthwise(quad: Quad, tall: float) -> Quad:
    """A tall box is read from top to bottom: vertical Chinese, or a page that lies on its side."""
    along, across = _sides(quad)
    return np.roll(quad, -1, axis=0) if across >= tall * along else quad


def _mostly_tall(quads: Sequence[Quad]) -> bool:
    """Whether most of the print runs up or down the image."""
    sides = [_sides(quad) for quad in quads]
    tall = sum(across for along, across in sides if across >= _TALL * along)
    return tall > sum(along for along, across in sides if across < _TALL * along)


def _mean_length(quads: Sequence[Quad]) -> float:
    return sum(max(_sides(quad)) for quad in quads) / max(1, len(quads))


def _turned_back(line: OcrLine, width: int) -> OcrLine:
    """A line of the image turned to the left by 90 degrees, in the image as it was."""
    a, b, c, d = ((width - y, x) for x, y in line.corners)
    return replace(line, corners=(a, b, c, d))
