"""Makes data folders as earlier versions left them: `python -m tests.data.make_catalogs [REVISION ...]`.

Without a revision it makes those that are missing. What is there is never made again: rows are written here as the
versions of each revision wrote them, by this file alone, and the schema by the migrations up to it.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sqlite3
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from ingest.store import database
from tests.support.fakes import HashEmbedder

FOLDER = Path(__file__).parent / "catalogs"
MIGRATIONS = Path(database.__file__).parent / "migrations"
NAME, HEADING = "员工手册.pdf", "第一章 年休假"
LINES = ("员工连续工作满一年，每年享有十天带薪年休假。", "年休假当年用完，不跨年。")
WORDS = "员工 手册 第1章 年休假 员工 连续 工作 满 一年 每年 享有 十天 带薪 年休假 年休假 当年 用完 不 跨年"
WAITING = "# 报销\n\n差旅费在三十日内报销。\n"
ANSWER = "员工每年享有十天带薪年休假。"
WHEN = 1_760_000_000.0


def revisions() -> list[str]:
    """Every revision of the schema, the first one first."""
    return sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revisions", nargs="*", help="all that are missing without")
    missing = [revision for revision in revisions() if not (FOLDER / f"{revision}.zip").exists()]
    for revision in parser.parse_args().revisions or missing:
        data = _made(revision)
        (FOLDER / f"{revision}.zip").write_bytes(data)
        print(f"{revision}: {len(data):,} bytes")


def _made(revision: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.db"
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        engine.dispose()
        with sqlite3.connect(path) as rows:
            _fill(rows, revision)
        rows.execute("VACUUM")
        rows.close()
        waiting = hashlib.sha256(WAITING.encode()).hexdigest()
        return _zipped({"catalog.db": path.read_bytes(), f"originals/{waiting[:2]}/{waiting}": WAITING.encode()})


def _fill(rows: sqlite3.Connection, revision: str) -> None:
    # What a row has since when; a revision that came later has all of it.
    def since(first: str, **values: object) -> dict[str, object]:
        return values if revision >= first else {}

    settings = since("0002", settings=json.dumps({"redact": False, "keep_originals": True}))
    _add(rows, "bases", id="default", name="default", name_key="default", created_at=WHEN, generation=1, **settings)
    analyser = "4" if revision >= "0003" else "1"
    for key, value in (("analyser", analyser), ("embedder", "hash-64-512")):
        _add(rows, "settings", key=key, value=value)
    read = since("0002", parser="pdf", seconds=1.5, redacted=0, kept=1)
    # Sentences, before remarks had codes.
    remark = "第 2 页没有文字。" if revision < "0002" else ["pictures-unread", {"count": 1}]
    _document(rows, "d1", NAME, b"gone", "application/pdf", status="ready", revision=1, warnings=[remark], **read)
    _text(rows, revision)
    _chunk(rows, since)
    _conversation(rows, since)
    content = WAITING.encode()
    _document(rows, "d2", "报销.md", content, "text/markdown", status="queued", revision=0, warnings=[])
    job = since("0004", owner="", place="", beat_at=0.0, lease_until=0.0, fault="", strikes=0)
    sha256 = hashlib.sha256(content).hexdigest()
    job |= {"id": 1, "document_id": "d2", "kind": "ingest", "sha256": sha256, "size": len(content), "created_at": WHEN}
    # It was being read when that version was stopped.
    _add(rows, "jobs", **job, media_type="text/markdown", state="running", attempts=1, not_before=0.0)
    if revision >= "0005":
        hidden = {"status": "ready", "revision": 1, "warnings": [], "deleted_at": WHEN}
        _document(rows, "d3", "旧手册.md", b"old", "text/markdown", **hidden)
    if revision >= "0006":
        user = {"id": "u1", "name": "wang", "name_key": "wang", "password": "$argon2id$none", "is_owner": 1}
        _add(rows, "users", **user, created_at=WHEN)
    if revision >= "0008":
        _add(rows, "bases", id="b1", name="旧库", name_key="b1", created_at=WHEN, generation=1, deleted_at=WHEN)


def _document(rows: sqlite3.Connection, key: str, name: str, content: bytes, media_type: str, **values: Any) -> None:
    ready = values["status"] == "ready"
    values["warnings"] = json.dumps(values["warnings"], ensure_ascii=False)
    stage = {"stage": "done" if ready else "queued", "done": int(ready), "total": int(ready)}
    size = {"pages": 2 * ready, "chunks": int(ready), "characters": len(_text_of()) * ready}
    bytes_of = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "media_type": media_type}
    times = {"created_at": WHEN, "updated_at": WHEN, "error_params": "{}"}
    _add(rows, "documents", id=key, base_id="default", name=name, **bytes_of, **stage, **size, **times, **values)


def _text_of() -> str:
    return "\n".join((HEADING, *LINES))


def _spans() -> list[tuple[int, int]]:
    """Where each line stands in the text."""
    spans, at = [], 0
    for line in (HEADING, *LINES):
        spans.append((at, at + len(line)))
        at += len(line) + 1
    return spans


def _text(rows: sqlite3.Connection, revision: str) -> None:
    spans = _spans()
    anchors = {
        "start": [start for start, _ in spans],
        "end": [end for _, end in spans],
        "page": [1, 1, 1],
        "box": [[72.0, 72.0 + 20 * number, 500.0, 86.0 + 20 * number] for number in range(3)],
        "location": [0, 0, 0],
        "locations": [""],
    }
    # Blocks got the heads of their tables, and their merged cells, later; pages a report of how they were read.
    more = {"0001": [], "0002": [[]]}.get(revision, [[], []])
    blocks = [[*spans[0], "heading", [], *more], [spans[1][0], spans[2][1], "text", [HEADING], *more]]
    report = ["text", "", None, 0.0, 1, 0, "rules", []] if revision >= "0002" else []
    report += [False] if revision >= "0003" else []
    pages = [[1, 595.0, 842.0, 0, 40, 0, *report], [2, 595.0, 842.0, 0, 0, 0, *report]]
    packed = {name: _packed(value) for name, value in (("anchors", anchors), ("blocks", blocks), ("pages", pages))}
    _add(rows, "texts", document_id="d1", body=zlib.compress(_text_of().encode(), 6), **packed)


def _chunk(rows: sqlite3.Connection, since: Any) -> None:
    _, (start, _), (_, end) = _spans()
    text = "\n".join(LINES)
    place = {"ordinal": 0, "start": start, "end": end, "heading_path": json.dumps([HEADING], ensure_ascii=False)}
    known = {"document_id": "d1", "base_id": "default", "tokens": len(text), "page": 1, "location": ""}
    _add(rows, "chunks", key=1, id="c1", text=text, **place, **known)
    _add(rows, "keywords", rowid=1, tokens=WORDS)
    indexed = f"员工手册 > {HEADING}\n{text}"
    vector = HashEmbedder().embed_query(indexed)
    parts = (vector / np.abs(vector).max() * 127).round().astype(np.int8)
    more = since("0003", windows=parts.tobytes())
    more |= since("0010", digest=hashlib.blake2b(indexed.encode(), digest_size=16).digest())
    _add(rows, "vectors", chunk_key=1, fingerprint="hash-64-512", vector=vector.astype("<f2").tobytes(), **more)


def _conversation(rows: sqlite3.Connection, since: Any) -> None:
    start, end = _spans()[1]
    quote = {"n": 1, "document": "d1", "revision": 1, "start": start, "end": end, "support": "supported"}
    source = {
        "n": 1,
        "document": "d1",
        "chunk": "c1",
        "score": 1.0,
        "found_by": ["dense", "lexical"],
        "similarity": 0.9,
    }
    sentence = {"start": 0, "end": len(ANSWER), "support": "supported", "citations": [quote]} | since(
        "0003", unfounded=[]
    )
    times = {"load": 0.0, "retrieve": 0.1, "first_token": 0.2, "total": 0.6}
    told = {"sources": [source], "sentences": [sentence], "timings": times | {"finish": "stop"}}
    told |= {"scope": {"bases": ["default"], "documents": None}} | since("0003", extract=quote)
    _add(rows, "conversations", id="t1", title="年休假", base_ids='["default"]', created_at=WHEN, updated_at=WHEN)
    kept = {"id": "a1", "conversation_id": "t1", "ordinal": 0, "question": "每年有几天年休假？", "answer": ANSWER}
    kept |= {name: json.dumps(value) for name, value in (told | since("0008", earlier=[])).items()}
    kept |= since("0007", rating="up")
    _add(rows, "answers", **kept, state="done", model="tiny", created_at=WHEN)


def _add(rows: sqlite3.Connection, table: str, **values: object) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    rows.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})", list(values.values()))


def _packed(value: object) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def _zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
    return made.getvalue()


if __name__ == "__main__":
    main()
