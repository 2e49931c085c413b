"""What every parser ends with: a document, or the error that says it holds no text."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.characters import tidy
from ingest.document import Block, ParsedDocument
from ingest.errors import NoText, TooManyCells
from ingest.notices import Notice
from ingest.parsers.sheet_blocks import MAX_CELLS


def require_text(parsed: ParsedDocument, name: str) -> None:
    """Raises NoText where nothing of a document is left once invisible characters are taken out."""
    if any(map(_has_text, parsed.blocks)):
        return
    scans = sum(1 for page in parsed.pages if page.images and not page.text_chars)
    raise NoText(name=name, pages=len(parsed.pages), images=scans)


def require_size(parsed: ParsedDocument, name: str) -> None:
    """Raises TooManyCells where the tables, written out, have more places than a workbook may have cells.

    A few merged cells, or one long row above many short ones, make a grid of any size.
    """
    places = sum(len(block.table.rows) * block.table.columns for block in parsed.blocks if block.table)
    if places > MAX_CELLS:
        raise TooManyCells(name=name, limit=MAX_CELLS)


def _has_text(block: Block) -> bool:
    rows = block.table.rows if block.table else ()
    cells = (cell.text for row in rows for cell in row.cells)
    return any(map(tidy, cells if rows else (line.text for line in block.lines)))


def document_of(
    blocks: Iterable[Block], name: str, *, title: str = "", warnings: Iterable[Notice] = (), images: int = 0
) -> ParsedDocument:
    """Raises NoText where there is no block."""
    kept = tuple(blocks)
    if not kept:
        raise NoText(name=name, pages=0, images=images)
    return ParsedDocument(kept, title=title, warnings=tuple(warnings))
