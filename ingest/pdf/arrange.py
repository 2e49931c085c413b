"""From what stands on pages to blocks in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.document import Block, Line, PageReport, ReadAs
from ingest.pdf.columns import columns
from ingest.pdf.flow import Placed, flow
from ingest.pdf.headings import Bookmark, body_style, levels
from ingest.pdf.lines import set_lines
from ingest.pdf.pages import Page
from ingest.pdf.paragraphs import Paragraph, paragraphs, squeeze
from ingest.pdf.roles import with_roles
from ingest.pdf.running import PageRuns, Sheet, drop_running
from ingest.pdf.table_heads import joined_tables


@dataclass(frozen=True)
class Arranged:
    """The blocks of a document, and its pages' reports with what layout knows."""

    blocks: tuple[Block, ...]
    reports: tuple[PageReport, ...]


@dataclass(frozen=True)
class _Laid:
    """The paragraphs of a page by region, and how many columns stand side by side."""

    regions: list[list[Paragraph]]
    columns: int


def arrange(pages: Sequence[Page], bookmarks: Sequence[Bookmark]) -> Arranged:
    """Put the runs of all pages into blocks."""
    kept = drop_running([_paper(page) for page in pages])
    sheets = [_lay(each.frames, _titles(page, bookmarks)) for page, each in zip(pages, kept, strict=True)]
    body = body_style([p for sheet in sheets for region in sheet.regions for p in region])
    found = {
        page.report.number: [p for region in with_roles(sheet.regions, *body) for p in region]
        for page, sheet in zip(pages, sheets, strict=True)
    }
    reports = tuple(
        replace(page.report, removed=page.report.removed + each.removed, columns=sheet.columns)
        for page, each, sheet in zip(pages, kept, sheets, strict=True)
    )
    return Arranged(tuple(joined_tables(_blocks(found, levels(found, bookmarks)))), reports)


def _paper(page: Page) -> Sheet:
    shown = page.report
    width = shown.height if shown.rotation in (90, 270) else shown.width
    return Sheet(width, page.height, page.runs)


def _titles(page: Page, bookmarks: Sequence[Bookmark]) -> set[str]:
    return {squeeze(mark.title) for mark in bookmarks if mark.page == page.report.number}


def _lay(frames: PageRuns, titles: set[str]) -> _Laid:
    regions: list[list[Paragraph]] = []
    count = 1
    for frame, several in frames.items():
        found = columns([run for run in several if not run.aside])
        count = max(count, found.count)
        heads = set_lines([run for run in several if run.aside])
        regions.insert(0, list(paragraphs(heads, frame)))
        regions += [list(paragraphs(set_lines(region), frame, titles)) for region in found.regions]
    return _Laid(regions, count)


def _blocks(found: Mapping[int, Sequence[Paragraph]], ranks: Mapping[int, int]) -> Iterator[Block]:
    entries = [Placed(number, p, ranks.get(id(p), 0)) for number, several in found.items() for p in several]
    for entry in flow(entries):
        yield _block(entry)


def _block(entry: Placed) -> Block:
    paragraph, frame = entry.paragraph, entry.paragraph.frame
    table = paragraph.lines[0].table
    sure = paragraph.confidence if table is None else paragraph.lines[0].confidence
    read_as: ReadAs = "text" if sure is None else "ocr"
    if table is not None:
        return Block("table", (), entry.page, table=table, read_as=read_as, confidence=sure)
    lines = tuple(Line(line.text, frame.box(line.rect)) for line in paragraph.lines)
    kind = "heading" if entry.level else paragraph.kind
    return Block(
        kind, lines, entry.page, level=entry.level, read_as=read_as, confidence=sure, continues=paragraph.continues
    )
