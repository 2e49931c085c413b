"""From blocks as they stand on pages to the text that is searched, with an anchor for every line."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from io import StringIO

from ingest.characters import tidy, verbatim
from ingest.document import Anchor, Block, BlockSpan, Box, CleanDocument, Line, ParsedDocument, Table
from ingest.joints import UNDO, Joints
from ingest.markdown_table import WrittenRow, rule, write_rows
from ingest.notices import Notice
from ingest.repeats import drop_repeats
from ingest.units import names_unit

CLEANER_VERSION = 5


def clean(parsed: ParsedDocument) -> CleanDocument:
    """Join lines to paragraphs, repair characters, and note where every line came from.

    Blocks are parted by one blank line; a table is Markdown, one row a line. Paragraphs that stand
    there again and again are read once, and a notice says so.
    """
    kept, notices = drop_repeats(parsed)
    builder = _Builder(Joints(parsed))
    headings: list[tuple[int, str]] = []
    for block in kept:
        if block.kind == "heading":
            headings = [entry for entry in headings if entry[0] < block.level]
        text = builder.add(block, tuple(title for _, title in headings))
        if block.kind == "heading" and text:
            headings.append((block.level, text))
    return builder.document(notices)


class _Builder:
    """The text so far, and the spans in it."""

    def __init__(self, joints: Joints) -> None:
        self._joints = joints
        self._text = StringIO()
        self._length = 0
        self._anchors: list[Anchor] = []
        self._blocks: list[BlockSpan] = []
        self._captions: tuple[tuple[int, int], ...] = ()
        self._columns = 0

    def document(self, notices: tuple[Notice, ...]) -> CleanDocument:
        return CleanDocument(self._text.getvalue(), tuple(self._anchors), tuple(self._blocks), notices)

    def add(self, block: Block, path: tuple[str, ...]) -> str:
        """Append a block; returns its cleaned text, empty for a block without visible characters."""
        goes_on = block.continues and bool(self._blocks) and self._blocks[-1].kind == block.kind
        if block.table is not None:
            return self._add_table(block, block.table, path, goes_on)
        lines = [(line, text) for line in block.lines if (text := _tidied(block, line))]
        if not lines:
            return ""
        start = self._resume(block, lines[0][1]) if goes_on else self._begin()
        first = self._length
        for (line, text), joint in zip(lines, [*self._joints.between(block, lines), ""], strict=True):
            kept = text[:-1] if joint == UNDO else text
            self._anchor(kept, block, line.box)
            self._write(kept if joint == UNDO else kept + joint)
        self._end(start, block, path)
        return self._since(first)

    def _add_table(self, block: Block, table: Table, path: tuple[str, ...], goes_on: bool) -> str:
        """Append a table; the rest of one begun before leaves its header rows out."""
        goes_on = goes_on and table.columns == self._columns
        rows = list(write_rows(table, tidy))
        if goes_on:
            skipped = {id(row) for row in table.rows[: table.header_rows]}
            rows = [row for row in rows if id(row.row) not in skipped]
        if not rows:
            return ""
        heads = self._blocks[-1].heads if goes_on else self._captions
        spans = self._blocks[-1].spans if goes_on else ()
        if goes_on:
            self._write("\n")
        start = self._blocks.pop().start if goes_on else self._begin()
        first, self._columns = self._length, table.columns
        header = {id(row) for row in table.rows[: max(1, table.header_rows)]}
        ends: list[int] = []
        for i, row in enumerate(rows):
            at = self._length
            self._add_row(block, row)
            ends.append(self._length)
            if not goes_on and id(row.row) in header:
                heads += ((at, self._length),)
                if i + 1 == len(rows) or id(rows[i + 1].row) not in header:
                    self._write("\n" + rule(table.columns))
            self._write("\n" if i + 1 < len(rows) else "")
        self._end(start, block, path, heads, (*spans, *_spans(table, rows, ends, 0 if goes_on else len(header))))
        return self._since(first)

    def _add_row(self, block: Block, written: WrittenRow) -> None:
        at, location = self._length, _tidy_place(written.row.location or block.location)
        if all(cell.box is None for _, _, cell in written.cells):
            self._anchors.append(Anchor(at, at + len(written.text), block.page, None, location))
        else:
            for start, end, cell in written.cells:
                self._anchors.append(Anchor(at + start, at + end, block.page, cell.box, location))
        self._write(written.text)

    def _begin(self) -> int:
        if self._length:
            self._write("\n\n")
        return self._length

    def _resume(self, block: Block, text: str) -> int:
        """Take the last block up again, as if its last line and this text had stood below one another."""
        last = self._blocks.pop()
        tail = self._since(last.start)
        joint = "\n" if block.kind == "code" else self._joints.resumed(tail, text)
        if joint == UNDO:
            self._unwrite_hyphen()
        else:
            self._write(joint)
        return last.start

    def _end(
        self,
        start: int,
        block: Block,
        path: tuple[str, ...],
        heads: tuple[tuple[int, int], ...] = (),
        spans: tuple[tuple[int, int, int], ...] = (),
    ) -> None:
        self._blocks.append(BlockSpan(start, self._length, block.kind, path, heads, spans))
        if block.kind != "caption":
            self._captions = ()
        elif not self._names_table_above(start):
            self._captions += ((start, self._length),)

    def _names_table_above(self, start: int) -> bool:
        """Whether a caption is that of the table it stands below: not of one with a caption above it, and no unit."""
        caption = (start, self._length)
        above = self._blocks[-2] if len(self._blocks) > 1 else None
        if above is None or above.kind != "table" or any(head[0] < above.start for head in above.heads):
            return False
        if names_unit(self._since(start)):
            return False
        self._blocks[-2] = replace(above, heads=(caption, *above.heads))
        return True

    def _anchor(self, text: str, block: Block, box: Box | None) -> None:
        location = _tidy_place(block.location)
        self._anchors.append(Anchor(self._length, self._length + len(text), block.page, box, location))

    def _unwrite_hyphen(self) -> None:
        self._length -= 1
        self._text.seek(self._length)
        self._text.truncate()
        last = self._anchors.pop()
        self._anchors.append(replace(last, end=last.end - 1))

    def _write(self, text: str) -> None:
        self._text.write(text)
        self._length += len(text)

    def _since(self, start: int) -> str:
        self._text.seek(start)
        return self._text.read()


def _tidied(block: Block, line: Line) -> str:
    """A line in the usual characters; in code every character counts, but not how a font on a page draws it."""
    if block.kind == "code" and line.box is None:
        return verbatim(line.text)
    return tidy(line.text, indent=block.kind == "code" or line.box is None)


def _spans(
    table: Table, rows: Sequence[WrittenRow], ends: Sequence[int], header: int
) -> Iterator[tuple[int, int, int]]:
    """The texts of cells below the header that reach into further written rows, and the end of the last of these."""
    numbered = enumerate(table.rows)
    numbers = [next(number for number, row in numbered if row is written.row) for written in rows]
    for at, (number, written) in enumerate(zip(numbers, rows, strict=True)):
        for start, end, cell in written.cells if number >= header else ():
            last = bisect_left(numbers, number + cell.rows) - 1
            if last > at:
                begin = ends[at] - len(written.text)
                yield begin + start, begin + end, ends[last]


@lru_cache(maxsize=1024)
def _tidy_place(location: str) -> str:
    """A location names headings, and names them as the text does."""
    return tidy(location)
