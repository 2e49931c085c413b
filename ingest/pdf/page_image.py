"""A page as an image, with boxes of the document highlighted on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.document import Box
from ingest.errors import CorruptFile, PageMissing
from ingest.pdf.opened import mupdf_errors, open_pdf, reason

_YELLOW = (1.0, 0.85, 0.0)
_LARGEST_SIDE = 4000


def render_page(
    path: Path,
    number: int,
    *,
    boxes: Sequence[Box] = (),
    scale: float = 1.5,
    password: str | None = None,
    name: str = "",
) -> bytes:
    """PNG of page `number` (from 1) as it is shown, boxes marked in translucent yellow.

    A scale of 1 is 72 pixels an inch; it is lowered where a side would pass 4,000 pixels.
    Raises PageMissing, and what `open_pdf` raises.
    """
    import pymupdf

    name = name or path.name
    with open_pdf(path, name, password) as document:
        if not 1 <= number <= document.page_count:
            raise PageMissing(name=name, page=number, pages=document.page_count)
        try:
            page = document[number - 1]
            _mark(page, boxes)
            side = max(page.rect.width, page.rect.height, 1)
            zoom = min(scale, _LARGEST_SIDE / side)
            image = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False)
            return bytes(image.tobytes("png"))
        except mupdf_errors() as error:
            raise CorruptFile(name=name, kind="PDF", reason=reason(error)) from error


def _mark(page: Any, boxes: Sequence[Box]) -> None:
    """Draw on the open copy only: the file on disk is never written."""
    if not boxes:
        return
    turn = page.rotation
    # PyMuPDF draws at the wrong place on a page that is both turned and cropped.
    page.set_rotation(0)
    page.clean_contents()  # else a page that leaves its graphics state changed would move our marks
    for box in boxes:
        shape = page.new_shape()
        shape.draw_rect((box.x0, box.y0, box.x1, box.y1))
        shape.finish(color=None, fill=_YELLOW, fill_opacity=0.35)
        shape.commit(overlay=True)
    page.set_rotation(turn)
