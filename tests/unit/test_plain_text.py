"""The text of a document a page at a time, as a page shows it that no script draws."""

from __future__ import annotations

from app.plain_text import BLOCKS, PlainBlock, plain_page
from ingest.document import Anchor, BlockSpan, CleanDocument

LINES = ["标题", "第一页的一行，", "在第二页上接着说。", "第二页的表"]


def document(lines: list[str], pages: list[int | None], blocks: list[tuple[int, int, str]]) -> CleanDocument:
    """Lines on pages; blocks are (first line, last line, kind)."""
    starts = [sum(len(line) + 1 for line in lines[:n]) for n in range(len(lines))]
    ends = [start + len(line) for start, line in zip(starts, lines, strict=True)]
    anchors = tuple(Anchor(a, b, page) for a, b, page in zip(starts, ends, pages, strict=True))
    spans = tuple(BlockSpan(starts[first], ends[last], kind) for first, last, kind in blocks)  # type: ignore[arg-type]
    return CleanDocument("\n".join(lines), anchors, spans)


PAGED = document(LINES, [1, 1, 2, 2], [(0, 0, "heading"), (1, 2, "text"), (3, 3, "table")])


def test_a_page_has_its_own_lines_and_no_others() -> None:
    first, second = (plain_page(PAGED, 2, number) for number in (1, 2))
    assert first.blocks == (PlainBlock("heading", LINES[0]), PlainBlock("text", LINES[1]))
    assert second.blocks == (PlainBlock("text", LINES[2]), PlainBlock("table", LINES[3]))
    assert (first.number, first.last) == (1, 2)


def test_a_page_that_is_not_there_is_the_nearest_one() -> None:
    assert plain_page(PAGED, 2, 99).number == 2
    assert plain_page(CleanDocument("", (), ()), 0, 99).number == 1


def test_every_block_stands_on_one_part_where_there_are_no_pages() -> None:
    lines = [f"第 {n} 段" for n in range(2 * BLOCKS + 1)]
    long = document(lines, [None] * len(lines), [(n, n, "text") for n in range(len(lines))])
    parts = [plain_page(long, 0, number) for number in (1, 2, 3)]
    assert [block.text for part in parts for block in part.blocks] == lines
    assert {part.last for part in parts} == {3}


def test_a_passage_leads_to_its_part() -> None:
    lines = [f"第 {n} 段" for n in range(BLOCKS + 10)]
    long = document(lines, [None] * len(lines), [(n, n, "text") for n in range(len(lines))])
    at = long.text.index(f"第 {BLOCKS + 4} 段") + 2
    part = plain_page(long, 0, at=at)
    assert part.number == 2
    assert [block.text for block in part.blocks if block.here] == [lines[BLOCKS + 4]]
