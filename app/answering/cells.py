"""Whether a figure that a row of a table holds is of the row and the column that are spoken of.

A table holds many figures of one kind, and a small model takes the one beside: 2025 instead of 2024, the next
branch instead of this one. A cell is named by its row and its column; what names another one says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.figures import Figure, readings
from app.answering.quotes import Quote
from app.answering.terms import content_words, covered, with_digits
from ingest.store.analyse import fold

# So much of a row's label must be named for the row to be meant.
_MOST = 0.7
# Columns that hold how much something changed; nobody means them who does not say so.
_CHANGE = re.compile(r"增[减长幅]|变[动化]|[同环]比|幅度|\b(?:change|growth|increase|decrease|variance|yoy)\b")
_BORDER = re.compile(r"(?<!\\)\|")


def other_cell(row: Quote, rows: Sequence[Quote], named: Sequence[str], claimed: Sequence[Figure]) -> bool:
    """Whether `named`, folded content words of question and sentence, name another row of `rows`, or other columns
    than those that hold the `claimed` figures."""
    return _other_row(row, rows, named) or _other_column(row, named, claimed)


def _other_row(row: Quote, rows: Sequence[Quote], named: Sequence[str]) -> bool:
    """Whether the label of another row is named, and has a word that this row and what it is read with lack."""
    beside = [other for other in rows if other.source is row.source and other.is_row]
    mine = with_digits(fold("\n".join((row.header, row.text, row.near, _group(row, beside)))))
    lacking = {word for word in named if covered(word, mine) == 0}
    for other in beside:
        label = content_words(_cells(other.text)[0])
        if lacking & set(label) and len(set(label) & set(named)) >= _MOST * len(label):
            return True
    return False


def _group(row: Quote, beside: Sequence[Quote]) -> str:
    """The label above a row that has none: that of a cell over several rows."""
    if _cells(row.text)[0]:
        return ""
    labels = [_cells(other.text)[0] for other in beside if other.start < row.start]
    return next((label for label in reversed(labels) if label), "")


def _other_column(row: Quote, named: Sequence[str], claimed: Sequence[Figure]) -> bool:
    heads = [with_digits(fold(cell)) for cell in _cells(row.header)] if row.header else []
    cells = _cells(row.text)
    if len(heads) != len(cells):
        return False
    columns = range(1, len(cells))
    holding = {j for j in columns if any(figure.readings & readings(cells[j]) for figure in claimed)}
    wanted: set[int] = set()
    for word in (word for word in named if len(word) > 1):
        with_word = {j for j in columns if covered(word, heads[j]) == 1}
        # A word in the heads of all columns, or of none, tells no column from another.
        if with_word and len(with_word) < len(columns):
            wanted |= with_word
    if wanted:
        return bool(holding) and not holding & wanted
    changes = {j for j in columns if _CHANGE.search(heads[j])}
    meant = any(_CHANGE.search(word) for word in named)
    return bool(holding) and not meant and holding <= changes and len(changes) < len(columns)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _BORDER.split(row.strip().strip("|"))]
