"""Cleaned text, anchors, blocks and pages as compressed JSON, window vectors as bytes, and back.

Boxes are kept to a hundredth of a point: finer than any printer, and half the size.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any

import numpy as np

from ingest.document import Anchor, BlockSpan, Box, CleanDocument, PageReport
from ingest.notices import Notice
from models.base import Vectors

_PAGE_FIELDS = [field.name for field in fields(PageReport)]


def pack_text(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8"), 6)


def unpack_text(data: bytes) -> str:
    return zlib.decompress(data).decode("utf-8")


def pack_anchors(anchors: Sequence[Anchor]) -> bytes:
    """Columns rather than rows: they compress better and are read faster. Locations are listed once."""
    locations = list(dict.fromkeys(anchor.location for anchor in anchors))
    place = {location: i for i, location in enumerate(locations)}
    return _pack(
        {
            "start": [anchor.start for anchor in anchors],
            "end": [anchor.end for anchor in anchors],
            "page": [anchor.page for anchor in anchors],
            "box": [_numbers(anchor.box) for anchor in anchors],
            "location": [place[anchor.location] for anchor in anchors],
            "locations": locations,
        }
    )


def unpack_anchors(data: bytes) -> tuple[Anchor, ...]:
    kept = _unpack(data)
    columns = (kept[name] for name in ("start", "end", "page", "box", "location"))
    return tuple(
        Anchor(start, end, page, Box(*box) if box else None, kept["locations"][location])
        for start, end, page, box, location in zip(*columns, strict=True)
    )


def pack_blocks(blocks: Sequence[BlockSpan]) -> bytes:
    return _pack([[b.start, b.end, b.kind, b.heading_path, b.heads, b.spans] for b in blocks])


def unpack_blocks(data: bytes) -> tuple[BlockSpan, ...]:
    """Blocks of a catalog from before tables had heads have four parts, and from before they had spans five."""
    return tuple(
        BlockSpan(start, end, kind, tuple(path), *(tuple(map(tuple, spans)) for spans in rest))
        for start, end, kind, path, *rest in _unpack(data)
    )


def pack_pages(pages: Sequence[PageReport]) -> bytes:
    return _pack([astuple(page) for page in pages])


def unpack_pages(data: bytes) -> tuple[PageReport, ...]:
    """Pages of a catalog from before the parse report have six parts; what they lack is left at its default."""
    return tuple(PageReport(**dict(zip(_PAGE_FIELDS, map(_frozen, page), strict=False))) for page in _unpack(data))


def unpack_clean(body: bytes, anchors: bytes, blocks: bytes) -> CleanDocument:
    return CleanDocument(unpack_text(body), unpack_anchors(anchors), unpack_blocks(blocks))


def pack_notices(notices: Sequence[Notice]) -> str:
    return json.dumps([[notice.code, dict(notice.params)] for notice in notices], ensure_ascii=False)


def unpack_notices(data: str) -> tuple[Notice, ...]:
    """Catalogs from before notices had codes hold plain sentences."""
    return tuple(
        Notice("earlier", {"text": entry}) if isinstance(entry, str) else Notice(*entry) for entry in json.loads(data)
    )


def pack_rows(rows: Vectors) -> bytes:
    """Vectors of any length as one byte a dimension: their direction to about a half percent."""
    largest = np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-12)
    packed: bytes = (rows / largest * 127).round().astype(np.int8).tobytes()
    return packed


def unpack_rows(data: bytes, dimensions: int) -> Vectors:
    """The vectors at length 1, shape (rows, dimensions)."""
    rows = np.frombuffer(data, dtype=np.int8).reshape(-1, dimensions).astype(np.float32)
    unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _numbers(box: Box | None) -> list[float] | None:
    return None if box is None else [round(value, 2) for value in astuple(box)]


def _pack(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8"), 6)


def _unpack(data: bytes) -> Any:
    return json.loads(zlib.decompress(data))
