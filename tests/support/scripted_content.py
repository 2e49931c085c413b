"""A small knowledge base for the scripted site: documents, an answer with citations, page images."""

from __future__ import annotations

from functools import cache
from typing import Any

import pymupdf

from app import __version__

PAGE_WIDTH, PAGE_HEIGHT = 420.0, 595.0
TIME = 1772600767.0
MOMENT = "2026-03-04T05:06:07Z"
LINES = (
    "第三章　休假",
    "第一节　年休假",
    "员工连续工作满一年，每年享有十天带薪年休假。",
    "满五年的，每年享有十五天。",
    "年休假应当在当年使用，经部门同意可顺延至次年三月。",
    "第二节　病假",
    "病假须在三日内提交医院证明。",
    "病假期间工资按百分之八十发放。",
)
TOP, STEP, LEFT = 70.0, 34.0, 48.0


def box(line: int, page: int = 12) -> dict[str, Any]:
    """The place of one of `LINES` on its page."""
    top = TOP + STEP * line
    return {"page": page, "x0": LEFT, "y0": top, "x1": LEFT + 13.2 * len(LINES[line]), "y1": top + 20}


@cache
def page_png(page: int, boxes: str, scale: float) -> bytes:
    """A page with `LINES` on it and highlighted places, as the server draws it."""
    with pymupdf.open() as document:
        sheet = document.new_page(width=PAGE_WIDTH, height=PAGE_HEIGHT)
        for part in filter(None, boxes.split(";")):
            rect = pymupdf.Rect(*(float(edge) for edge in part.split(",")))
            sheet.draw_rect(rect, color=None, fill=(1, 0.9, 0.4))
        for number, line in enumerate(LINES):
            size = 18 if number == 0 else 13
            sheet.insert_text((LEFT, TOP + STEP * number + 15), line, fontname="china-s", fontsize=size)
        sheet.insert_text((PAGE_WIDTH / 2, PAGE_HEIGHT - 30), str(page), fontsize=10)
        picture: bytes = sheet.get_pixmap(matrix=pymupdf.Matrix(scale, scale)).tobytes("png")
        return picture


def source(n: int, lines: tuple[int, ...], **changes: Any) -> dict[str, Any]:
    return {
        "n": n,
        "chunk": f"k{n}",
        "document": "d1",
        "name": "员工手册（2025版）.pdf",
        "base": "base-1",
        "page": 12,
        "location": "",
        "heading_path": ["第三章　休假", "第一节　年休假"],
        "text": "\n".join(LINES[i] for i in lines),
        "boxes": [box(i) for i in lines],
        "score": 0.03,
        "found_by": ["dense", "lexical"],
        **changes,
    }


SOURCES = [
    source(1, (2, 3, 4)),
    source(2, (6, 7), heading_path=["第三章　休假", "第二节　病假"]),
    source(
        3,
        (3,),
        document="d2",
        name="考勤制度.md",
        page=None,
        boxes=[],
        location="休假 > 附则",
        heading_path=["休假", "附则"],
        text="本制度自发布之日起施行。\n年休假未休完的，按日工资的三倍折算。\n解释权归人力资源部。",
        found_by=["lexical"],
    ),
]
ANSWER = "😀工作满一年的员工每年有十天年休假，满五年的有十五天。\n没休完的按三倍工资折算。公司还会发放旅游补贴。"
SENTENCES = (
    "😀工作满一年的员工每年有十天年休假，满五年的有十五天。",
    "没休完的按三倍工资折算。",
    "公司还会发放旅游补贴。",
)


def citation(n: int, quote: str, support: str, lines: tuple[int, ...] = ()) -> dict[str, Any]:
    keys = ("n", "document", "name", "page", "location")
    found = SOURCES[n - 1]
    return {**{key: found[key] for key in keys}, "quote": quote, "support": support, "boxes": [box(i) for i in lines]}


def sentence(text: str, support: str, *citations: dict[str, Any], unfounded: str = "") -> dict[str, Any]:
    start = ANSWER.index(text)
    at = ANSWER.index(unfounded)
    claims = [{"start": at, "end": at + len(unfounded), "text": unfounded, "kind": "name"}] if unfounded else []
    return {
        "start": start,
        "end": start + len(text),
        "text": text,
        "support": support,
        "citations": list(citations),
        "unfounded": claims,
    }


CITED = [
    sentence(
        SENTENCES[0], "supported", citation(1, LINES[2], "supported", (2,)), citation(1, LINES[3], "supported", (3,))
    ),
    sentence(SENTENCES[1], "weak", citation(3, "年休假未休完的，按日工资的三倍折算。", "weak")),
    sentence(SENTENCES[2], "unsupported", unfounded="旅游补贴"),
]
EXTRACT = citation(1, LINES[2], "supported", (2,))
TIMINGS = {"load": 0.0, "retrieve": 0.21, "first_token": 3.4, "total": 11.8}
DONE = {
    "answer": ANSWER,
    "refused": False,
    "finish": "stop",
    "model": "qwen2.5-coder-1.5b-instruct",
    "timings": TIMINGS,
}


def answering(*held: tuple[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """The script of a whole answer; `held` stands in the middle of its text."""
    pieces = [ANSWER[i : i + 4] for i in range(0, len(ANSWER), 4)]
    tokens = [("token", {"text": piece}) for piece in pieces]
    return [
        ("stage", {"stage": "search"}),
        ("sources", {"sources": SOURCES}),
        ("extract", {"extract": EXTRACT}),
        ("stage", {"stage": "read"}),
        ("stage", {"stage": "write"}),
        *tokens[:5],
        *held,
        *tokens[5:9],
        ("sentence", {"sentence": CITED[0]}),
        *tokens[9:],
        ("citations", {"sentences": CITED}),
        ("done", DONE),
    ]


def refusing() -> list[tuple[str, dict[str, Any]]]:
    message = "这些文档里没有关于这个问题的内容。"
    return [
        ("stage", {"stage": "search"}),
        ("sources", {"sources": SOURCES[:2]}),
        ("refused", {"message": message, "nearest": SOURCES[:2], "absent": ["猫"]}),
        (
            "done",
            {**DONE, "answer": message, "refused": True, "timings": {**TIMINGS, "first_token": None, "total": 0.4}},
        ),
    ]


MODELS = {
    "models": [
        {
            "name": "qwen2.5-coder-1.5b-instruct",
            "kind": "llm",
            "title": "Qwen2.5-Coder-1.5B-Instruct",
            "licence": "Apache-2.0",
            "size": 1117320768,
            "installed": True,
            "active": True,
            "default": True,
            "kept": 0,
            "fit": {"grade": "fits", "needed": 1434761216, "on_gpu": False},
            "pulling": None,
            "error": None,
        },
        {
            "name": "qwen2.5-coder-0.5b-instruct",
            "kind": "llm",
            "title": "Qwen2.5-Coder-0.5B-Instruct",
            "licence": "Apache-2.0",
            "size": 491400064,
            "installed": False,
            "active": False,
            "default": False,
            "kept": 0,
            "fit": {"grade": "fits", "needed": 741731712, "on_gpu": False},
            "pulling": None,
            "error": None,
        },
        {
            "name": "yi-1.5-9b-chat",
            "kind": "llm",
            "title": "yi-1.5-9b-chat",
            "licence": "Apache-2.0",
            "size": 5330000000,
            "installed": False,
            "active": False,
            "default": False,
            "kept": 700000000,
            "fit": {"grade": "tight", "needed": 5932653184, "on_gpu": False},
            "pulling": None,
            "error": None,
        },
        {
            "name": "glm-4-9b-chat",
            "kind": "llm",
            "title": "glm-4-9b-chat",
            "licence": "GLM-4 License",
            "size": 6250000000,
            "installed": False,
            "active": False,
            "default": False,
            "kept": 0,
            "fit": {"grade": "too_big", "needed": 8617772160, "on_gpu": False},
            "pulling": None,
            "error": {
                "type": "/problems/pull-failed",
                "title": "pull-failed",
                "status": 502,
                "detail": "未能获取 glm-4-9b-chat。Hugging Face: huggingface.co did not answer.",
            },
        },
        {
            "name": "multilingual-e5-small",
            "kind": "embedder",
            "title": "multilingual-e5-small",
            "licence": "MIT",
            "size": 470000000,
            "installed": True,
            "active": True,
            "default": True,
            "kept": 0,
            "fit": {"grade": "fits", "needed": 690000000, "on_gpu": False},
            "pulling": None,
            "error": None,
        },
    ],
    "runtime": {
        "llm": {"name": "qwen2.5-coder-1.5b-instruct", "state": "ready", "error": None},
        "embedder": {"name": "multilingual-e5-small", "state": "ready", "error": None},
        "moving": None,
        "remote": False,
        "measured": {
            "llm": {
                "memory": 1934297661,
                "mapped": 1111375217,
                "gpu_memory": 0,
                "layers": 28,
                "offloaded_layers": 0,
                "read": {"tokens": 141.5, "works": 12},
                "written": {"tokens": 17.2, "works": 12},
            },
            "embedder": {
                "memory": 470623232,
                "mapped": 0,
                "gpu_memory": 0,
                "layers": 0,
                "offloaded_layers": 0,
                "read": None,
                "written": None,
            },
        },
        "machine": {
            "memory": 8_280_000_000,
            "available": 3_900_000_000,
            "own": 2_650_000_000,
            "disk_free": 61_000_000_000,
            "gpus": [],
            "backends": ["CPU"],
        },
    },
}
HEALTH = {
    "status": "ok",
    "version": __version__,
    "llm": {"name": "scripted", "state": "ready", "error": None},
    "embedder": {"name": "scripted", "state": "ready", "error": None},
    "download": None,
}
