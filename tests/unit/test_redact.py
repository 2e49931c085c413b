"""Personal data is hidden, other numbers are not, and every place stays exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clean import clean
from ingest.document import Block, Box, Line, PageReport, ParsedDocument, table_of
from ingest.notices import Notice
from ingest.redact import redact, redact_notices, redact_pages, redact_text

# Made for this test; the check digits are right, the people do not exist.
IDS = ["11010519491231002X", "440524188001010014", "110105194912310 02X", "110105 19491231 002x", "110105491231002"]
PHONES = ["13812345678", "138-1234-5678", "138 1234 5678", "+86 13812345678", "8613912345678", "１３８１２３４５６７８"]
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
]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (kind, text)
        for kind, texts in {"ID": IDS, "PHONE": PHONES, "CARD": CARDS, "EMAIL": EMAILS}.items()
        for text in texts
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
        "订单 202305131234567890",
        "4138\n4809\n4809\n4801",  # a column of numbers that passes the check digit
        "2700550 340010001",
        "ISBN 978-7-111-21382-6",
        "2021 2022 2023 2024 2025",
        "第3章 1380 页",
        "请联系 @张三，或看 a@b",
        "(010) 6275-1234",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redact_text(text) == text


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


PIECES = st.sampled_from(
    [*IDS, *PHONES, *CARDS, *EMAILS, "1.", "，", ".", " ", "-", "\n", "+", "@", "a", "张三", "86", "2024"]
)
TEXTS = st.lists(PIECES | st.text("0123456789 -.,@+Xx８甲", max_size=6), max_size=12).map("".join)


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
