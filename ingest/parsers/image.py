"""Photos, scans and screenshots: every frame is a page, read by OCR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, TooLargeUnpacked, TooManyPages
from ingest.parsers.formats import extensions_of
from ingest.pdf.ocr_queue import load_ocr
from ingest.pdf.pictures import Sheet, as_document
from ingest.pdf.reader import read_document
from models.base import OCR
from models.reasons import because

Progress = Callable[[int, int], None]

_LONG_SIDE = 842.0
_MOST_PIXELS = 24_000_000
_LIKELY_DPI, _SCREEN_DPI = range(73, 1201), (96,)
# PIL's own guard against bombs; the unpacked size that the settings allow comes on top.
_BYTES_A_PIXEL = 4
_MULTIPAGE = ("TIFF",)


class ImageParser:
    """Reads PNG, JPEG, TIFF with all its frames, WebP and BMP."""

    def __init__(self, load: Callable[[], OCR] = load_ocr) -> None:
        """`load` gives OCR when the first page needs it."""
        self._load = load

    @property
    def extensions(self) -> tuple[str, ...]:
        """See `Parser.extensions`."""
        return tuple(extensions_of("image"))

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002
        limits: ParseLimits,
        progress: Progress | None = None,
    ) -> ParsedDocument:
        """See `Parser.parse`; `progress` is called with pages done and all pages."""
        with as_document(list(_sheets(path, name, limits))) as document:
            return read_document(document, name, limits, self._load, progress)


def _sheets(path: Path, name: str, limits: ParseLimits) -> Iterator[Sheet]:
    """The frames of a file. Raises CorruptFile, TooManyPages or TooLargeUnpacked."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            frames = getattr(opened, "n_frames", 1) if opened.format in _MULTIPAGE else 1
            if frames > limits.pages:
                raise TooManyPages(name=name, pages=frames, limit=limits.pages)
            for frame in range(frames):
                opened.seek(frame)
                if opened.width * opened.height * _BYTES_A_PIXEL > limits.unpacked_mb * 1_000_000:
                    raise TooLargeUnpacked(name=name, limit_mb=limits.unpacked_mb)
                yield _sheet(opened)
    except Image.DecompressionBombError as error:
        raise TooLargeUnpacked(name=name, limit_mb=limits.unpacked_mb) from error
    except (UnidentifiedImageError, OSError, EOFError, SyntaxError, ValueError) as error:
        raise CorruptFile(name=name, kind="image", reason=because("cut-off")) from error


def _sheet(opened: Any) -> Sheet:
    """A frame the way it is to be looked at, on white, and no larger than OCR can use."""
    from PIL import Image, ImageOps

    width, height = opened.size
    dpi = opened.info.get("dpi", (0, 0))[0]
    if opened.format == "JPEG":
        shrink = (_MOST_PIXELS / (width * height)) ** 0.5
        if shrink < 1:
            opened.draft("RGB", (int(width * shrink), int(height * shrink)))
    picture = ImageOps.exif_transpose(opened)
    if picture.has_transparency_data:
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
    picture = picture.convert("L")
    width, height = (width, height) if (width > height) == (picture.width > picture.height) else (height, width)
    shrink = (_MOST_PIXELS / (picture.width * picture.height)) ** 0.5
    if shrink < 1:
        picture = picture.resize((round(picture.width * shrink), round(picture.height * shrink)), reducing_gap=2.0)
    out = BytesIO()
    picture.save(out, "PNG", compress_level=1)
    # Cameras and screens write a resolution that means nothing.
    meant = round(dpi) in _LIKELY_DPI and round(dpi) not in _SCREEN_DPI
    points = 72 / dpi if meant else _LONG_SIDE / max(width, height)
    return Sheet(out.getvalue(), max(1.0, width * points), max(1.0, height * points))
