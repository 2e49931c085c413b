"""OCR that reads what a test wants it to read."""

from collections.abc import Callable, Sequence

from models.base import Image, OcrLine
from models.errors import OcrUnavailable


def ocr_line(text: str, left: float, top: float, right: float, bottom: float, confidence: float = 0.95) -> OcrLine:
    """A horizontal line whose characters are equally wide."""
    places = tuple((i / len(text), (i + 1) / len(text)) for i in range(len(text)))
    return OcrLine(text, ((left, top), (right, top), (right, bottom), (left, bottom)), confidence, places)


class ScriptedOCR:
    """Gives the same lines for every picture, or what a function makes of it, and remembers the pictures."""

    name = fingerprint = "scripted"

    def __init__(self, lines: Sequence[OcrLine] | Callable[[Image], list[OcrLine]] = ()) -> None:
        self._lines = lines
        self.pictures: list[Image] = []
        self.closed = False

    def __call__(self) -> "ScriptedOCR":
        return self

    def read(self, image: Image) -> list[OcrLine]:
        self.pictures.append(image)
        return self._lines(image) if callable(self._lines) else list(self._lines)

    def close(self) -> None:
        self.closed = True


def no_ocr() -> ScriptedOCR:
    """What loading does where the networks are missing."""
    raise OcrUnavailable(reason="det.onnx is missing")
