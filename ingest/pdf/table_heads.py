"""Which rows of a table name its columns, and whether it goes on from the one before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.document import Block, Row, Table
from ingest.pdf.table_slots import Slot

_MOST = 4
_SAME = 6.0


def header_rows(slots: Sequence[Slot]) -> int:
    """The first row, those that its cells reach into or gather, and those of words above the first label."""
    rows = 1 + max(slot.row for slot in slots)
    found = 1
    while found < min(_MOST, rows - 1) and _goes_on(slots, found):
        found += 1
    return found


def _goes_on(slots: Sequence[Slot], row: int) -> bool:
    """Whether a row still belongs to the header that stands above it."""
    above = [slot for slot in slots if slot.row < row and slot.text]
    here = [slot for slot in slots if slot.row == row and slot.text]
    if any(slot.row + slot.rows > row for slot in above):
        return True
    last = [slot for slot in above if slot.row == row - 1]
    if len(last) == 1 and last[0].columns > 1 and row == 1:
        return True
    gathered = any(sum(slot.column <= s.column < slot.column + slot.columns for s in here) > 1 for slot in last)
    return gathered or not (any(slot.column == 0 for slot in here) or any(slot.numeric for slot in here))


def joined_tables(blocks: Iterable[Block]) -> list[Block]:
    """Blocks in reading order, where a table that goes on from the block before it says so."""
    found: list[Block] = []
    for block in blocks:
        found.append(_continued(found, block) or block)
    return found


def _continued(before: Sequence[Block], block: Block) -> Block | None:
    last = before[-1] if before else None
    if last is None or last.table is None or block.table is None or not _follows(last, block):
        return None
    repeated = _repeated(_beginning(before), block.table)
    if not repeated and not _same_columns(last.table, block.table):
        return None
    return replace(block, continues=True, table=replace(block.table, header_rows=repeated))


def _follows(last: Block, block: Block) -> bool:
    return last.page is not None and block.page is not None and block.page - last.page == 1


def _beginning(blocks: Sequence[Block]) -> Table:
    """The part with which the last of some blocks began."""
    first = next(block for block in reversed(blocks) if not block.continues)
    assert first.table is not None
    return first.table


def _repeated(beginning: Table, table: Table) -> int:
    """How many rows repeat the header, 0 if they don't."""
    count = beginning.header_rows
    head, again = beginning.grid()[:count], table.grid()[:count]
    same = [[text.split() for text in row] for row in head] == [[text.split() for text in row] for row in again]
    return count if count and same and len(table.rows) > count else 0


def _same_columns(last: Table, table: Table) -> bool:
    """Whether the cells of the last row of one table and the first of another stand between the same sides."""
    return any(
        len(ours) == len(theirs) and all(abs(a - b) <= _SAME for a, b in zip(ours, theirs, strict=True))
        for ours, theirs in (
            (_sides(last.rows[-1:]), _sides(table.rows[:1])),
            (_sides(last.rows), _sides(table.rows)),
        )
    )


def _sides(rows: Sequence[Row]) -> list[float]:
    """Where cells begin, by column, and where the last of them ends."""
    boxes = [(cell.column, cell.box) for row in rows for cell in row.cells if cell.box is not None]
    # The cells of a row in a turned table stand above each other on the page.
    first = [cell.box for cell in rows[0].cells if cell.box is not None]
    turned = len({round(box.y0) for box in first}) > len({round(box.x0) for box in first})
    spans = [(column, (box.y0, box.y1) if turned else (box.x0, box.x1)) for column, box in boxes]
    lefts: dict[int, float] = {}
    for column, (left, _) in spans:
        lefts[column] = min(left, lefts.get(column, left))
    return [*(lefts[column] for column in sorted(lefts)), max((right for _, (_, right) in spans), default=0.0)]
