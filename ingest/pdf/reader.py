"""The PDF parser: from a file to blocks in reading order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, NoText, OcrNeeded, TooManyPages
from ingest.notices import Notice, page_ranges
from ingest.pdf.arrange import arrange
from ingest.pdf.headings import Bookmark
from ingest.pdf.ocr_queue import OcrQueue, load_ocr
from ingest.pdf.opened import mupdf_errors, open_pdf
from ingest.pdf.pages import Page, Progress, read_pages
from models.base import OCR
from models.reasons import Reason, quoted

# Below it, about every tenth character that OCR gives is wrong.
UNSURE = 0.85


class PdfParser:
    """Reads PDFs: their text layer where it is to be believed, and by OCR what is not in it."""

    extensions = (".pdf",)

    def __init__(self, load: Callable[[], OCR] = load_ocr) -> None:
        """`load` gives OCR when the first page needs it."""
        self._load = load

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,
        limits: ParseLimits,
        progress: Progress | None = None,
    ) -> ParsedDocument:
        """See `Parser.parse`; `progress` is called with pages done and all pages."""
        with open_pdf(path, name, password) as document:
            return read_document(document, name, limits, self._load, progress)


def read_document(
    document: Any, name: str, limits: ParseLimits, load: Callable[[], OCR], progress: Progress | None = None
) -> ParsedDocument:
    """Read an open document. Raises TooManyPages, NoText, OcrNeeded or CorruptFile."""
    if document.page_count > limits.pages:
        raise TooManyPages(name=name, pages=document.page_count, limit=limits.pages)
    with closing(OcrQueue(load)) as ocr:
        pages = list(read_pages(document, progress, ocr, limits.ocr))
    _require_text(pages, name, ocr.failure)
    arranged = arrange(pages, _bookmarks(document))
    title = str((document.metadata or {}).get("title") or "").strip()
    return ParsedDocument(arranged.blocks, arranged.reports, title, tuple(_warnings(pages, ocr.failure)))


def _bookmarks(document: Any) -> list[Bookmark]:
    try:
        return [Bookmark(level, title, page) for level, title, page in document.get_toc(simple=True)]
    except mupdf_errors():
        # A damaged outline costs headings, which numbering and size can still give.
        return []


def _require_text(pages: Sequence[Page], name: str, failure: Reason | None) -> None:
    if any(page.report.read_as != "none" for page in pages):
        return
    broken = [page.problem for page in pages if page.problem]
    if len(broken) == len(pages):
        raise CorruptFile(name=name, kind="PDF", reason=quoted(broken[0].params.get("reason", "")))
    if failure:
        raise OcrNeeded(name=name, reason=failure)
    raise NoText(name=name, pages=len(pages), images=sum(page.report.images > 0 for page in pages))


def _warnings(pages: Sequence[Page], failure: Reason | None) -> Iterator[Notice]:
    for page in pages:
        if page.problem:
            yield page.problem
    hidden = [page for page in pages if page.unseen]
    if hidden:
        where = page_ranges([page.report.number for page in hidden])
        yield Notice("text-unseen", {"count": sum(page.unseen for page in hidden), "pages": where})
    if failure:
        yield Notice("ocr-unavailable", {"reason": failure})
    bare = [page for page in pages if page.report.read_as == "none" and not page.problem]
    unread = {page.report.number for page in bare if page.report.images and not page.looked}
    unsure = [p.report.number for p in pages if p.report.confidence is not None and p.report.confidence < UNSURE]
    for code, numbers in (
        ("pages-images-only", sorted(unread)),
        ("pages-empty", [page.report.number for page in bare if page.report.number not in unread]),
        ("pages-garbled", [page.report.number for page in pages if page.report.garbled]),
        ("ocr-unsure", unsure),
    ):
        if numbers:
            yield Notice(code, {"pages": page_ranges(numbers)})
