"""`zhiwen parse`: what is read from a file, and how."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands.given import NoSuchPath, add_password, password_of
from app.report import look_of, totals_of
from app.settings import load_settings, parse_limits
from ingest.clean import clean
from ingest.document import PageReport, ParsedDocument
from ingest.parse import parse

_LOOKS = {
    "unread": "an image without text",
    "empty": "empty",
    "garbled": "the text layer was not believed",
    "mixed": "part of the text layer was replaced",
    "unsure": "OCR is not sure",
}


def register(commands: Any) -> None:
    """Add `parse` to the command line."""
    parser = commands.add_parser("parse", help="show what is read from a file")
    parser.add_argument("file", metavar="FILE", type=Path)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print blocks, tables, pages and warnings as JSON")
    form.add_argument("--markdown", action="store_true", help="print Markdown (default)")
    form.add_argument("--report", action="store_true", help="print how each page was read")
    add_password(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what the parser reads."""
    settings = load_settings()
    if not options.file.is_file():
        raise NoSuchPath(path=options.file)
    begin = time.perf_counter()
    parsed = parse(options.file, options.file.name, password=password_of(options), limits=parse_limits(settings))
    seconds = time.perf_counter() - begin
    if options.json:
        print(json.dumps(_whole(parsed, seconds), ensure_ascii=False, indent=2))
    elif options.report:
        print("\n".join(_report(options.file.name, parsed, seconds)))
    else:
        _print_markdown(parsed)
    return 0


def _print_markdown(parsed: ParsedDocument) -> None:
    cleaned = clean(parsed)
    for warning in (*parsed.warnings, *cleaned.notices):
        print(f"zhiwen: {warning}", file=sys.stderr)
    levels = iter([block.level for block in parsed.blocks if block.kind == "heading"])
    for span in cleaned.blocks:
        mark = "#" * max(1, next(levels, 1)) + " " if span.kind == "heading" else ""
        print(f"{mark}{cleaned.text[span.start : span.end]}\n")


def _whole(parsed: ParsedDocument, seconds: float) -> dict[str, Any]:
    """Everything, with the tables once more as plain rows of texts."""
    return {
        "title": parsed.title,
        "seconds": round(seconds, 3),
        "totals": asdict(totals_of(parsed.pages, _kinds(parsed))),
        "pages": [asdict(page) | {"look": look_of(page)} for page in parsed.pages],
        "blocks": [asdict(block) for block in parsed.blocks],
        "tables": list(_tables(parsed)),
        "warnings": [
            {"code": notice.code, "text": str(notice), "params": dict(notice.params)}
            for notice in (*parsed.warnings, *clean(parsed).notices)
        ],
    }


def _kinds(parsed: ParsedDocument) -> Iterator[str]:
    return (block.kind for block in parsed.blocks if not block.continues)


def _tables(parsed: ParsedDocument) -> Iterator[dict[str, Any]]:
    for number, block in enumerate(parsed.blocks):
        if block.table is not None:
            yield {
                "block": number,
                "page": block.page,
                "location": block.location,
                "continues": block.continues,
                "header_rows": block.table.header_rows,
                "rows": block.table.grid(),
            }


def _report(name: str, parsed: ParsedDocument, seconds: float) -> Iterator[str]:
    totals = totals_of(parsed.pages, _kinds(parsed))
    blocks = ", ".join(f"{count} {kind}" for kind, count in totals.blocks.items())
    yield f"{name}: {totals.pages} pages in {seconds:.1f} s; blocks: {blocks or 'none'}"
    if parsed.pages:
        sure = "" if totals.confidence is None else f", confidence {totals.confidence:.2f}"
        yield f"read from the text layer {totals.text}, by OCR {totals.ocr}{sure}, without text {totals.empty}"
        yield f"tables {totals.tables}, removed running lines {totals.removed}, needing a look {totals.look}"
        yield from (f"  page {page.number}: {_page(page)}" for page in parsed.pages)
    yield from (f"warning: {notice}" for notice in (*parsed.warnings, *clean(parsed).notices))


def _page(page: PageReport) -> str:
    parts = [{"ocr": "OCR", "none": "not read"}.get(page.read_as, f"text layer, {page.text_chars} characters")]
    parts += [f"confidence {page.confidence:.2f}"] if page.confidence is not None else []
    of_layer = "garbled in part" if page.read_as == "text" else "garbled"
    parts += [f"{of_layer}: {page.garbled}"] if page.garbled else []
    parts += ["confirmed by OCR"] if page.checked and page.read_as == "text" and not page.garbled else []
    parts += [f"turned by {page.skew:.1f}°"] if page.skew else []
    parts += [f"{page.columns} columns"] if page.columns > 1 else []
    parts += [f"{page.tables} tables"] if page.tables else []
    parts += ["layout by model"] if page.layout == "model" else []
    parts += [f"removed: {' | '.join(page.removed)}"] if page.removed else []
    look = look_of(page)
    return "; ".join(parts) + (f"  <- {_LOOKS[look]}" if look else "")
