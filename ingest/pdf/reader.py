"""The PDF parser: from a file to blocks in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest.document import Block, Line, ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, NoText, TooManyPages
from ingest.notices import Notice, page_ranges
from ingest.pdf.columns import regions
from ingest.pdf.headings import Bookmark, levels
from ingest.pdf.opened import mupdf_errors, open_pdf
from ingest.pdf.pages import Page, Progress, read_pages
from ingest.pdf.paragraphs import Paragraph, paragraphs, set_lines, squeeze
from ingest.pdf.running import PageRuns, drop_running


class PdfParser:
    """Reads PDFs that have a text layer."""

    extensions = (".pdf",)

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
            if document.page_count > limits.pages:
                raise TooManyPages(name=name, pages=document.page_count, limit=limits.pages)
            pages = list(read_pages(document, progress))
            bookmarks = _bookmarks(document)
            title = str((document.metadata or {}).get("title") or "").strip()
        _require_text(pages, name)
        blocks = _blocks(pages, bookmarks)
        return ParsedDocument(blocks, tuple(page.report for page in pages), title, tuple(_warnings(pages)))


def _bookmarks(document: Any) -> list[Bookmark]:
    try:
        return [Bookmark(level, title, page) for level, title, page in document.get_toc(simple=True)]
    except mupdf_errors():
        # A damaged outline costs headings, which numbering and size can still give.
        return []


def _require_text(pages: Sequence[Page], name: str) -> None:
    if any(page.report.text_chars for page in pages):
        return
    broken = [page.problem for page in pages if page.problem]
    if len(broken) == len(pages):
        raise CorruptFile(name=name, kind="PDF", reason=broken[0].params.get("reason", ""))
    raise NoText(name=name, pages=len(pages), images=sum(page.report.images > 0 for page in pages))


def _blocks(pages: Sequence[Page], bookmarks: Sequence[Bookmark]) -> tuple[Block, ...]:
    kept = drop_running([(page.height, page.runs) for page in pages])
    found = {
        page.report.number: list(
            _paragraphs(runs_, {squeeze(b.title) for b in bookmarks if b.page == page.report.number})
        )
        for page, runs_ in zip(pages, kept, strict=True)
    }
    ranks = levels(found, bookmarks)
    return tuple(
        _block(paragraph, number, ranks.get(id(paragraph), 0))
        for number, several in found.items()
        for paragraph in several
    )


def _paragraphs(frames: PageRuns, titles: set[str]) -> Iterator[Paragraph]:
    for frame, several in frames.items():
        for region in regions(several):
            yield from paragraphs(set_lines(region), frame, titles)


def _block(paragraph: Paragraph, page: int, level: int) -> Block:
    first, frame = paragraph.lines[0], paragraph.frame
    if first.table is not None:
        return Block("table", (), page, table=first.table)
    lines = tuple(Line(line.text, frame.box(line.rect)) for line in paragraph.lines)
    return Block("heading" if level else "text", lines, page, level=level)


def _warnings(pages: Sequence[Page]) -> Iterator[Notice]:
    for page in pages:
        if page.problem:
            yield page.problem
    scans = [page.report.number for page in pages if not page.report.text_chars and page.report.images]
    if scans:
        yield Notice("pages-images-only", {"pages": page_ranges(scans)})
    empty = [p.report.number for p in pages if not (p.report.text_chars or p.report.images or p.problem)]
    if empty:
        yield Notice("pages-empty", {"pages": page_ranges(empty)})
