"""Parsed documents and errors as JSON: how the parser process answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ingest.document import Block, Box, Cell, Line, PageReport, ParsedDocument, Row, Table
from ingest.errors import IngestError
from ingest.notices import Notice


def pack(document: ParsedDocument) -> dict[str, Any]:
    """A document as plain lists and strings; coordinates keep two decimals."""
    return {
        "blocks": [_pack_block(block) for block in document.blocks],
        "pages": [asdict(page) for page in document.pages],
        "title": document.title,
        "warnings": [[notice.code, dict(notice.params)] for notice in document.warnings],
    }


def unpack(data: dict[str, Any]) -> ParsedDocument:
    """The document that `pack` was given."""
    return ParsedDocument(
        blocks=tuple(_unpack_block(block) for block in data["blocks"]),
        pages=tuple(PageReport(**{**page, "removed": tuple(page["removed"])}) for page in data["pages"]),
        title=data["title"],
        warnings=tuple(Notice(code, params) for code, params in data["warnings"]),
    )


def _pack_block(block: Block) -> dict[str, Any]:
    values = {
        "page": block.page,
        "location": block.location,
        "level": block.level,
        "read_as": block.read_as,
        "confidence": block.confidence,
        "continues": block.continues,
    }
    packed: dict[str, Any] = {"kind": block.kind, **{key: value for key, value in values.items() if value}}
    if block.table is None:
        packed["lines"] = [[line.text, _pack_box(line.box)] for line in block.lines]
    else:
        packed["table"] = _pack_table(block.table)
    return packed


def _unpack_block(data: dict[str, Any]) -> Block:
    lines = tuple(Line(text, _unpack_box(box)) for text, box in data.pop("lines", ()))
    table = data.pop("table", None)
    return Block(**data, lines=lines, table=None if table is None else _unpack_table(table))


def _pack_table(table: Table) -> list[Any]:
    rows = [
        [row.location, [[c.text, c.column, c.rows, c.columns, _pack_box(c.box)] for c in row.cells]]
        for row in table.rows
    ]
    return [table.header_rows, rows]


def _unpack_table(data: list[Any]) -> Table:
    header_rows, rows = data
    return Table(
        tuple(
            Row(
                tuple(
                    Cell(text, column, height, width, _unpack_box(box)) for text, column, height, width, box in cells
                ),
                location,
            )
            for location, cells in rows
        ),
        header_rows,
    )


def _pack_box(box: Box | None) -> list[float] | None:
    return None if box is None else [round(v, 2) for v in (box.x0, box.y0, box.x1, box.y1)]


def _unpack_box(box: list[float] | None) -> Box | None:
    return None if box is None else Box(*box)


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
