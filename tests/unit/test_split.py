"""Chunks follow headings, paragraphs and rows, then size."""

import re
from collections.abc import Sequence

import pytest

from ingest.clean import clean
from ingest.document import Block, Cell, Line, ParsedDocument, Row, Table, table_of
from ingest.split import split


def count(texts: Sequence[str]) -> list[int]:
    """Two special tokens, one for each Chinese character or other word."""
    return [2 + len(re.findall(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+", text)) for text in texts]


def heading(text: str, level: int = 1) -> Block:
    return Block("heading", (Line(text),), level=level)


def text(*lines: str) -> Block:
    return Block("text", tuple(map(Line, lines)))


def chunks(*blocks: Block, target: int = 50, limit: int = 80):
    return split(clean(ParsedDocument(blocks)), count, target_tokens=target, max_tokens=limit)


def words(number: int, stem: str = "w") -> str:
    return " ".join(f"{stem}{i}" for i in range(number))


def test_a_large_section_starts_a_chunk():
    first, second = chunks(heading("A"), text(words(30)), heading("B"), text(words(30)))
    assert first.text.startswith("A\n\nw0")
    assert second.text.startswith("B\n\nw0")
    assert [chunk.ordinal for chunk in (first, second)] == [0, 1]


def test_small_neighbours_of_the_same_parent_share_a_chunk():
    parts = chunks(heading("Top"), text(words(46)), heading("a", 2), text("x"), heading("b", 2), text("y"))
    assert [part.text.split("\n")[0] for part in parts] == ["Top", "a"]
    assert parts[1].text == "a\n\nx\n\nb\n\ny"
    assert parts[1].heading_path == ("Top",)


def test_small_sections_of_different_parents_stay_apart():
    parts = chunks(heading("One"), text(words(46)), heading("a", 2), text("x"), heading("Two"), text(words(10)))
    assert [part.heading_path for part in parts] == [(), ("One",), ()]


def test_headings_alone_go_with_what_comes_below():
    (part,) = chunks(heading("Chapter"), heading("Section", 2), text(words(20)))
    assert part.heading_path == ()
    assert part.text.startswith("Chapter\n\nSection\n\nw0")
    first, second = chunks(heading("A"), text(words(48)), heading("B"), heading("C", 2), text(words(48)))
    assert first.text.startswith("A")
    assert second.text.startswith("B\n\nC\n\nw0")


def test_later_parts_of_a_section_carry_its_headings():
    parts = chunks(heading("A"), heading("B", 2), text(words(40)), text(words(40, "v")))
    assert parts[1].text.startswith("v0")
    assert parts[1].heading_path == ("A", "B")
    assert parts[1].tokens == count([parts[1].indexed_text])[0]


def test_long_chinese_paragraphs_are_cut_at_sentences():
    sentence = "数据处理者应当建立健全全流程数据安全管理制度。"
    parts = chunks(text(sentence * 20))
    assert len(parts) > 5
    assert all(part.text.endswith("。") for part in parts)


def test_quotation_marks_stay_with_their_sentence():
    sentence = "他说：“明天我们一起去参加这个会议吧。”"
    parts = chunks(text(sentence * 20))
    assert len(parts) > 3
    assert all(part.text.endswith("”") and part.text.startswith("他") for part in parts)


def test_later_rows_of_a_table_carry_its_header():
    table = table_of([["name", "price"], *([f"item{i}", str(i)] for i in range(40))])
    parts = chunks(heading("Prices"), Block("table", (), table=table))
    assert parts[0].heading_path == ()
    assert len(parts) > 3
    assert all(part.heading_path == ("Prices", "| name | price |") for part in parts[1:])
    assert all(part.text.startswith("| item") and part.text.endswith("|") for part in parts[1:])
    assert sum(part.text.count("item") for part in parts) == 40


def test_a_caption_goes_with_every_part_of_its_table():
    table = table_of([["name", "unit"], ["", "kg"], *([f"item{i}", str(i)] for i in range(40))], header_rows=2)
    block, caption = Block("table", (), table=table), Block("caption", (Line("表 1 价格"),))
    header = ("| name | unit |", "|  | kg |")
    above = chunks(caption, block, limit=120)
    assert len(above) > 3
    assert {part.heading_path for part in above[1:]} == {("表 1 价格", *header)}
    below = chunks(block, caption, limit=120)
    assert {part.heading_path for part in below[1:]} == {("表 1 价格", *header)}


def test_rows_below_a_cell_that_reaches_over_them_carry_its_text():
    def row(i):
        group = (Cell(f"group{i // 20}", 0, rows=20),) if i % 20 == 0 else ()
        return Row((*group, Cell(f"item{i}", 1), Cell(str(i), 2)))

    table = Table((Row((Cell("kind", 0), Cell("name", 1), Cell("value", 2))), *map(row, range(40))))
    head = "| kind | name | value |"
    parts = chunks(Block("table", (), table=table))
    assert len(parts) > 4
    for part in parts[1:]:
        first = re.search(r"item(\d+)", part.text)[1]
        group = f"group{int(first) // 20}"
        assert part.heading_path == ((head,) if part.text.startswith(f"| {group} ") else (head, group))
    assert {part.heading_path for part in parts[1:]} >= {(head, "group0"), (head, "group1")}


def test_a_table_that_goes_on_has_groups_of_its_own():
    def page(number, continues):
        rows = (Row((Cell(f"group{number}", 0, rows=25), Cell("item", 1))), *[Row((Cell("item", 1),))] * 30)
        return Block("table", (), number, table=Table((Row((Cell("a", 0), Cell("b", 1))), *rows)), continues=continues)

    parts = chunks(page(1, False), page(2, True))
    assert {part.heading_path[1:] for part in parts} == {(), ("group1",), ("group2",)}


def test_too_long_heading_paths_lose_their_top():
    parts = chunks(heading(words(28, "long")), heading("short", 2), text(words(100)))
    assert {part.heading_path for part in parts[1:]} == {("short",)}


def test_the_last_piece_is_not_a_scrap():
    parts = chunks(text(words(46)), text("tail"))
    assert len(parts) == 1


def test_an_impossible_limit_is_refused():
    with pytest.raises(ValueError, match="limit of 2"):
        chunks(text("word"), limit=2)


def test_nothing_gives_nothing():
    assert chunks() == ()


def test_counts_in_few_calls():
    calls = []

    def counting(texts):
        calls.append(len(texts))
        return count(texts)

    blocks = [block for i in range(300) for block in (heading(f"H{i}"), text(words(60)))]
    split(clean(ParsedDocument(tuple(blocks))), counting, target_tokens=50, max_tokens=80)
    assert len(calls) < 12


def test_what_is_not_cut_is_counted_once():
    seen = []

    def counting(texts):
        seen.extend(texts)
        return count(texts)

    short, other, long = words(18), words(19), words(200)  # the short ones are no chunk alone
    split(clean(ParsedDocument(tuple(map(text, (short, other, long))))), counting, target_tokens=50, max_tokens=80)
    assert [seen.count(each) for each in (short, other, long)] == [1, 1, 1]
