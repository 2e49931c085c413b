"""Builds hits and sources for tests of what comes after search."""

from __future__ import annotations

from app.answering.events import SearchHit, Source
from ingest.document import Anchor, Box
from ingest.store.records import StoredChunk


def a_source(
    text: str,
    n: int = 1,
    *,
    name: str = "年报.pdf",
    page: int | None = 1,
    heading_path: tuple[str, ...] = (),
    start: int = 0,
    similarity: float | None = 0.9,
) -> Source:
    """A source whose every line has an anchor of its own, boxed on `page`."""
    chunk = StoredChunk(
        key=n,
        id=f"chunk-{n}",
        document_id=f"document-{name}",
        document_name=name,
        base_id="default",
        ordinal=n,
        start=start,
        end=start + len(text),
        text=text,
        heading_path=heading_path,
        tokens=len(text),
        page=page,
        location="" if page else "第一章",
    )
    anchors = []
    at = start
    for number, line in enumerate(text.split("\n")):
        if line:
            box = Box(0, 10 * number, 100, 10 * number + 10) if page else None
            anchors.append(Anchor(at, at + len(line), page, box, "" if page else "第一章"))
        at += len(line) + 1
    return Source(n, SearchHit(chunk, 1.0 / n, ("dense",), similarity), tuple(anchors))
