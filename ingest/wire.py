"""Parsed documents and errors as JSON: how the parser process answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.document import Block, Box, Line, PageInfo, ParsedDocument
from ingest.errors import IngestError


def pack(document: ParsedDocument) -> dict[str, Any]:
    """A document as plain lists and strings; coordinates keep two decimals."""
    return {
        "blocks": [
            [b.kind, b.page, b.location, b.level, b.read_as, b.confidence, [_pack_line(x) for x in b.lines]]
            for b in document.blocks
        ],
        "pages": [[p.number, p.width, p.height, p.rotation, p.text_chars, p.images] for p in document.pages],
        "title": document.title,
        "warnings": list(document.warnings),
    }


def unpack(data: dict[str, Any]) -> ParsedDocument:
    """The document that `pack` was given."""
    return ParsedDocument(
        blocks=tuple(
            Block(
                kind,
                tuple(Line(text, Box(*box) if box else None) for text, box in lines),
                page=page,
                location=location,
                level=level,
                read_as=read_as,
                confidence=confidence,
            )
            for kind, page, location, level, read_as, confidence, lines in data["blocks"]
        ),
        pages=tuple(PageInfo(*page) for page in data["pages"]),
        title=data["title"],
        warnings=tuple(data["warnings"]),
    )


def _pack_line(line: Line) -> list[Any]:
    box = line.box
    return [line.text, None if box is None else [round(v, 2) for v in (box.x0, box.y0, box.x1, box.y1)]]


def pack_error(error: IngestError) -> dict[str, Any]:
    """An error's code and parameters."""
    return {
        "code": error.code,
        "params": {key: v if isinstance(v, (int, float)) else str(v) for key, v in error.params.items()},
    }


def unpack_error(data: dict[str, Any]) -> IngestError:
    """The error that `pack_error` was given."""
    kinds = {kind.code: kind for kind in _subclasses(IngestError)}
    return kinds[data["code"]](**data["params"])


def _subclasses(kind: type[IngestError]) -> Iterator[type[IngestError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)
