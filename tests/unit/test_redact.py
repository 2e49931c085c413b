"""Personal data is hidden, other numbers are not, and every place stays exact."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from unicodedata import normalize

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clean import clean
from ingest.document import (
    Block,
    Box,
    Cell,
    Line,
    PageReport,
    ParsedDocument,
    ParseLimits,
    Row,
    Table,
    table_of,
)
from ingest.notices import Notice
from ingest.parsers.xlsx import XlsxParser
from ingest.personal import find_numbers
from ingest.redact import redact, redact_notices, redact_pages, redact_text
from ingest.split import split
from ingest.store.lexical import keyword_row

# Made for this test; the check digits are right, the people do not exist.
IDS = ["11010519491231002X", "440524188001010014", "110105194912310 02X", "110105 19491231 002x", "110105491231002"]
PHONES = ["13812345678", "138-1234-5678", "138 1234 5678", "+86 13812345678", "8613912345678", "１３８１２３４５６７８"]
PHONES += ["138.1234.5678", "138,1234,5678", "138 - 1234 - 5678", "+86 138.1234.5678", "138-\n1234-5678", "𝟏𝟑𝟖𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖"]
PHONES += ["(138)0013-8000", "（138）00138000", "+86(138)00138000", "138（0013）8000", "138/0013/8000", "138·0013·8000"]
PHONES += ["1380 0138 000", "1380 0138000", "13800-138-000"]
# Behind the number of an item of a list, without a space.
LISTED = ["1.13800138000", "12.110101199003077758", "3.13912345678", "２．13800138000", "1.138-0013-8000"]
# As a spreadsheet shows numbers.
FIGURES = {
    "PHONE": ["13,812,345,678", "１３，８１２，３４５，６７８", "13.812.345.678", "8,613,812,345,678", "13812345,678"]
}
FIGURES |= {"ID": ["440,524,188,001,010,014", "110.105.491.231.002"], "CARD": ["4,111,111,111,111,111"]}
CARDS = [
    "4111111111111111",
    "4111 1111 1111 1111",
    "6222-0212-3456-7894",
    "378282246310005",
    "3782 822463 10005",
    "622202123 4567894",
]
EMAILS = [
    "zhang.san@example.com",
    "a_b+c@mail.example.com.cn",
    "13812345678@qq.com",
    "ｚｈａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ",
    "zhang.san\n@example.com",
    "zhang.san@\nexample.com",
    "zhang.san@exam\nple.com",
    "zhang.san@example.\ncom",
    "zhang.san@example\n.com",
    "zhang.san@example.com\n.cn",
    "zhang.\nsan@example.com",
    "张三@163.com",
    "a@例子.中国",
    "张三@例子.公司",
    "a@mail.例子.com",
    "a@example.中国",
    "o'brien@example.com",
    "o’brien@example.com",
]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (kind, text)
        for kind, texts in {"ID": IDS, "PHONE": PHONES, "CARD": CARDS, "EMAIL": EMAILS}.items()
        for text in [*texts, *FIGURES.get(kind, ())]
    ],
)
def test_what_is_personal_is_hidden_whole(kind: str, text: str) -> None:
    assert redact_text(f"甲：{text}，乙") == f"甲：[REDACTED:{kind}]，乙"


@pytest.mark.parametrize(
    "text",
    [
        "110105194912310021",  # a wrong check digit
        "110105194913310029",  # no such month
        "990105194912310021",  # no such region
        "4111111111111112",  # no Luhn number
        "128123456789",
        "12812345678",
        "138123456789",  # a digit too many
        "3.14159265359",
        "金额 13812345678.90 元",
        "收入 13,812,345,678.00",
        "收入 13.812.345.678,00",
        "收入13,812,345,678元",
        "收入 13,812,345,678 万元",
        "¥13,812,345,678",
        "USD 13,812,345,678",
        "13,812,345,678 dollars",
        "占 13,812,345,678%",
        "13,812,345,678,901",
        "5,113,812,345,678",
        "13 812 345 678",
        "138.12345678",
        "1381234,5678",
        "110105194.912310021",
        "订单 202305131234567890",
        "4138\n4809\n4809\n4801",  # a column of numbers that passes the check digit
        "2700550 340010001",
        "ISBN 978-7-111-21382-6",
        "2021 2022 2023 2024 2025",
        "第3章 1380 页",
        "请联系 @张三，或看 a@b",
        "(010) 6275-1234",
        "(010)13800138000123",
        "2.13800138000 元",
        "2.13800138000万元",
        "¥2.13800138000",
        "2.13800138000 kg",
        "2.13800138000GB",
        "2.13800138000e+05",
        "误差 -2.13800138000",
        "v2.13800138000",
        "0.13800138000",
        "π 约为 3.14159265359",
        "2024.13800138000",
        "2.138001380001",
        "收入 13812345678.2 亿元",
        "1990 2000 100",
        "1500 2000 300",
        "15000 200 300",
        "138/0013/80001",
        "2138/0013/8000",
        "2024/1138/0013/8000",
        "1984/0013/8000",
        "| 1 | 1 | 0 | 1 | 0 | 1 | 1 | 9 | 9 | 0 | 0 | 3 | 0 | 7 | 7 | 7 | 5 | 9 |",
        "| 1 | 3 | 8 | 0 | 0 | 1 | 3 | 8 | 0 | 0 | 0 | 5 |",
        "| 1 | 3 | 8 | 0 | 0 | 1 | 3 | 8 | 0 | 0 |",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redact_text(text) == text


def test_notes_behind_a_number_are_no_part_of_it_and_signs_are_digits_by_themselves() -> None:
    assert redact_text("电话 13812345678¹，见注①") == "电话 [REDACTED:PHONE]¹，见注①"
    assert redact_text("①③⑧①②③④⑤⑥⑦⑧") == "[REDACTED:PHONE]"


@pytest.mark.parametrize("text", LISTED)
@pytest.mark.parametrize("around", ["{}", "| {} |", "电话：{}", "见下。{}，再见", "# {}", "名单 {}\n", "1.{}"])
def test_a_number_behind_the_number_of_an_item_is_hidden(text: str, around: str) -> None:
    number, kind = text[: normalize("NFKC", text).index(".") + 1], "ID" if "1101" in text else "PHONE"
    assert redact_text(around.format(text)) == around.format(f"{number}[REDACTED:{kind}]")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("电话13800138000.2楼", "电话[REDACTED:PHONE].2楼"),
        ("1.13800138000.2.13900139000", "1.[REDACTED:PHONE].2.[REDACTED:PHONE]"),
        ("13,812,345,678,4111 1111 1111 1111", "[REDACTED:PHONE],[REDACTED:CARD]"),
        ("1.13800138000 万芳", "1.[REDACTED:PHONE] 万芳"),
        ("写到张三@163.com", "写到[REDACTED:EMAIL]"),
        ("李和平@163.com", "[REDACTED:EMAIL]"),
        ("'a@x.com'", "'[REDACTED:EMAIL]'"),
        ("a@x.com或b.中国", "[REDACTED:EMAIL]或b.中国"),
        ("a@例子.中国的", "[REDACTED:EMAIL]的"),
    ],
)
def test_what_stands_around_stays(text: str, told: str) -> None:
    assert redact_text(text) == told


@pytest.mark.parametrize(
    ("digits", "told"),
    [
        ("11010519491231002X", [("ID", 18)]),
        ("13800138000", [("PHONE", 11)]),
        ("7440524188001010014", ["7", ("ID", 18)]),
        ("11010519491231002X13800138000", [("ID", 18), ("PHONE", 11)]),
    ],
)
def test_a_number_with_a_cell_for_each_digit_is_hidden_and_places_stay_exact(
    digits: str, told: list[str | tuple[str, int]]
) -> None:
    cells = Block("table", (), table=table_of([["表", *["号"] * len(digits)], ["甲", *digits]]))
    hidden = redact(clean(ParsedDocument((cells, Block("text", (Line("其他"),))))))
    row = ["甲"]
    for part in told:
        row += [part] if isinstance(part, str) else [f"[REDACTED:{part[0]}]", *[""] * (part[1] - 1)]
    assert hidden.text.split("\n")[2] == f"| {' | '.join(row)} |"
    assert hidden.notices[-1].params["count"] == sum(not isinstance(part, str) for part in told)
    assert [hidden.text[b.start : b.end] for b in hidden.blocks][1] == "其他"
    assert all(anchor.start < anchor.end for anchor in hidden.anchors)
    assert redact(hidden).text == hidden.text


def table(*rows: str) -> str:
    return "\n".join([rows[0], "|---|---|---|", *rows[1:]])


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (table("| 姓名 | 手机 |", "| 张三 | 13,812,345,678 |", "| 李四 | 8,112,345 |", "| 王五 | 8,112,346 |"), 1),
        (table("| 注册资本 | 113,812,678 |", "| 员工 | 2,812 |", "| 联系电话 | 13,812,345,678 |"), 1),
        (table("| 姓名 | 备注 |", "| 张三 | 13,812,345,678 |", "| 李四 | 13,912,345,678 |", "| 王五 | 8,112 |"), 2),
        (table("| 姓名 | 备注 |", "| 张三 | 13 812 345 678 |"), 1),
        (table("| 项目 | 数 |", "| 收入 | 13,812,345,678 |", "| 成本 | 8,112,345,678 |", "| 税 | 812,345,678 |"), 0),
        (table("| 项目 | 金额（元） |", "| 收入 | 13,812,345,678 |"), 0),
        (table("| 项目 | 2024年 |", "| 收入 | 13,812,345,678 |", "| 成本 | 13,712,345,678 |"), 0),
        (table("| 项目 | Total |", "| 收入 | 13,812,345,678 |"), 0),
    ],
)
def test_in_a_table_a_figure_is_what_its_column_holds(text: str, hidden: int) -> None:
    told = redact_text(text)
    assert told.count("[REDACTED:PHONE]") == hidden
    assert redact_text(told) == told
    assert ("| 13" in told) == (hidden == 0)


def test_an_address_ends_with_its_line_unless_it_goes_on() -> None:
    assert redact_text("写信到 a@example.com.\nThank you") == "写信到 [REDACTED:EMAIL].\nThank you"
    assert redact_text("Write to us.\nb@example.com") == "Write to us.\n[REDACTED:EMAIL]"
    assert redact_text("a@x.com\nb@y.com") == "[REDACTED:EMAIL]\n[REDACTED:EMAIL]"
    assert redact_text("Ask us @example.com") == "Ask us @example.com"


def test_an_address_parted_by_the_end_of_a_line_is_hidden_wherever_it_stands() -> None:
    lines = tuple(Line(text, Box(0, i, 9, i + 1)) for i, text in enumerate(["Mail zhang.san", "@example.com now"]))
    cells = Block("table", (), 1, table=table_of([["Name", "Mail"], ["Li", "li.si@exam\nple.com"]]))
    hidden = redact(clean(ParsedDocument((Block("heading", lines, 1, level=1), Block("text", lines, 1), cells))))
    assert "example.com" not in repr(hidden)
    assert "ple.com" not in repr(hidden)
    assert hidden.blocks[1].heading_path == ("Mail [REDACTED:EMAIL] now",)
    assert hidden.text.count("[REDACTED:EMAIL]") == 3


def test_numbers_side_by_side_are_told_apart() -> None:
    row = "张三,11010519491231002X,13812345678,4111111111111111,z@example.com"
    assert redact_text(row) == "张三,[REDACTED:ID],[REDACTED:PHONE],[REDACTED:CARD],[REDACTED:EMAIL]"
    assert redact_text("名单\n1.13812345678") == "名单\n1.[REDACTED:PHONE]"
    assert redact_text("4111 1111 1111 1111 123") == "[REDACTED:CARD] 123"


def test_a_number_parted_by_the_end_of_a_line_is_hidden_and_places_stay_exact() -> None:
    lines = ("请拨打客服电话1381", "2345678或写信到a@example.com，", "谢谢。")
    parsed = ParsedDocument((Block("text", tuple(Line(text, Box(0, i, 9, i + 1)) for i, text in enumerate(lines)), 1),))
    hidden = redact(clean(parsed))
    assert hidden.text == "请拨打客服电话[REDACTED:PHONE]或写信到[REDACTED:EMAIL]，谢谢。"
    pieces = [hidden.text[anchor.start : anchor.end] for anchor in hidden.anchors]
    assert pieces == ["请拨打客服电话[REDACTED:PHONE]", "或写信到[REDACTED:EMAIL]，", "谢谢。"]
    assert hidden.blocks[0].end == len(hidden.text)
    (notice,) = hidden.notices
    assert (notice.code, dict(notice.params)) == ("redacted", {"count": 2, "id": 0, "card": 0, "phone": 1, "email": 1})


def test_headings_locations_notices_and_running_heads_are_covered() -> None:
    table = Block(
        "table", (), location="联系人 13812345678", table=table_of([["姓名", "电话"], ["张三", "13912345678"]])
    )
    parsed = ParsedDocument(
        (Block("heading", (Line("联系人 13812345678"),), level=1, location="联系人 13812345678"), table)
    )
    hidden = redact(clean(parsed))
    assert "1381234" not in repr(hidden)
    assert "1391234" not in repr(hidden)
    assert hidden.blocks[1].heading_path == ("联系人 [REDACTED:PHONE]",)
    start, end = hidden.blocks[1].heads[0]
    assert hidden.text[start:end] == "| 姓名 | 电话 |"
    page = PageReport(1, 1, 1, removed=("热线 13812345678",))
    assert redact_pages([page])[0].removed == ("热线 [REDACTED:PHONE]",)
    assert redact_notices([Notice("earlier", {"text": "a@example.com", "n": 1})])[0].params == {
        "text": "[REDACTED:EMAIL]",
        "n": 1,
    }


def test_the_name_of_a_group_in_a_table_is_hidden_above_its_later_rows() -> None:
    rows = [Row((Cell("13812345678", 0, rows=30), Cell("item 13912345678", 1))), *[Row((Cell("item", 1),))] * 29]
    block = Block("table", (), table=Table((Row((Cell("a", 0), Cell("b", 1))), *rows)))
    hidden = redact(clean(ParsedDocument((block,))))
    assert [hidden.text[start:end] for start, end, _ in hidden.blocks[0].spans] == ["[REDACTED:PHONE]"]
    assert hidden.blocks[0].spans[0][2] == len(hidden.text)
    chunks = split(hidden, lambda texts: [len(text) for text in texts], target_tokens=90, max_tokens=120)
    assert chunks[-1].heading_path == ("| a | b |", "[REDACTED:PHONE]")


NUMBERS = [*IDS, *PHONES, *LISTED, *CARDS, *(text for texts in FIGURES.values() for text in texts)]


def plain(text: str) -> str:
    """The text as it is, and with nothing between its digits."""
    return re.sub(r"[\s.,()/·-]", "", normalize("NFKC", text)).upper()


def paragraph(number: str) -> Block:
    return Block("text", tuple(Line(line, Box(0, i, 9, i + 1)) for i, line in enumerate(f"号 {number} 甲".split("\n"))))


def row(number: str) -> Block:
    return Block(
        "table", (), location=f"{number}!A1", table=table_of([["姓名", "号"], ["甲", number], ["乙", "1,200"]])
    )


def heading(number: str) -> Block:
    return Block("heading", (Line(f"档案 {number}".replace("\n", " ")),), level=1, location=f"档案 {number}")


@given(st.lists(st.tuples(st.sampled_from([paragraph, row, heading]), st.sampled_from(NUMBERS)), max_size=6))
def test_no_writing_of_a_number_is_left_in_the_text_the_index_or_the_report(
    made: list[tuple[Callable[[str], Block], str]],
) -> None:
    hidden = redact(clean(ParsedDocument(tuple(block(number) for block, number in made))))
    chunks = split(hidden, lambda texts: [2 + len(text) for text in texts], target_tokens=60, max_tokens=90)
    rows = [keyword_row(chunk.indexed_text) for chunk in chunks]
    report = [(a.location for a in hidden.anchors), (title for b in hidden.blocks for title in b.heading_path)]
    shown = plain("\n".join([hidden.text, *(chunk.indexed_text for chunk in chunks), *chain(*report)]))
    for _, number in made:
        digits = plain(number).removeprefix("+")
        assert digits not in shown
        assert not any(digits in plain(word) for words in rows for word in words.upper().split())


def test_a_workbook_whose_numbers_have_separators_or_powers_of_ten(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in (["姓名", "手机", "身份证"], ["张三", 13812345678, 110105194912310021], ["李四", 13912345678, 1]):
        book.active.append(line)
    book.active["B2"].number_format = "#,##0"
    book.save(tmp_path / "blob")
    parsed = XlsxParser().parse(tmp_path / "blob", "a.xlsx", None, ParseLimits())
    assert parsed.blocks[0].table.grid()[1] == ["张三", "13,812,345,678", "1.10105194912e+17"]
    hidden = redact(clean(parsed))
    assert hidden.text.count("[REDACTED:PHONE]") == 2
    words = keyword_row(hidden.text)
    assert not {"13812345678", "13912345678", "110105194912310021"} & set(words.split())


PIECES = st.sampled_from([*NUMBERS, *EMAILS, "1.", "，", ".", " ", "-", "\n", "+", "@", "a", "张三", "86", "2024"])
TEXTS = st.lists(PIECES | st.text("0123456789 -.,@+Xx８甲¹", max_size=6), max_size=12).map("".join)


@given(st.lists(st.lists(TEXTS.map(lambda text: text.replace("\n", " ")), min_size=1, max_size=4), max_size=4))
def test_redaction_is_idempotent_and_its_spans_are_exact(paragraphs: list[list[str]]) -> None:
    blocks = tuple(Block("text", tuple(Line(line) for line in lines), page=n) for n, lines in enumerate(paragraphs, 1))
    cleaned = clean(ParsedDocument(blocks))
    hidden = redact(cleaned)
    assert redact(hidden).text == hidden.text
    ends = 0
    for anchor in hidden.anchors:
        assert ends <= anchor.start < anchor.end <= len(hidden.text)
        ends = anchor.end
    assert "".join(hidden.text[b.start : b.end] for b in hidden.blocks) == hidden.text.replace("\n\n", "")
    assert [b.kind for b in hidden.blocks] == [b.kind for b in cleaned.blocks]


@pytest.mark.parametrize(
    ("cut", "left"),
    [
        ("请致电 1381234…", "请致电 …"),
        ("联系人 zhang@exam…", "联系人 …"),
        ("联系人 张三@exam…", "联系人 …"),
        ("联系人 o'brien@exam…", "联系人 …"),
        ("联系人 a@例子…", "联系人 …"),
        ("证号 110105 1949…", "证号 …"),
        ("3.1 Results…", "3.1 Results…"),
    ],
)
def test_a_quote_that_was_cut_short_ends_before_a_number(cut: str, left: str) -> None:
    assert redact_notices([Notice("earlier", {"text": cut})])[0].params == {"text": left}


@given(TEXTS)
def test_what_is_not_hidden_is_unchanged(text: str) -> None:
    parts = redact_text(text).replace("[REDACTED:", "\0").split("\0")
    at = 0
    for part in [parts[0], *(part.split("]", 1)[1] for part in parts[1:])]:
        at = text.index(part, at) + len(part)


def test_a_row_of_numbers_each_of_which_shows_the_next_is_hidden_without_reading_it_all_again() -> None:
    """Three thousand took a quarter of an hour: the text is read once, and then only around what was hidden."""
    numbers = 3_000
    assert len(find_numbers("13,812,345,678," * numbers)) == numbers
