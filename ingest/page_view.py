"""A page as people see it, with places highlighted: drawn from the original, or from a picture that was kept."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from ingest.document import Box, PageReport
from ingest.errors import CorruptFile, OriginalNotKept, PageMissing
from ingest.library import Library
from ingest.parsers.kinds import detect
from ingest.pdf.page_image import render_page
from ingest.store.records import Document

_MARK = (255, 217, 0, 89)
_LARGEST_SIDE = 4000


def draw_page(
    library: Library, document: Document, number: int, *, boxes: Sequence[Box] = (), scale: float = 1.5
) -> bytes:
    """PNG of a page, from 1. A scale of 1 is 72 pixels an inch.

    Raises PageMissing, OriginalNotKept, OriginalMissing, and what opening the file raises: PasswordNeeded,
    PasswordWrong, CorruptFile.
    """
    if not document.kept:
        raise OriginalNotKept(name=document.name)
    pages = library.catalog.page_info(document.id)
    if pages and not 1 <= number <= len(pages):
        raise PageMissing(name=document.name, page=number, pages=len(pages))
    kept = library.pictures.path(document.sha256, number)
    if pages and kept.is_file():
        return _draw_picture(kept, 0, pages[number - 1], boxes, scale, document.name)
    original = library.original(document.id)
    kind: str = detect(original, document.name)
    if pages and kind == "image":
        return _draw_picture(original, number - 1, pages[number - 1], boxes, scale, document.name)
    if kind != "pdf":
        raise PageMissing(name=document.name, page=number, pages=len(pages))
    password = library.password(document.id)
    return render_page(original, number, boxes=boxes, scale=scale, password=password, name=document.name)


def _draw_picture(path: Path, frame: int, page: PageReport, boxes: Sequence[Box], scale: float, name: str) -> bytes:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            opened.seek(frame)
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, EOFError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise CorruptFile(name=name, kind="image", reason=type(error).__name__) from error
    zoom = min(scale, picture.width / max(page.width, 1), _LARGEST_SIDE / max(page.width, page.height, 1))
    size = max(1, round(page.width * zoom)), max(1, round(page.height * zoom))
    picture = picture.resize(size, Image.Resampling.LANCZOS) if size != picture.size else picture
    out = BytesIO()
    _marked(picture, page, boxes).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _marked(picture: Any, page: PageReport, boxes: Sequence[Box]) -> Any:
    from PIL import Image, ImageDraw

    marks = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(marks)
    across, down = picture.width / page.width, picture.height / page.height
    for box in boxes:
        shown = shown_box(box, page)
        draw.rectangle((shown.x0 * across, shown.y0 * down, shown.x1 * across, shown.y1 * down), fill=_MARK)
    return Image.alpha_composite(picture.convert("RGBA"), marks).convert("RGB")


def shown_box(box: Box, page: PageReport) -> Box:
    """Where a box of the unrotated page stands on the page as it is shown, turned clockwise."""
    width, height = page.width, page.height
    match page.rotation % 360:
        case 90:
            return Box(width - box.y1, box.x0, width - box.y0, box.x1)
        case 180:
            return Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0)
        case 270:
            return Box(box.y0, height - box.x1, box.y1, height - box.x0)
    return box
