"""The text of a document for a page that no script draws: a page at a time, or a part where there are no pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.document import BlockKind, BlockSpan, CleanDocument
from ingest.locate import locate

# A document without pages is shown so many blocks at a time.
BLOCKS = 100


@dataclass(frozen=True)
class PlainBlock:
    """What of a block stands on a page. It is `here` that a reader was led to."""

    kind: BlockKind
    text: str
    here: bool = False


@dataclass(frozen=True)
class PlainPage:
    """Page `number` of `last`, both counted from 1."""

    number: int
    last: int
    blocks: tuple[PlainBlock, ...]


def plain_page(cleaned: CleanDocument, pages: int, number: int = 1, at: int | None = None) -> PlainPage:
    """A page of a document's text. `pages` is how many it has, 0 for formats without.

    Without pages the part that holds character `at` is shown, whatever the number says.
    """
    blocks = cleaned.blocks
    led = next((n for n, block in enumerate(blocks) if at is not None and at < block.end), None)
    if pages:
        number = min(max(number, 1), pages)
        return PlainPage(number, pages, tuple(_on_page(cleaned, number)))
    last = max(1, -(-len(blocks) // BLOCKS))
    number = min(max(number, 1), last) if led is None else led // BLOCKS + 1
    first = (number - 1) * BLOCKS
    part = enumerate(blocks[first : first + BLOCKS], first)
    shown = tuple(_block(cleaned, block, block.start, block.end, n == led) for n, block in part)
    return PlainPage(number, last, shown)


def _on_page(cleaned: CleanDocument, page: int) -> Iterator[PlainBlock]:
    """The blocks of a page; of one that goes on over several pages its lines on this one."""
    for block in cleaned.blocks:
        lines = [each for each in locate(cleaned.anchors, block.start, block.end) if each.page == page]
        if lines:
            start, end = max(block.start, lines[0].start), min(block.end, lines[-1].end)
            yield _block(cleaned, block, start, end)


def _block(cleaned: CleanDocument, block: BlockSpan, start: int, end: int, here: bool = False) -> PlainBlock:
    return PlainBlock(block.kind, cleaned.text[start:end].strip("\n"), here)
