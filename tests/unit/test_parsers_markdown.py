"""Markdown: what is shown is what is read, with its headings as its place."""

import pytest

from ingest.clean import clean
from ingest.document import ParseLimits
from ingest.errors import CorruptFile, NoText
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


def test_cells_beyond_the_header_are_kept(tmp_path):
    rows = "| a | b |\n|---|---|\n| 1 | 2 | **3** | `x\\|y` |\n4 | 5 | 6\n| 7 |\n| 8 | 9 | |\n"
    (table,) = parse(tmp_path / "a.md", rows).blocks
    assert table.table.grid() == [
        ["a", "b", "", ""],
        ["1", "2", "3", "x|y"],
        ["4", "5", "6", ""],
        ["7", "", "", ""],
        ["8", "9", "", ""],
    ]
    quoted = parse(tmp_path / "a.md", "> | a |\n> |---|\n> | 1 | 2 |\n")
    assert shown(quoted) == [["a", "1", "2"]]


def test_deep_nesting_is_read_and_nesting_without_end_is_told(tmp_path):
    items = "".join(f"{'  ' * i}- item {i}\n" for i in range(90))
    assert shown(parse(tmp_path / "a.md", ">" * 190 + " deep\n\n" + items))[1][-1].strip() == "- item 89"
    with pytest.raises(CorruptFile, match="nested"):
        parse(tmp_path / "a.md", ">" * 5000 + " deep\n")


def test_code_keeps_its_lines(tmp_path):
    assert shown(parse(tmp_path / "a.md", "```py\ndef f():\n    return 1\n```\n")) == [["def f():", "    return 1"]]


def test_code_in_a_list_stands_by_itself_as_it_is(tmp_path):
    document = parse(tmp_path / "a.md", "1. run\n   ```sh\n   ｍａｋｅ  -j\t# a   b\n     x\n   ```\n2. look\n")
    assert [(block.kind, [line.text for line in block.lines]) for block in document.blocks] == [
        ("text", ["1. run"]),
        ("code", ["ｍａｋｅ  -j\t# a   b", "  x"]),
        ("text", ["2. look"]),
    ]
    assert clean(document).text == "1. run\n\nｍａｋｅ  -j\t# a   b\n  x\n\n2. look"


def test_links_images_and_html_give_their_words(tmp_path):
    text = "[link](http://x.y) ![picture](p.png) a<br>b <b>bold</b>\n\n<div>in &lt;html&gt;</div>\n<!-- no -->\n"
    assert shown(parse(tmp_path / "a.md", text)) == [["link picture a", "b bold"], ["in <html>"]]


def test_a_quote_with_a_list_and_code(tmp_path):
    document = parse(tmp_path / "a.md", "> said\n>\n> - item\n>\n> ```\n> code\n> ```\n")
    assert shown(document) == [["said", "  - item"], ["code"]]


def test_nothing_to_read(tmp_path):
    with pytest.raises(NoText):
        parse(tmp_path / "a.md", "---\ntitle: x\n---\n\n***\n")


def test_notes_stand_below_what_refers_to_them(tmp_path):
    text = "# A\n\nfirst[^1], `[^a]`\n\nsecond[^n]\n\n[^1]: one\n    goes on\n[^n]: word\n[^unused]: left\n"
    document = parse(tmp_path / "a.md", text)
    assert [(block.kind, block.lines[0].text) for block in document.blocks] == [
        ("heading", "A"),
        ("text", "first, [^a]"),
        ("footnote", "one goes on"),
        ("text", "second"),
        ("footnote", "word"),
        ("footnote", "left"),
    ]


def test_what_looks_like_a_note_in_code_is_code(tmp_path):
    assert shown(parse(tmp_path / "a.md", "```\n[^1]: not a note\n```\n")) == [["[^1]: not a note"]]


def test_html_tables_keep_their_merged_cells(tmp_path):
    rows = "<tr><td rowspan=2>甲</td><td>1</td></tr><tr><td>2</td></tr>"
    text = f"表 1 销量\n\n<table>{rows}</table>\n\n<style>p {{}}</style>\n"
    caption, table = parse(tmp_path / "a.md", text).blocks
    assert (caption.kind, table.table.grid()) == ("caption", [["甲", "1"], ["", "2"]])
    assert table.table.rows[0].cells[0].rows == 2


def test_raised_figures_notes_and_readings_in_html(tmp_path):
    text = (
        "共 10<sup>8</sup> 元<sup>[1](#n)</sup> a & b `<sup>`\n"
        "[m<sup>2</sup>](http://a) <ruby>漢<rt>かん</rt></ruby>字\n\n"
        "- 10<sup>-3</sup>\n\n  <p>x<sup>2</sup><br>y &lt;</p>\n\n| m<sup>2</sup> | b |\n|---|---|\n| 1 | 2 |\n"
    )
    paragraph, items, table = parse(tmp_path / "a.md", text).blocks
    assert [line.text for line in paragraph.lines] == ["共 10⁸ 元1 a & b <sup>", "m² 漢字"]
    assert [line.text for line in items.lines] == ["- 10⁻³", "x²", "y <"]
    assert table.table.grid() == [["m²", "b"], ["1", "2"]]
