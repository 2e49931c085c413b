"""The PDF parser: from a file to blocks in reading order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import category

from ingest.document import Block, Line, PageInfo, ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, NoText, TooManyPages
from ingest.pdf.columns import regions
from ingest.pdf.glyphs import Run, read_glyphs, runs
from ingest.pdf.headings import Bookmark, levels
from ingest.pdf.opened import mupdf_errors, open_pdf, reason
from ingest.pdf.paragraphs import Paragraph, paragraphs, set_lines, squeeze
from ingest.pdf.running import PageRuns, drop_running
from ingest.pdf.tables import find_tables

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Page:
    info: PageInfo
    height: float
    runs: PageRuns
    problem: str = ""


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
            pages = list(_pages(document, progress))
            bookmarks = _bookmarks(document)
            title = str((document.metadata or {}).get("title") or "").strip()
        _require_text(pages, name)
        blocks = _blocks(pages, bookmarks)
        return ParsedDocument(blocks, tuple(page.info for page in pages), title, tuple(_warnings(pages)))


def _pages(document: Any, progress: Progress | None) -> Iterator[_Page]:
    for number in range(1, document.page_count + 1):
        try:
            yield _read(document[number - 1], number)
        except mupdf_errors() as error:
            yield _Page(PageInfo(number, 0, 0), 0, {}, reason(error))
        if progress is not None:
            progress(number, document.page_count)


def _read(page: Any, number: int) -> _Page:
    frames = read_glyphs(page)
    chars = sum(_visible(glyph.text) for lines in frames.values() for line in lines for glyph in line)
    found: PageRuns = {}
    problem = ""
    # The direction of most text first: it also says which way the tables stand.
    for frame in sorted(frames, key=lambda f: -sum(map(len, frames[f]))):
        tables = find_tables(page, frame, frames[frame])
        found[frame] = runs(tables.rest) + [Run("", t.rect, 0, False, t.rows) for t in tables.tables]
        if tables.skipped_edges:
            problem = f"tables were not looked for among {tables.skipped_edges} ruling lines"
    info = PageInfo(number, page.rect.width, page.rect.height, page.rotation, chars, len(page.get_images()))
    height = page.rect.width if page.rotation in (90, 270) else page.rect.height
    return _Page(info, height, found, problem)


def _visible(char: str) -> bool:
    """Fonts without a map to Unicode may give control characters: a page of those has no text."""
    return not char.isspace() and category(char) not in ("Cc", "Cf")


def _bookmarks(document: Any) -> list[Bookmark]:
    try:
        return [Bookmark(level, title, page) for level, title, page in document.get_toc(simple=True)]
    except mupdf_errors():
        # A damaged outline costs headings, which numbering and size can still give.
        return []


def _require_text(pages: Sequence[_Page], name: str) -> None:
    if any(page.info.text_chars for page in pages):
        return
    broken = [page for page in pages if page.problem]
    if len(broken) == len(pages):
        raise CorruptFile(name=name, kind="PDF", reason=broken[0].problem)
    raise NoText(name=name, pages=len(pages), images=sum(page.info.images > 0 for page in pages))


def _blocks(pages: Sequence[_Page], bookmarks: Sequence[Bookmark]) -> tuple[Block, ...]:
    kept = drop_running([(page.height, page.runs) for page in pages])
    found = {
        page.info.number: list(_paragraphs(runs_, {squeeze(b.title) for b in bookmarks if b.page == page.info.number}))
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
    if first.rows:
        return Block("table", tuple(Line(text, frame.box(rect)) for text, rect in first.rows), page)
    lines = tuple(Line(line.text, frame.box(line.rect)) for line in paragraph.lines)
    return Block("heading" if level else "text", lines, page, level=level)


def _warnings(pages: Sequence[_Page]) -> Iterator[str]:
    for page in pages:
        if page.problem:
            yield f"Page {page.info.number}: {page.problem}."
    scans = [page.info.number for page in pages if not page.info.text_chars and page.info.images]
    if scans:
        yield f"Pages that are images without text, not read: {_ranges(scans)}."
    empty = [p.info.number for p in pages if not (p.info.text_chars or p.info.images or p.problem)]
    if empty:
        yield f"Pages without text: {_ranges(empty)}."


def _ranges(numbers: Sequence[int]) -> str:
    """`1, 3-5` for 1, 3, 4, 5."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
