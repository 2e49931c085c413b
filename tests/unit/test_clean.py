"""Lines become paragraphs; characters are repaired; every line keeps its place."""

from dataclasses import replace

import pytest

from ingest.characters import tidy, verbatim
from ingest.clean import clean
from ingest.document import Block, Box, Cell, Line, PageReport, ParsedDocument, Row, Table


def boxed(*lines: str, kind="text", page=1, level=0, width=10.0) -> Block:
    """A block as on a page: 10 points a character, lines 12 points high."""
    return Block(
        kind,
        tuple(Line(text, Box(50, 100 + 14 * i, 50 + width * len(text), 112 + 14 * i)) for i, text in enumerate(lines)),
        page=page,
        level=level,
    )


def cleaned(*blocks: Block):
    return clean(ParsedDocument(blocks))


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (
            ("本法所称数据，是指任何以电子或", "者其他方式对信息的记录。"),
            "本法所称数据，是指任何以电子或者其他方式对信息的记录。",
        ),
        (("the quick brown fox jumps over", "the lazy dog"), "the quick brown fox jumps over the lazy dog"),
        (
            ("a language model that is respon-", "sible for words"),
            "a language model that is responsible for words",
        ),
        (
            ("these models are called Chat-", "GPT in the paper"),
            "these models are called Chat-GPT in the paper",
        ),
        (
            ("这一段文字里面夹着一个英文词 model", "然后继续写下去"),
            "这一段文字里面夹着一个英文词 model然后继续写下去",
        ),
    ],
)
def test_lines_of_a_paragraph_are_joined(lines, text):
    assert cleaned(boxed(*lines)).text == text


def test_the_words_of_a_document_tell_which_hyphens_are_their_own():
    lines = ("it is a well-known fact that the state-of-the-", "art is well-", "known to multi-", "modal users")
    seen = boxed("a multi-modal model and unimodal ones")
    text = "it is a well-known fact that the state-of-the-art is well-known to multi-modal users"
    assert cleaned(seen, boxed(*lines, width=30.0)).text.split("\n\n")[1].replace("\n", "") == text


def test_a_line_that_ends_early_keeps_its_end():
    block = boxed("ls -l", "exit", "sudo apt install something-long")
    assert cleaned(block).text == "ls -l\nexit\nsudo apt install something-long"


def test_short_lines_of_a_full_column_stay_apart():
    full = boxed("这一行从左到右写满了整个一栏的宽度一直到边上为止", "这一行也从左到右写满了整个一栏的宽度一直到边上")
    assert cleaned(full, boxed("单位：元", "合计")).text.endswith("\n\n单位：元\n合计")


def test_items_begin_a_line():
    text = cleaned(boxed("• one thing that goes to the edge", "• another thing that does the same")).text
    assert text == "• one thing that goes to the edge\n• another thing that does the same"


@pytest.mark.parametrize(
    ("raw", "tidied"),
    [
        ("⼀⼆⽇⽉", "一二日月"),
        ("⻓⻛⻢", "长风马"),
        ("豈更", "豈更"),
        ("soft\u00adhy\u200bphen\ufeff\u2060", "softhyphen"),
        ("a\x00b\x07c", "abc"),
        ("a\u00a0 \u3000b", "a b"),
        ("ﬁne", "fine"),
        ("全角，标点（保留）：ＡＢ１２", "全角，标点（保留）：AB12"),
        ("２０２０－２０２１年增长３．５％，ａ／ｂ＠ｃ", "2020-2021年增长3.5%,a/b@c".replace(",", "，")),
        ("甲－乙．丙％", "甲－乙．丙％"),
        ("面积 3 ㎡，②，x² ½", "面积 3 ㎡，②，x² ½"),
        ("ｶﾞｽ", "ガス"),
        ("﹁胡說﹂︵注︶，好︕", "「胡說」（注），好！"),
        ("e\u0301te\u0301", "été"),
        ("葛\U000e0100城 ❤\ufe0f", "葛城 ❤"),
        ("\uf0b7 item \uf0d8 next", "• item ➢ next"),
        ("non\u2011breaking", "non-breaking"),
        ("cut at a soft\u00ad ", "cut at a soft-"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("1.1 Data . . . . . . . . . . . 4", "1.1 Data … 4"),
        ("等等……", "等等……"),
    ],
)
def test_characters(raw, tidied):
    assert tidy(raw) == tidied


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ('ｘ＝"ＡＢ　１２"；  # a   b', 'ｘ＝"ＡＢ　１２"；  # a   b'),
        ("\tif\u00a0x:\t# ........... ①ﬁ⼀ｶﾞ  \t", "\tif\u00a0x:\t# ........... ①ﬁ⼀ｶﾞ"),
        ("a\x00b\x07c\u200b\ufeff\u00add\ud800", "abcd\ufffd"),
        ("e\u0301\u2028end", "e\u0301 end"),
        (" \u200b ", ""),
    ],
)
def test_code_stays_as_it_is_but_for_what_nobody_sees(raw, kept):
    assert verbatim(raw) == verbatim(kept) == kept
    assert cleaned(Block("code", (Line(raw),))).text == kept


def test_code_on_a_page_is_what_its_font_draws():
    assert cleaned(boxed("  ⼀ﬁ", kind="code")).text == "  一fi"


def test_blocks_headings_and_anchors():
    document = cleaned(
        boxed("Title", kind="heading", level=1),
        boxed("\u200b"),
        boxed("Part", kind="heading", level=2),
        boxed("words of a line", "and more", page=2),
        boxed("Next", kind="heading", level=2),
        boxed("end"),
    )
    assert document.text == "Title\n\nPart\n\nwords of a line and more\n\nNext\n\nend"
    assert [block.heading_path for block in document.blocks] == [
        (),
        ("Title",),
        ("Title", "Part"),
        ("Title",),
        ("Title", "Next"),
    ]
    assert [document.text[a.start : a.end] for a in document.anchors] == [
        "Title",
        "Part",
        "words of a line",
        "and more",
        "Next",
        "end",
    ]
    assert [a.page for a in document.anchors] == [1, 1, 2, 2, 1, 1]


def test_the_anchor_of_a_hyphenated_line():
    document = cleaned(boxed("a language model that is respon-", "sible for words"))
    assert [document.text[a.start : a.end] for a in document.anchors] == [
        "a language model that is respon",
        "sible for words",
    ]


def tabled(*rows: str, page: int | None = 1, header_rows: int = 1, continues: bool = False) -> Block:
    """A table of one-letter cells, every one with a box."""
    placed = tuple(
        Row(
            tuple(
                Cell(text, column, box=Box(50 * column, 20 * i, 50 * column + 40, 20 * i + 10))
                for column, text in enumerate(row.split(","))
            )
        )
        for i, row in enumerate(rows)
    )
    return Block("table", (), page=page, table=Table(placed, header_rows), continues=continues)


def test_tables_are_markdown_and_every_cell_has_its_place():
    document = cleaned(tabled("a,b|", "1,"))
    assert document.text == "| a | b\\| |\n|---|---|\n| 1 |  |"
    assert [(document.text[a.start : a.end], a.box.x0) for a in document.anchors] == [("a", 0), ("b\\|", 50), ("1", 0)]


def test_rows_without_boxes_have_one_anchor_with_their_location():
    table = Table((Row((Cell("a", 0), Cell("b", 1)), "S!A1:B1"), Row((Cell("1", 1),), "S!A2:B2")))
    document = cleaned(Block("table", (), location="S", table=table))
    assert [(document.text[a.start : a.end], a.location) for a in document.anchors] == [
        ("| a | b |", "S!A1:B1"),
        ("|  | 1 |", "S!A2:B2"),
    ]


def test_a_table_goes_on_over_pages_without_its_repeated_header():
    first, rest = tabled("a,b", "1,2"), tabled("a,b", "3,4", page=2, continues=True)
    document = cleaned(first, rest)
    assert document.text == "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"
    assert [block.heads for block in document.blocks] == [((0, 9),)]
    assert [a.page for a in document.anchors] == [1, 1, 1, 1, 2, 2]


def test_a_table_of_other_columns_does_not_go_on():
    document = cleaned(tabled("a,b", "1,2"), tabled("c,d,e", "3,4,5", page=2, continues=True))
    assert len(document.blocks) == 2
    assert "| c | d | e |" in document.text


def test_heads_are_the_caption_and_every_header_row():
    caption = boxed("表 1 价格", kind="caption")
    document = cleaned(caption, tabled("a,b", "c,d", "1,2", header_rows=2))
    assert [document.text[s:e] for s, e in document.blocks[1].heads] == ["表 1 价格", "| a | b |", "| c | d |"]
    below = cleaned(tabled("a,b", "1,2"), caption, tabled("c,d", "3,4"))
    assert [[below.text[s:e] for s, e in block.heads] for block in below.blocks] == [
        ["表 1 价格", "| a | b |"],
        [],
        ["| c | d |"],
    ]


def test_a_unit_is_a_head_of_the_table_below_it_beside_the_caption():
    caption, unit = boxed("表 1 价格", kind="caption"), boxed("单位：元", kind="caption")
    document = cleaned(tabled("x,y", "5,6"), unit, tabled("a,b", "1,2"), caption, unit, tabled("c,d", "3,4"))
    tables = [block for block in document.blocks if block.kind == "table"]
    assert [[document.text[s:e] for s, e in table.heads] for table in tables] == [
        ["| x | y |"],
        ["单位：元", "| a | b |"],
        ["表 1 价格", "单位：元", "| c | d |"],
    ]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("本条例自二〇二五年一月", "一日起施行。", "本条例自二〇二五年一月一日起施行。"),
        ("it is respon-", "sible for it", "it is responsible for it"),
        ("the quick", "brown fox", "the quick brown fox"),
    ],
)
def test_a_paragraph_goes_on_over_pages(before, after, text):
    rest = replace(boxed(after, page=2), continues=True)
    document = cleaned(boxed(before), rest)
    assert document.text == text
    assert len(document.blocks) == 1
    assert [a.page for a in document.anchors] == [1, 2]
    assert document.anchors[0].end <= document.anchors[1].start


def test_code_keeps_its_lines_and_their_indentation():
    code = Block("code", (Line("def f():", Box(0, 0, 60, 10)), Line("    return 1", Box(0, 12, 90, 22))), page=1)
    assert cleaned(code).text == "def f():\n    return 1"


def test_text_without_boxes():
    poem = Block("text", (Line("床前明月光"), Line("疑是地上霜")), location="¶1")
    code = Block("text", (Line("def f():"), Line("    return 1")), location="¶2")
    width = "这一段文字是按照固定的宽度断行的所以要接起来"
    wrapped = Block("text", (Line(width), Line("后面还有。")), location="¶3")
    document = cleaned(poem, code, wrapped)
    assert document.text == f"床前明月光\n疑是地上霜\n\ndef f():\n    return 1\n\n{width}后面还有。"
    assert [a.location for a in document.anchors] == ["¶1", "¶1", "¶2", "¶2", "¶3", "¶3"]


def test_what_stands_on_every_page_is_read_once_and_said():
    note = "请务必阅读正文之后的免责条款部分"
    blocks = [
        block for page in range(1, 6) for block in (boxed(f"第{page}页的内容", page=page), boxed(note, page=page))
    ]
    document = clean(ParsedDocument(tuple(blocks), tuple(PageReport(n, 595, 842) for n in range(1, 6))))
    assert document.text.count(note) == 1
    assert [dict(notice.params) for notice in document.notices] == [{"count": 4, "text": note}]


def test_what_stands_below_every_resolution_is_content():
    vote = "表决结果：同意9票，反对0票，弃权0票。"
    blocks = []
    for page in range(1, 7):
        lines = (Line(vote, Box(72, 300, 300, 312)),)
        blocks += [boxed(f"议案{page}：关于第{page}项的议案", page=page), Block("text", lines, page=page)]
    document = clean(ParsedDocument(tuple(blocks), tuple(PageReport(n, 595, 842) for n in range(1, 7))))
    assert document.text.count(vote) == 6
    assert document.notices == ()


def test_paragraphs_that_differ_in_a_sign_are_both_read():
    rates = [boxed(f"与上一个年度的同一期间相比，营业收入的变动为 {rate}。") for rate in ("+3.5%", "-3.5%", "-35%")]
    document = cleaned(*rates)
    assert [rate in document.text for rate in ("+3.5%", "-3.5%", "-35%")] == [True] * 3
    assert document.notices == ()


def test_a_paragraph_pasted_twice_is_read_once():
    twice = boxed("这一段文字在文件里一模一样地连着出现了两次，没有任何意思。")
    document = cleaned(twice, twice, boxed("ok"), boxed("ok"))
    assert document.text.count("一模一样") == 1
    assert document.text.count("ok") == 2
    assert len(document.notices) == 1
