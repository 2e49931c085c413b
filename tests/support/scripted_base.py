"""The scripted site with documents in every state."""

from __future__ import annotations

import copy
from typing import Any

from tests.support.blanks import blank_base, blank_document
from tests.support.scripted_content import HEALTH, LINES, MODELS, answering, box
from tests.support.scripted_state import Site


def furnished() -> Site:
    """Two bases, a document in every state, one finished conversation."""
    site = Site(models=copy.deepcopy(MODELS), health=copy.deepcopy(HEALTH), script=answering())
    site.bases = [
        blank_base("base-1", "default", documents=6, chunks=90, originals=6, unread=2),
        blank_base("base-2", "法律法规"),
    ]
    ready = {"status": "ready", "stage": "done"}
    refusal = {"type": "/problems/corrupt-file", "title": "corrupt-file", "status": 422}
    site.documents = [
        _document(
            "d1",
            "员工手册（2025版）.pdf",
            2_400_000,
            pages=48,
            chunks=61,
            warnings=[{"code": "pages-images-only", "text": "第 47 页只有图像。"}],
            **ready,
        ),
        _document("d2", "考勤制度.md", 8_200, chunks=3, media_type="text/markdown", **ready),
        _document(
            "d3",
            "Annual report 2024 with a rather long file name that must not break the table.pdf",
            18_300_000,
            status="processing",
            stage="embed",
            done=120,
            total=400,
            pages=212,
        ),
        _document("d4", "合同扫描件.pdf", 930_000, status="queued"),
        _document(
            "d5",
            "损坏的文件.pdf",
            12_000,
            status="failed",
            error={**refusal, "detail": "损坏的文件.pdf 无法作为 PDF 打开：文件没有页面。"},
        ),
        _document(
            "d6",
            "工资表.pdf",
            88_000,
            status="needs_password",
            error={**refusal, "detail": "工资表.pdf 有密码保护。请输入密码以读取。"},
        ),
    ]
    site.first_questions = [
        _suggestion("年休假"),
        _suggestion("迟到与早退", "d2", "考勤制度.md"),
        _suggestion("离职手续"),
        _suggestion("加班费的计算"),
    ]
    site.next_questions = [_suggestion("病假"), _suggestion("加班费的计算"), _suggestion("调休", "d2", "考勤制度.md")]
    site.pages["d1"] = {
        3: {"read_as": "ocr", "confidence": 0.62, "skew": 1.4, "look": "unsure"},
        7: {"read_as": "ocr", "garbled": "unmapped", "confidence": 0.97, "look": "garbled"},
        12: {"columns": 2, "tables": 1, "layout": "model", "checked": True, "removed": ["员工手册", "- 12 -"]},
        47: {"text_chars": 0, "images": 1, "look": "unread"},
    }
    site.chunks = {
        "d1": [*_chunks(), _table_chunk()],
        "d2": [dict(each, page=None, boxes=[], location=f"第 {each['ordinal'] + 1} 段") for each in _chunks()],
    }
    return site


def _document(document_id: str, name: str, size: int, **changes: Any) -> dict[str, Any]:
    return {**blank_document(document_id, "base-1", name, size), **changes}


def _suggestion(heading: str, document: str = "d1", name: str = "员工手册（2025版）.pdf") -> dict[str, Any]:
    return {"question": f"关于{heading}，文中是怎么说的？", "heading": heading, "document": document, "name": name}


TABLE = """表 1　年休假天数
| 工龄 | 天数 | 备注 |
|---|---|---|
| 满一年 | 10 | 全薪\\|带薪 |
| 满五年 | 15 | 经部门同意可顺延至次年三月三十一日，逾期不再保留，未休部分按日工资的三倍折算 |
| 满十年 |  | 见第三章 |
以上天数不含法定节假日。"""


def _table_chunk() -> dict[str, Any]:
    values = {"id": "k3", "ordinal": 3, "text": TABLE, "heading_path": ["第三章　休假"], "page": 14, "location": ""}
    return values | {"start": 300, "end": 300 + len(TABLE), "tokens": 88, "boxes": [box(2, 14), box(3, 14)]}


def _chunks() -> list[dict[str, Any]]:
    parts = [
        (12, (2, 3, 4), ["第三章　休假", "第一节　年休假"]),
        (12, (6, 7), ["第三章　休假", "第二节　病假"]),
        (13, (2, 4), ["第四章　加班"]),
    ]
    return [
        {
            "id": f"k{n}",
            "ordinal": n,
            "text": "\n".join(LINES[i] for i in lines),
            "heading_path": path,
            "page": page,
            "location": "",
            "start": 100 * n,
            "end": 100 * n + 90,
            "tokens": 60,
            "boxes": [box(i, page) for i in lines],
        }
        for n, (page, lines, path) in enumerate(parts)
    ]
