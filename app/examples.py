"""One example of everything that travels over REST, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

Example = dict[str, Any]

MOMENT = "2026-01-01T08:00:00.000Z"
DOCUMENT_ID = "5c1e0a7d4b3f4c1c9a3f6f1f2d1b7e90"
CONVERSATION_ID = "0d9c2f6b8f5e4a3aa7a1b1c2d3e4f506"
RUN_ID = "b7a1c2d3e4f5460d9c2f6b8f5e4a3aa7"

PROBLEM: Example = {
    "type": "/problems/unknown-base",
    "title": "unknown-base",
    "status": 404,
    "detail": "There is no knowledge base called contracts. Create it first, or choose another.",
}
BASE_SETTINGS: Example = {"redact": True, "keep_originals": True, "refusal": "balanced"}
BASE: Example = {
    "id": "default",
    "name": "default",
    "documents": 3,
    "chunks": 412,
    "settings": BASE_SETTINGS,
    "outdated": 1,
    "unread": 0,
    "originals": 3,
    "created_at": MOMENT,
}
REREAD: Example = {"queued": 1, "without_original": ["合同.docx"]}
READING: Example = {"paused": True}
NOTICE: Example = {"code": "pages-empty", "text": "Pages without text: 2-3."}
DOCUMENT: Example = {
    "id": DOCUMENT_ID,
    "base": "default",
    "name": "员工手册.pdf",
    "size": 232448,
    "media_type": "application/pdf",
    "status": "ready",
    "stage": "done",
    "done": 12,
    "total": 12,
    "error": None,
    "pages": 3,
    "chunks": 12,
    "characters": 4180,
    "revision": 1,
    "redacted": False,
    "kept": True,
    "attempts": 0,
    "next_try": None,
    "warnings": [NOTICE],
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
UPLOADED: Example = DOCUMENT | {"created": True}
REFUSED_FILE: Example = {
    "name": "空.pdf",
    "error": {
        "type": "/problems/empty-file",
        "title": "empty-file",
        "status": 422,
        "detail": "空.pdf is empty (0 bytes). Check that it was saved or copied completely.",
    },
}
GUIDE: Example = {
    "base": BASE | {"id": "4f0c", "name": "知文指南", "documents": 2},
    "documents": [DOCUMENT | {"base": "4f0c", "name": "知文指南.md", "status": "queued", "stage": "queued"}],
    "questions": ["标记的颜色是什么意思？"],
}
DOCUMENT_PAGE: Example = {"items": [DOCUMENT], "total": 1, "page": 1, "per_page": 50}
BOX: Example = {"page": 2, "x0": 71.0, "y0": 150.2, "x1": 523.8, "y1": 164.9}
CHUNK: Example = {
    "id": "9f2b6c1d0e4a48f7b3a5c6d7e8f90123",
    "ordinal": 4,
    "text": "员工连续工作满一年，每年享有十天带薪年休假；满五年的，每年享有十五天。",
    "heading_path": ["第二章 休假", "第一节 年休假"],
    "page": 2,
    "location": "",
    "start": 118,
    "end": 153,
    "tokens": 41,
    "boxes": [BOX],
}
PAGE_REPORT: Example = {
    "number": 1,
    "width": 595.0,
    "height": 842.0,
    "rotation": 0,
    "text_chars": 812,
    "images": 0,
    "read_as": "text",
    "garbled": "",
    "confidence": None,
    "skew": 0.0,
    "columns": 2,
    "tables": 1,
    "layout": "rules",
    "removed": ["员工手册", "- 1 -"],
    "checked": False,
    "look": "",
}
TOTALS: Example = {
    "pages": 3,
    "text": 1,
    "ocr": 0,
    "empty": 2,
    "garbled": 0,
    "look": 2,
    "columns": 2,
    "tables": 1,
    "removed": 2,
    "confidence": None,
    "blocks": {"heading": 4, "text": 31, "table": 1},
}
BLOCK: Example = {"kind": "table", "location": "Sheet1!A1:F5", "heading_path": [], "start": 0, "end": 182}
REPORT: Example = {
    "parser": "2.2.1",
    "seconds": 0.41,
    "totals": TOTALS,
    "pages": [PAGE_REPORT],
    "blocks": [],
    "warnings": [NOTICE],
}
SOURCE: Example = {
    "n": 1,
    "chunk": CHUNK["id"],
    "document": DOCUMENT_ID,
    "name": DOCUMENT["name"],
    "base": "default",
    "page": 2,
    "location": "",
    "heading_path": CHUNK["heading_path"],
    "text": CHUNK["text"],
    "boxes": [BOX],
    "score": 1.43,
    "found_by": ["dense", "lexical"],
}
CITATION: Example = {
    "n": 1,
    "document": DOCUMENT_ID,
    "name": DOCUMENT["name"],
    "page": 2,
    "location": "",
    "quote": "满五年的，每年享有十五天。",
    "boxes": [BOX],
    "support": "supported",
}
CLAIM: Example = {"start": 12, "end": 16, "text": "2027", "kind": "number"}
SENTENCE: Example = {
    "start": 0,
    "end": 23,
    "text": "员工连续工作满五年，每年享有十五天带薪年休假。",
    "support": "supported",
    "citations": [CITATION],
    "unfounded": [],
}
TIMINGS: Example = {"load": 0.0, "retrieve": 0.05, "first_token": 5.0, "total": 6.1}
SEARCH_IN: Example = {"question": "年休假有几天？", "bases": ["default"], "k": 5}
SEARCH: Example = {"hits": [SOURCE], "partial": None, "timings": TIMINGS | {"first_token": None}}
QUESTION_IN: Example = {"question": "满五年的员工，年休假有几天？", "bases": ["default"]}
ASK_IN: Example = {**QUESTION_IN, "stream": False}
ANSWER: Example = {
    "run": RUN_ID,
    "conversation": CONVERSATION_ID,
    "answer": SENTENCE["text"],
    "refused": False,
    "extract": CITATION,
    "sentences": [SENTENCE],
    "sources": [SOURCE],
    "partial": None,
    "absent": [],
    "model": "qwen2.5-coder-1.5b-instruct",
    "finish": "stop",
    "timings": TIMINGS,
}
SUGGESTION: Example = {
    "question": "文档中怎样介绍年休假？",
    "heading": "年休假",
    "document": DOCUMENT_ID,
    "name": DOCUMENT["name"],
}
CONVERSATION: Example = {
    "id": CONVERSATION_ID,
    "title": ASK_IN["question"],
    "bases": ["default"],
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
TURN: Example = {
    "id": RUN_ID,
    "question": ASK_IN["question"],
    "documents": [],
    "answer": ANSWER["answer"],
    "state": "done",
    "sources": [SOURCE],
    "partial": None,
    "sentences": [SENTENCE],
    "extract": CITATION,
    "timings": TIMINGS,
    "model": ANSWER["model"],
    "error": None,
    "absent": [],
    "rating": "up",
    "created_at": MOMENT,
}
PULLING: Example = {"done": 48072524, "total": 1117320768, "speed": 5242880.0, "seconds_left": 204.0}
DOWNLOAD: Example = PULLING | {"running": True, "error": None}
FIT: Example = {"grade": "fits", "needed": 1434761216, "on_gpu": False}
RATE: Example = {"tokens": 141.5, "works": 12}
GAUGE: Example = {
    "memory": 1934297661,
    "mapped": 1111375217,
    "gpu_memory": 0,
    "layers": 28,
    "offloaded_layers": 0,
    "read": RATE,
    "written": {"tokens": 17.2, "works": 12},
}
GAUGES: Example = {"llm": GAUGE, "embedder": None}
GPU: Example = {"name": "NVIDIA H200", "memory": 150754820096, "free": 149812150272}
MACHINE: Example = {
    "memory": 16777216000,
    "available": 9437184000,
    "own": 2621440000,
    "disk_free": 120000000000,
    "gpus": [],
    "backends": ["CPU"],
}
MODEL: Example = {
    "name": ANSWER["model"],
    "kind": "llm",
    "title": ANSWER["model"],
    "licence": "Apache-2.0",
    "size": 1117320768,
    "installed": True,
    "active": True,
    "default": True,
    "kept": 0,
    "fit": FIT,
    "pulling": None,
    "error": None,
}
SLOT: Example = {"name": ANSWER["model"], "state": "ready", "error": None}
EMBEDDER_SLOT: Example = {"name": "multilingual-e5-small", "state": "ready", "error": None}
MOVE: Example = {"done": 12, "total": 40, "failed": []}
RUNTIME: Example = {
    "llm": SLOT,
    "embedder": EMBEDDER_SLOT,
    "moving": MOVE,
    "remote": False,
    "measured": GAUGES,
    "machine": MACHINE,
}
ANSWER_LENGTH: Example = {"value": "detailed", "fixed_by": None}
CONVERSATION_DAYS: Example = {"value": 90, "fixed_by": "ZHIWEN_CONVERSATION_DAYS"}
SETTINGS: Example = {"answer_length": ANSWER_LENGTH, "conversation_days": CONVERSATION_DAYS}
BACKUP: Example = {"made_at": MOMENT, "documents": 3, "originals": 3, "size": 24_100_000, "lost": ["合同.docx"]}
BACKUPS: Example = {"busy": False, "last": BACKUP}
BASE_STORAGE: Example = {"id": "default", "name": "default", "documents": 3, "chunks": 412, "originals": 21_000_000}
DISK: Example = {
    "folder": "/srv/zhiwen/data",
    "catalog": 9_400_000,
    "originals": 21_000_000,
    "indexes": 640_000,
    "pictures": 310_000,
    "rest": 2_100,
    "models": 1_200_000_000,
    "free": 84_000_000_000,
}
STORAGE: Example = {"bases": [BASE_STORAGE], "disk": DISK}
USER_ID = "9f6e5d4c3b2a4f1e8d7c6b5a49382716"
ME: Example = {
    "name": "李明",
    "owner": False,
    "scopes": ["admin", "ask", "read", "write"],
    "roles": {"default": "editor"},
}
KEY_IN: Example = {"name": "nightly import", "scopes": ["read", "write"], "bases": ["default"]}
KEY: Example = {"id": "1f2e3d4c5b6a7988"} | KEY_IN | {"created_at": MOMENT, "used_at": None}
NEW_KEY: Example = KEY | {"key": "zw_1f2e3d4c5b6a7988_3q2-7wB0"}
USER: Example = {"id": USER_ID, "name": "李明", "owner": False, "created_at": MOMENT}
MEMBER: Example = {"user": USER_ID, "name": "李明", "role": "editor", "fixed": False}
HEALTH: Example = {"status": "ok", "version": "0.1.0", "llm": SLOT, "embedder": EMBEDDER_SLOT, "download": None}
