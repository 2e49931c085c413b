"""OCR that keeps what it reads on disk, a file a page, so that a document that broke off is not read from its start."""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from hashlib import blake2b
from pathlib import Path

from ingest.store.checkpoints import UNFINISHED
from models.base import OCR, Image, OcrLine

_CHECK_BYTES = 32


class KeptOCR:
    """Another OCR, asked only for images that it has not read yet.

    The name of a file says which image it is of and which OCR read it; it begins with a checksum over its name and the
    rest, which is compressed JSON. A file that is damaged counts for nothing: the image is read again.
    """

    def __init__(self, load: Callable[[], OCR], folder: Path) -> None:
        """Load the other one, and delete what another than it left in the folder. Raises OcrUnavailable."""
        self._ocr = load()
        self._folder = folder
        for path in folder.glob("*"):
            if not path.name.startswith(f"{self.fingerprint}-"):
                path.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """See `OCR.name`."""
        return self._ocr.name

    @property
    def fingerprint(self) -> str:
        """See `OCR.fingerprint`."""
        return self._ocr.fingerprint

    def read(self, image: Image) -> list[OcrLine]:
        """See `OCR.read`. Raises OSError where the disk does not take what was read."""
        name = f"{self.fingerprint}-{_digest(image)}"
        lines = self._kept(name)
        if lines is None:
            lines = self._ocr.read(image)
            self._keep(name, lines)
        return lines

    def close(self) -> None:
        """See `OCR.close`."""
        self._ocr.close()

    def _kept(self, name: str) -> list[OcrLine] | None:
        try:
            data = (self._folder / name).read_bytes()
        except OSError:
            return None
        check, packed = data[:_CHECK_BYTES], data[_CHECK_BYTES:]
        return _unpack(packed) if check == _checksum(name, packed) else None

    def _keep(self, name: str, lines: list[OcrLine]) -> None:
        """Write a file as a whole. It is not synced: what a power cut takes is read again."""
        packed = _pack(lines)
        try:
            descriptor, temporary = tempfile.mkstemp(prefix=UNFINISHED, dir=self._folder)
        except FileNotFoundError:
            # The document was deleted meanwhile: nothing more is kept of it.
            return
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_checksum(name, packed) + packed)
            with suppress(FileNotFoundError):
                Path(temporary).replace(self._folder / name)
        finally:
            Path(temporary).unlink(missing_ok=True)


def _digest(image: Image) -> str:
    digest = blake2b(str(image.shape).encode("ascii"), digest_size=20)
    digest.update(image.tobytes())
    return digest.hexdigest()


def _checksum(name: str, packed: bytes) -> bytes:
    return blake2b(packed, digest_size=_CHECK_BYTES, key=name.encode("ascii")).digest()


def _pack(lines: list[OcrLine]) -> bytes:
    """As JSON, which gives every float back as it was."""
    return zlib.compress(json.dumps([astuple(line) for line in lines]).encode("ascii"), 1)


def _unpack(packed: bytes) -> list[OcrLine]:
    return [_line(*values) for values in json.loads(zlib.decompress(packed))]


def _line(text: str, corners: list[list[float]], confidence: float, places: list[list[float]]) -> OcrLine:
    a, b, c, d = ((x, y) for x, y in corners)
    return OcrLine(text, (a, b, c, d), confidence, tuple((begin, end) for begin, end in places))
