"""What every parser ends with: a document, or the error that says it holds no text."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.document import Block, ParsedDocument
from ingest.errors import NoText
from ingest.notices import Notice


def document_of(
    blocks: Iterable[Block], name: str, *, title: str = "", warnings: Iterable[Notice] = (), images: int = 0
) -> ParsedDocument:
    """Raises NoText where there is no block."""
    kept = tuple(blocks)
    if not kept:
        raise NoText(name=name, pages=0, images=images)
    return ParsedDocument(kept, title=title, warnings=tuple(warnings))
