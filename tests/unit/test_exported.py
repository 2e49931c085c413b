"""A conversation as a file: nothing of a text means anything to Markdown, and every name is one."""

from __future__ import annotations

import copy
import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from app import examples
from app.dates import full_time
from app.exported import disposition, exported
from app.schemas import ConversationDetail

EVIL = (
    "<img src=x onerror=alert(1)>",
    "![a](http://evil.example/x.png)",
    "[a](javascript:alert(1))",
    "`code` *b* _i_ ~~s~~ $m$ &amp; a|b #",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "[1]: http://evil.example",
    "    code",
)
READER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def conversation(**turn: Any) -> ConversationDetail:
    made = copy.deepcopy(examples.CONVERSATION | {"turns": [examples.TURN | turn], "earlier": 0})
    return ConversationDetail.model_validate(made)


def cited(text: str, *numbers: int, start: int = 0) -> dict[str, Any]:
    citations = [examples.CITATION | {"n": n, "name": f"文件{n}.pdf", "page": 10 + n} for n in numbers]
    return examples.SENTENCE | {"start": start, "end": start + len(text), "text": text, "citations": citations}


def test_numbers_stand_behind_their_sentences_and_places_below() -> None:
    first, second = "😀第一句。", "第二句。"
    sentences = [cited(f"{first}\n", 3, 1), cited(second, start=len(first) + 1)]
    text = exported(conversation(answer=f"{first}\n{second}", sentences=sentences), "markdown", "zh-Hans")
    assert "😀第一句。 [1] [3]\\\n第二句。\n" in text
    assert "### 来源\n\n- [1] 文件1.pdf · 第 11 页\n  > " in text
    assert text.index("- [1]") < text.index("- [3] 文件3.pdf · 第 13 页")


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_means_anything_to_markdown(evil: str) -> None:
    citation = examples.CITATION | {"n": 1, "name": evil, "quote": evil, "page": None, "location": evil}
    sentence = examples.SENTENCE | {"start": 0, "end": len(evil), "text": evil, "citations": [citation]}
    made = conversation(question=evil, answer=evil + "(b)", sentences=[sentence])
    text = exported(made.model_copy(update={"title": evil}), "markdown", "en")
    lines = read(text)
    said = " ".join(evil.split())
    assert lines == [
        said,
        said,
        full_time("en", datetime.fromisoformat(made.turns[0].created_at)),
        f"{said} [1](b)",
        "Sources",
        f"[1] {said} · {said}",
        said,
    ]


def read(text: str) -> list[str]:
    """What a reader of Markdown sees, line by line; anything that is no plain text fails."""
    tokens = READER.parse(text)
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    assert kinds <= {"heading", "paragraph", "inline", "bullet_list", "list_item", "blockquote"}
    inside = [token.children or [] for token in tokens if token.type == "inline"]
    assert {child.type for children in inside for child in children} <= {"text", "hardbreak"}
    return ["".join(child.content for child in children) for children in inside]


@pytest.mark.parametrize(
    ("state", "words"),
    [("failed", "No answer"), ("erased", "deleted with a document"), ("running", "still being written")],
)
def test_what_has_no_answer_says_so(state: str, words: str) -> None:
    text = exported(conversation(state=state, answer="", sentences=[], sources=[], extract=None), "markdown", "en")
    assert words in text


def test_a_refusal_names_what_came_closest() -> None:
    text = exported(conversation(state="refused", sentences=[], extract=None), "markdown", "en")
    assert "### Nearest passages\n\n- [1] " in text


def test_json_is_what_rest_gives() -> None:
    made = conversation()
    assert json.loads(exported(made, "json", "en")) == made.model_dump(mode="json")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("年休假/病假?", "年休假 病假"),
        ('a"; filename="evil.exe', "a ; filename= evil.exe"),
        ("..\\..\\etc\r\nX-Evil: 1", "etc X-Evil  1"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("...", "conversation"),
        ("问" * 200, "问" * 80),
    ],
)
def test_a_title_names_the_file_and_nothing_else(title: str, name: str) -> None:
    found = re.fullmatch(
        r"attachment; filename=\"conversation\.md\"; filename\*=UTF-8''([A-Za-z0-9%._~-]+)",
        disposition(title, "markdown"),
    )
    assert found
    assert unquote(found[1]) == f"{name}.md"
