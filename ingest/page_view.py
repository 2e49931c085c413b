"""A page as people see it, with places highlighted: drawn from the original, or from a picture that was kept."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

from ingest.document import Box
from ingest.draw import Drawer, Picture
from ingest.errors import OriginalNotKept, PageMissing, PasswordNotNeeded
from ingest.library import Library
from ingest.parsers.kinds import detect
from ingest.store.records import Document

# What a password may protect. Files of the old formats of Office are OLE files, like those that are surely protected.
_LOCKABLE = ("pdf", "protected", "sheets", "old-text", "old-slides")


def draw_page(
    library: Library,
    drawer: Drawer,
    document: Document,
    number: int,
    *,
    boxes: Sequence[Box] = (),
    scale: float = 1.5,
    gone: Event | None = None,
) -> bytes:
    """PNG of a page, from 1. A scale of 1 is 72 pixels an inch. Setting `gone` says that nobody waits for it.

    Pages of a PDF that could not be read are drawn as well: the limits of drawing hold for them too.
    Raises PageMissing, OriginalNotKept, OriginalMissing, what opening the file raises (PasswordNeeded,
    PasswordWrong, CorruptFile), and what drawing does (PageNotDrawn, DrawingBusy).
    """
    if not document.kept:
        raise OriginalNotKept(name=document.name)
    pages = library.catalog.page_info(document.id)
    if pages and not 1 <= number <= len(pages):
        raise PageMissing(name=document.name, page=number, pages=len(pages))
    kept = library.pictures.path(document.sha256, number)
    if pages and kept.is_file():
        picture = Picture(kept, document.name, number, boxes, scale, page=pages[number - 1])
        return drawer.draw(picture, gone)
    original = library.original(document.id)
    kind: str = detect(original, document.name)
    if pages and kind == "image":
        picture = Picture(original, document.name, number, boxes, scale, page=pages[number - 1], frame=number - 1)
        return drawer.draw(picture, gone)
    if kind != "pdf":
        raise PageMissing(name=document.name, page=number, pages=len(pages))
    password = library.password(document.id)
    return drawer.draw(Picture(original, document.name, number, boxes, scale, password), gone)


def check_password(library: Library, drawer: Drawer, document: Document, password: str) -> None:
    """Whether a password opens a document that was read already, or failed: nothing else will find that out.

    Raises PasswordNotNeeded, PasswordWrong, OriginalNotKept, OriginalMissing, and as `draw_page` does.
    """
    original = library.original(document.id)
    kind = detect(original, document.name)
    if kind not in _LOCKABLE:
        raise PasswordNotNeeded(name=document.name)
    drawer.unlock(original, document.name, kind, password)
