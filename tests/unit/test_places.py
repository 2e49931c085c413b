"""The location of a passage covers all of it, and names no more than that."""

from itertools import pairwise

import pptx
import pytest

from ingest.clean import clean
from ingest.document import Anchor, Block, BlockSpan, Cell, Line, ParsedDocument, ParseLimits, Row, Table
from ingest.parsers.pptx import PptxParser
from ingest.parsers.text import TextParser
from ingest.places import Places, joined
from ingest.split import split


@pytest.mark.parametrize(
    ("locations", "place"),
    [
        ([], ""),
        (["一"], "一"),
        (["S!A16:F16", "S!A17:F17", "S!B30:G30"], "S!A16:G30"),
        (["S!A1", "S!A3:Z4", "S!AA5"], "S!A1:AA5"),
        (["A2:C2", "A3:C3"], "A2:C3"),
        (["S!A1", "S!B1", "T!C2:D3", "T!C4"], "S!A1:B1 – T!C2:D4"),
        (["slide 1", "slide 2", "slide 3"], "slides 1-3"),
        (["slide 2", "slide 4"], "slides 2, 4"),
        (["¶3", "¶4", "¶7"], "¶3-7"),
        (["a.pdf > p. 3", "a.pdf > p. 4"], "a.pdf > pp. 3-4"),
        (["a.xlsx > S!A1", "a.xlsx > S!A2"], "a.xlsx > S!A1:A2"),
        (["法 > 第一章 > 第一条", "法 > 第一章 > 第二条", "法 > 第一章 > 第三条"], "法 > 第一章 > 第一条 – 第三条"),
        (["法 > 第一章 > 第四条", "法 > 第二章 > 第五条"], "法 > 第一章 > 第四条 – 第二章 > 第五条"),
        (["法", "法 > 第一章", "法 > 第二章"], "法"),
        (["¶1", "一", "一 > 1"], "¶1 – 一 > 1"),
    ],
)
def test_several_locations_as_one(locations, place):
    assert joined(locations) == place


def places(*parts):
    """A document of `(kind, location)`, a character each."""
    anchors = [Anchor(2 * i, 2 * i + 1, location=location) for i, (_, location) in enumerate(parts)]
    blocks = [BlockSpan(2 * i, 2 * i + 1, kind) for i, (kind, _) in enumerate(parts)]
    return Places(anchors, blocks)


def test_a_heading_stands_where_the_text_below_it_does():
    under = places(("heading", "一"), ("heading", "一 > 1"), ("text", "一 > 1"), ("text", "一 > 1 > 第一条"))
    assert under.of(0, 6) == "一 > 1"
    assert under.of(0, 1) == "一"
    assert (
        places(("heading", "一"), ("text", "一 > 第一条"), ("text", "一 > 第二条")).of(0, 5) == "一 > 第一条 – 第二条"
    )
    assert places(("heading", "一"), ("text", "一"), ("text", "一 > 第二条")).of(0, 5) == "一"
    assert places(("heading", "预算"), ("table", "预算!A1:B1"), ("table", "预算!A2:B2")).of(0, 5) == "预算!A1:B2"
    assert places(("heading", "一"), ("text", "一"), ("heading", "二")).of(0, 5) == "一 – 二"


def chunks_of(parsed, tokens=40):
    cleaned = clean(parsed)
    chunks = split(
        cleaned, lambda texts: [2 + len(text) for text in texts], target_tokens=tokens, max_tokens=2 * tokens
    )
    found = Places(cleaned.anchors, cleaned.blocks)
    return [(chunk, found.of(chunk.start, chunk.end)) for chunk in chunks]


def test_the_rows_of_a_chunk_follow_one_another():
    rows = [Row((Cell("项", 0), Cell(str(i), 1)), f"表!A{i}:B{i}") for i in range(1, 31)]
    parsed = ParsedDocument((Block("table", (), location="表!A1:B30", table=Table(tuple(rows))),))
    found = [place.removeprefix("表!").replace("A", "").replace("B", "").split(":") for _, place in chunks_of(parsed)]
    assert len(found) > 3
    assert (found[0][0], found[-1][1]) == ("1", "30")
    assert all(int(after[0]) == int(before[1]) + 1 for before, after in pairwise(found))


def test_slides_in_one_chunk_are_all_named(tmp_path):
    deck = pptx.Presentation()
    for i in range(3):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = f"第{i}"
    deck.save(tmp_path / "blob")
    parsed = PptxParser().parse(tmp_path / "blob", "a.pptx", None, ParseLimits())
    assert [place for _, place in chunks_of(parsed)] == ["slides 1-3"]


def test_articles_of_two_chapters_in_one_chunk(tmp_path):
    path = tmp_path / "blob"
    path.write_text("第一章 总则\n\n第一条 甲。\n\n第二条 乙。\n\n第二章 附则\n\n第三条 丙。\n", encoding="utf-8")
    parsed = TextParser().parse(path, "a.txt", None, ParseLimits())
    assert [place for _, place in chunks_of(parsed, 90)] == ["第一章 总则 > 第一条 – 第二章 附则 > 第三条"]


def test_headings_are_written_alike_in_locations_and_in_the_text():
    parsed = ParsedDocument(
        (
            Block("heading", (Line("一级　１２３"),), location="一级 １２３", level=1),
            Block("text", (Line("甲"),), location="一级 １２３"),
        )
    )
    cleaned = clean(parsed)
    assert {anchor.location for anchor in cleaned.anchors} == {cleaned.blocks[1].heading_path[0]} == {"一级 123"}
