"""CSV and its kin: which sign parts the columns is found out, quotes and encodings are known."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, TooManyCells
from ingest.parsers.formats import extensions_of
from ingest.parsers.result import document_of
from ingest.parsers.sheet_blocks import MAX_CELLS, Sheet, sheet_blocks
from ingest.parsers.text import read_text
from models.reasons import because

_DELIMITERS = ",\t;|"
_SAMPLE = 100
_NAMED = "sep="


class DelimitedParser:
    """Reads tables as text: CSV, TSV."""

    extensions = extensions_of("csv")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002 (all parsers are called alike)
        limits: ParseLimits,  # noqa: ARG002
    ) -> ParsedDocument:
        """See `Parser.parse`. Raises TooManyCells."""
        text, warnings = read_text(path, name)
        sheet, cells = Sheet(""), 0
        try:
            for number, row in enumerate(csv.reader(io.StringIO(_body(text)), delimiter=delimiter_of(text))):
                cells += len(row)
                if cells > MAX_CELLS:
                    raise TooManyCells(name=name, limit=MAX_CELLS)
                for column, value in enumerate(row):
                    sheet.put(number, column, value)
        except csv.Error as error:
            raise CorruptFile(name=name, kind="CSV", reason=because("field-open")) from error
        return document_of(sheet_blocks(sheet), name, warnings=warnings)


def _body(text: str) -> str:
    """A first line such as `sep=;` is for the program, not for people; the rows keep their numbers."""
    return text[text.find("\n") :] if text.startswith(_NAMED) and "\n" in text else text


def delimiter_of(text: str) -> str:
    """The sign that parts the most lines into the same number of columns."""
    if text.startswith(_NAMED) and len(text) > len(_NAMED):
        return text[len(_NAMED)]
    return max(_DELIMITERS, key=lambda sign: _agreement(text, sign))


def _agreement(text: str, delimiter: str) -> tuple[int, int]:
    """How many lines have the most frequent number of columns above one, and that number."""
    widths: dict[int, int] = {}
    try:
        for row, _ in zip(csv.reader(io.StringIO(text), delimiter=delimiter), range(_SAMPLE), strict=False):
            if len(row) > 1:
                widths[len(row)] = widths.get(len(row), 0) + 1
    except csv.Error:
        return 0, 0
    return max(((count, width) for width, count in widths.items()), default=(0, 0))
