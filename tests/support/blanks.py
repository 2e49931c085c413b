"""What the scripted site answers with, each as plain as it can be; tests change what they are about."""

from __future__ import annotations

from typing import Any

from tests.support.scripted_content import PAGE_HEIGHT, PAGE_WIDTH


def blank_base(base_id: str, name: str, **changes: Any) -> dict[str, Any]:
    settings = {"redact": False, "keep_originals": True, "refusal": "balanced"}
    base = {"id": base_id, "name": name, "documents": 0, "chunks": 0, "outdated": 0, "originals": 0, "unread": 0}
    return {**base, "settings": settings, **changes}


def blank_page(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "width": PAGE_WIDTH,
        "height": PAGE_HEIGHT,
        "rotation": 0,
        "text_chars": 1234,
        "images": 0,
        "read_as": "text",
        "garbled": "",
        "confidence": None,
        "skew": 0,
        "columns": 1,
        "tables": 0,
        "layout": "rules",
        "removed": [],
        "checked": False,
        "look": "",
        **changes,
    }


def blank_document(document_id: str, base: str, name: str, size: int) -> dict[str, Any]:
    return {
        "id": document_id,
        "base": base,
        "name": name,
        "size": size,
        "media_type": "application/pdf",
        "status": "queued",
        "stage": "queued",
        "done": 0,
        "total": 0,
        "error": None,
        "pages": 0,
        "chunks": 0,
        "characters": 0,
        "revision": 1,
        "redacted": False,
        "kept": True,
        "attempts": 0,
        "next_try": None,
        "warnings": [],
        "created_at": "2026-03-04T05:06:07Z",
        "updated_at": "2026-03-04T05:06:07Z",
    }


def report_of(pages: list[dict[str, Any]], chunks: list[dict[str, Any]], warnings: list[Any]) -> dict[str, Any]:
    kinds = ("text", "ocr", "empty", "garbled", "columns", "tables", "removed")
    totals = {
        **dict.fromkeys(kinds, 1),
        "pages": len(pages),
        "look": sum(bool(page["look"]) for page in pages),
        "confidence": 0.8 if pages else None,
        "blocks": {"heading": 4, "text": 31, "table": 1},
    }
    blocks = [
        {"kind": "text", **{key: chunk[key] for key in ("location", "heading_path", "start", "end")}}
        for chunk in chunks
    ]
    return {
        "parser": "2.2.1", "seconds": 0.4, "totals": totals, "pages": pages, "blocks": blocks, "warnings": warnings
    }  # fmt: skip
