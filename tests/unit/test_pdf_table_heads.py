"""Tables that run over pages: what continues, and which of its rows repeat the header."""

from dataclasses import replace

from ingest.document import Block, Box, Cell, Line, Row, Table
from ingest.pdf.table_heads import joined_tables

HEAD = ["项目", "本期", "上期"]


def block(page: int, *rows: list[str], header: int = 1, wide: int = 100) -> Block:
    """A table of equal columns, as it stands on a page."""
    cells = [
        Row(
            tuple(
                Cell(t, i, box=Box(50 + wide * i, 20 * r, 50 + wide * (i + 1), 20 * r + 20)) for i, t in enumerate(row)
            )
        )
        for r, row in enumerate(rows)
    ]
    return Block("table", (), page, table=Table(tuple(cells), header))


def heads(*blocks: Block) -> list[int | None]:
    """The header rows of the parts that continue one before, None for a table of its own."""
    return [b.table.header_rows if b.continues and b.table else None for b in joined_tables(blocks)]


def test_a_table_that_repeats_its_header_on_every_page():
    parts = [block(page, HEAD, [f"{page}", "1", "2"]) for page in (1, 2, 3)]
    assert heads(*parts) == [None, 1, 1]


def test_a_table_that_does_not_repeat_its_header():
    first = block(1, HEAD, ["a", "1", "2"])
    assert heads(first, block(2, ["b", "3", "4"]), block(3, ["c", "5", "6"])) == [None, 0, 0]


def test_other_columns_are_another_table():
    first = block(1, HEAD, ["a", "1", "2"])
    assert heads(first, block(2, ["b", "3"])) == [None, None]
    assert heads(first, block(2, ["b", "3", "4"], wide=120)) == [None, None]


def test_a_repeated_header_tells_even_if_the_columns_moved():
    assert heads(block(1, HEAD, ["a", "1", "2"]), block(2, HEAD, ["b", "3", "4"], wide=120)) == [None, 1]


def test_the_rows_next_to_the_break_tell_for_a_table_of_several_parts():
    first = block(1, HEAD, ["a", "1", "2"])
    rows = (*block(1, ["其中", "5"], wide=150).table.rows, *first.table.rows)
    second = replace(block(2), table=Table((*first.table.rows, *block(2, ["x", "y"], wide=150).table.rows)))
    assert heads(replace(first, table=Table(rows)), second) == [None, 0]


def test_a_turned_table_goes_on_too():
    def turned(part: Block) -> Block:
        def turn(cell: Cell) -> Cell:
            box = cell.box
            return replace(cell, box=Box(box.y0, 500 - box.x1, box.y1, 500 - box.x0))

        rows = tuple(Row(tuple(map(turn, row.cells))) for row in part.table.rows)
        return replace(part, table=replace(part.table, rows=rows))

    first, second = turned(block(1, HEAD, ["a", "1", "2"])), turned(block(2, ["b", "3", "4"]))
    assert heads(first, second) == [None, 0]
    assert heads(first, turned(block(2, ["b", "3", "4"], wide=120))) == [None, None]


def test_text_between_or_a_page_between_parts_tables():
    first, second = block(1, HEAD, ["a", "1", "2"]), block(2, ["b", "3", "4"])
    assert heads(first, Block("text", (Line("二、其他"),), 2), second) == [None, None, None]
    assert heads(first, replace(second, page=3)) == [None, None]
    assert heads(first, replace(second, page=1)) == [None, None]


def test_a_header_alone_is_not_repeated_as_all_of_a_table():
    assert heads(block(1, HEAD, ["a", "1", "2"]), block(2, HEAD)) == [None, 0]
