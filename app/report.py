"""How a document was read, as a whole and page by page: what people look at before they trust its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.document import PageReport

Look = Literal["", "unread", "empty", "garbled", "mixed", "unsure"]
# Below it, about every tenth character that OCR gives is wrong.
UNSURE = 0.85


@dataclass(frozen=True)
class Totals:
    """Pages by the way they were read, and what stands on them. `blocks` counts by kind."""

    pages: int
    text: int
    ocr: int
    empty: int
    garbled: int
    look: int
    columns: int
    tables: int
    removed: int
    confidence: float | None
    blocks: Mapping[str, int]


def look_of(page: PageReport) -> Look:
    """Why a person should look at a page, or nothing.

    `unread` is an image without text, `garbled` a text layer that was not believed, `mixed` one of which
    OCR replaced a part, `unsure` a low confidence of OCR.
    """
    if page.read_as == "none" or (page.read_as == "text" and not page.text_chars):
        return "unread" if page.images else "empty"
    if page.garbled:
        return "mixed" if page.read_as == "text" else "garbled"
    return "unsure" if page.confidence is not None and page.confidence < UNSURE else ""


def totals_of(pages: Sequence[PageReport], kinds: Iterable[str]) -> Totals:
    """The whole of a document whose blocks are of these kinds."""
    counts = Counter(kinds)
    looks = [look_of(page) for page in pages]
    without = sum(look in ("unread", "empty") for look in looks)
    sure = [page.confidence for page in pages if page.confidence is not None]
    by_ocr = sum(page.read_as == "ocr" for page in pages)
    return Totals(
        pages=len(pages),
        text=len(pages) - by_ocr - without,
        ocr=by_ocr,
        empty=without,
        garbled=sum(bool(page.garbled) for page in pages),
        look=sum(map(bool, looks)),
        columns=max((page.columns for page in pages), default=1),
        tables=counts["table"],
        removed=sum(len(page.removed) for page in pages),
        confidence=round(sum(sure) / len(sure), 4) if sure else None,
        blocks=dict(counts),
    )
