"""Pictures as the pages of a PDF in memory, so that they are read as scans are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sheet:
    """A picture, as the bytes of a PNG file, and the size in points of the page that it fills."""

    png: bytes
    width: float
    height: float


@contextmanager
def as_document(sheets: Sequence[Sheet]) -> Iterator[Any]:
    """A `pymupdf.Document` with a page for every picture."""
    import pymupdf

    document = pymupdf.open()
    try:
        for sheet in sheets:
            page = document.new_page(width=sheet.width, height=sheet.height)
            page.insert_image(page.rect, stream=sheet.png, keep_proportion=False)
        yield document
    finally:
        document.close()
