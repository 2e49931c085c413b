"""The content of each page: its runs of text, its tables, and how it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unicodedata import category

from ingest.document import PageReport
from ingest.notices import Notice
from ingest.pdf.glyphs import Run, read_glyphs, runs
from ingest.pdf.opened import mupdf_errors, reason
from ingest.pdf.running import PageRuns
from ingest.pdf.tables import find_tables

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Page:
    """What stands on a page, by reading frame. `height` is that of the unrotated page."""

    report: PageReport
    height: float
    runs: PageRuns
    problem: Notice | None = None


def read_pages(document: Any, progress: Progress | None = None) -> Iterator[Page]:
    """Read every page; a damaged one is given with its problem and without content."""
    for number in range(1, document.page_count + 1):
        try:
            yield _read(document[number - 1], number)
        except mupdf_errors() as error:
            yield Page(
                PageReport(number, 0, 0, read_as="none"),
                0,
                {},
                Notice("page-damaged", {"page": number, "reason": reason(error)}),
            )
        if progress is not None:
            progress(number, document.page_count)


def _read(page: Any, number: int) -> Page:
    frames = read_glyphs(page)
    chars = sum(_visible(glyph.text) for lines in frames.values() for line in lines for glyph in line)
    found: PageRuns = {}
    problem = None
    # The direction of most text first: it also says which way the tables stand.
    for frame in sorted(frames, key=lambda f: -sum(map(len, frames[f]))):
        tables = find_tables(page, frame, frames[frame])
        found[frame] = runs(tables.rest) + [Run("", t.rect, 0, False, t.table) for t in tables.tables]
        if tables.skipped_edges:
            problem = Notice("tables-not-sought", {"page": number, "edges": tables.skipped_edges})
    report = PageReport(number, page.rect.width, page.rect.height, page.rotation, chars, len(page.get_images()))
    height = page.rect.width if page.rotation in (90, 270) else page.rect.height
    return Page(report, height, found, problem)


def _visible(char: str) -> bool:
    """Fonts without a map to Unicode may give control characters: a page of those has no text."""
    return not char.isspace() and category(char) not in ("Cc", "Cf")
