"""A page as an image, with boxes of the document highlighted on it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ingest.document import Box
from ingest.errors import CorruptFile, PageMissing, PasswordNeeded
from ingest.pdf.opened import lacks_memory, mupdf_errors, open_pdf, reason
from ingest.store.files import disk_named

log = logging.getLogger(__name__)

_YELLOW = (1.0, 0.85, 0.0)
_LARGEST_SIDE = 4000
_KEPT_SCALE = 2.0


def prepare() -> None:
    """Load what the first page would else wait for."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)


def free_memory() -> None:
    """Forget what MuPDF keeps of documents that are closed."""
    import pymupdf

    pymupdf.TOOLS.store_shrink(100)


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
    Raises PageMissing, MemoryError, and what `open_pdf` raises.
    """
    name = name or path.name
    with open_pdf(path, name, password) as document:
        if not 1 <= number <= document.page_count:
            raise PageMissing(name=name, page=number, pages=document.page_count)
        try:
            page = document[number - 1]
            _mark(page, boxes)
            return bytes(_drawn(page, scale).tobytes("png"))
        except mupdf_errors() as error:
            if lacks_memory(error):
                raise MemoryError from error
            raise CorruptFile(name=name, kind="PDF", reason=reason(error)) from error


def keep_pictures(path: Path, name: str, password: str, folder: Path, progress: Callable[[int, int], None]) -> None:
    """Write every page of a PDF that needs its password to `folder`/<number>.webp; of other PDFs none.

    A page that cannot be drawn has no picture. Raises DiskFull, and what `open_pdf` raises.
    """
    if not _is_protected(path, name):
        return
    with open_pdf(path, name, password) as document, disk_named(name, folder):
        progress(0, document.page_count)
        for number in range(1, document.page_count + 1):
            try:
                image = _drawn(document[number - 1], _KEPT_SCALE)
            except mupdf_errors():
                log.warning("page %d cannot be drawn", number)
            else:
                image.pil_save(folder / f"{number}.webp", format="WEBP", quality=80)
            progress(number, document.page_count)


def _is_protected(path: Path, name: str) -> bool:
    # Asking a document that is open would lock it again.
    try:
        with open_pdf(path, name):
            return False
    except PasswordNeeded:
        return True


def _drawn(page: Any, scale: float) -> Any:
    import pymupdf

    side = max(page.rect.width, page.rect.height, 1)
    zoom = min(scale, _LARGEST_SIDE / side)
    return page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False)


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
