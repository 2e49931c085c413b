"""Markdown: what is shown is what is read, with its headings as its place."""

import pytest

from ingest.document import ParseLimits
from ingest.errors import NoText
from ingest.parsers.markdown import MarkdownParser

LAW = """---
sidebar: auto
---

# 数据法

2021年通过

## 第一章　总则

**第一条**　为了规范数据处理活动，
保障数据安全，制定本法。

本法所称数据，是指任何记录。

### 第二节　附则
"""


def parse(path, text: str):
    path.write_text(text, encoding="utf-8")
    return MarkdownParser().parse(path, path.name, None, ParseLimits())


def shown(document):
    return [[line.text for line in block.lines] for block in document.blocks]


def test_a_law(tmp_path):
    document = parse(tmp_path / "a.md", LAW)
    assert document.title == "数据法"
    assert [(b.kind, b.level, b.location) for b in document.blocks] == [
        ("heading", 1, "数据法"),
        ("text", 0, "数据法"),
        ("heading", 2, "数据法 > 第一章 总则"),
        ("text", 0, "数据法 > 第一章 总则 > 第一条"),
        ("text", 0, "数据法 > 第一章 总则 > 第一条"),
        ("heading", 3, "数据法 > 第一章 总则 > 第二节 附则"),
    ]
    assert shown(document)[3] == ["第一条　为了规范数据处理活动，", "保障数据安全，制定本法。"]


def test_front_matter_may_name_the_document(tmp_path):
    assert parse(tmp_path / "a.md", '---\ntitle: "Guide"\n---\ntext\n').title == "Guide"


def test_lists_keep_their_markers_and_depth(tmp_path):
    document = parse(tmp_path / "a.md", "1. one\n2. two\n   - deep\n\n* star\n")
    assert shown(document) == [["1. one", "2. two", "  - deep"], ["- star"]]


def test_tables_keep_their_cells(tmp_path):
    (table,) = parse(tmp_path / "a.md", "| a | b |\n|---|---|\n| `x\\|y` | **2** |\n| 3 |  |\n").blocks
    assert table.kind == "table"
    assert table.table.grid() == [["a", "b"], ["x|y", "2"], ["3", ""]]


def test_code_keeps_its_lines(tmp_path):
    assert shown(parse(tmp_path / "a.md", "```py\ndef f():\n    return 1\n```\n")) == [["def f():", "    return 1"]]


def test_links_images_and_html_give_their_words(tmp_path):
    text = "[link](http://x.y) ![picture](p.png) a<br>b <b>bold</b>\n\n<div>in &lt;html&gt;</div>\n<!-- no -->\n"
    assert shown(parse(tmp_path / "a.md", text)) == [["link picture a", "b bold"], ["in <html>"]]


def test_a_quote_with_a_list_and_code(tmp_path):
    document = parse(tmp_path / "a.md", "> said\n>\n> - item\n>\n> ```\n> code\n> ```\n")
    assert shown(document) == [["said", "  - item", "code"]]


def test_nothing_to_read(tmp_path):
    with pytest.raises(NoText):
        parse(tmp_path / "a.md", "---\ntitle: x\n---\n\n***\n")
