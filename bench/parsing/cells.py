"""Tables as cells on a grid, and how the ICDAR 2013 competition compares them: by adjacency relations.

A relation is a cell, its nearest neighbour to the right or below that is not blank, and the
direction; a cell that spans several places has them all, and two cells are neighbours once a
direction. Cells are compared by their letters and digits. A document's relations are pooled over
its tables, so that a table cut in two loses only the relations across the cut.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from bench.parsing.normal import word


class Placed(NamedTuple):
    """A cell from row `r0` and column `c0` to row `r1` and column `c1`, both included."""

    r0: int
    c0: int
    r1: int
    c1: int
    text: str


Relation = tuple[str, str, str]
Grid = Sequence[Placed]

_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
_BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Score:
    """Relations that are right, that were given, and that are true."""

    right: int
    given: int
    true: int

    @property
    def precision(self) -> float:
        return self.right / self.given if self.given else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 0.0


def f1(precision: float, recall: float) -> float:
    """The harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def compare(truth: Iterable[Grid], given: Iterable[Grid]) -> Score:
    """The relations of a document's tables against the true ones."""
    wanted, found = (Counter(each for grid in grids for each in relations(grid)) for grids in (truth, given))
    return Score((wanted & found).total(), found.total(), wanted.total())


def relations(grid: Grid) -> list[Relation]:
    """Every pair of neighbours, once a direction."""
    names = [word(cell.text) for cell in grid]
    at = {(r, c): i for i, cell in enumerate(grid) if names[i] for r, c in _places(cell)}
    pairs = {("right", i, j) for i, j in _neighbours(at)}
    pairs |= {("below", i, j) for i, j in _neighbours({(c, r): i for (r, c), i in at.items()})}
    return [(direction, names[i], names[j]) for direction, i, j in sorted(pairs)]


def _places(cell: Placed) -> Iterable[tuple[int, int]]:
    return ((r, c) for r in range(cell.r0, cell.r1 + 1) for c in range(cell.c0, cell.c1 + 1))


def _neighbours(at: dict[tuple[int, int], int]) -> Iterable[tuple[int, int]]:
    """Cells that follow each other in a row, blanks skipped."""
    order = sorted(at)
    for here, there in pairwise(order):
        if here[0] == there[0] and at[here] != at[there]:
            yield at[here], at[there]


def from_rows(rows: Iterable[Iterable[str | None]]) -> list[Placed]:
    """A grid without spans."""
    return [Placed(r, c, r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row) if text]


def from_boxes(cells: Iterable[tuple[tuple[float, float, float, float], str]]) -> list[Placed]:
    """A grid from cells with boxes: edges less than 2 points apart are one line of it."""
    found = list(cells)
    across = _edges(x for box, _ in found for x in (box[0], box[2]))
    down = _edges(y for box, _ in found for y in (box[1], box[3]))
    return [
        Placed(
            down[box[1]],
            across[box[0]],
            max(down[box[1]], down[box[3]] - 1),
            max(across[box[0]], across[box[2]] - 1),
            text,
        )
        for box, text in found
    ]


def _edges(values: Iterable[float]) -> dict[float, int]:
    numbers: dict[float, int] = {}
    last, number = None, -1
    for value in sorted(set(values)):
        if last is None or value - last > 2:
            number += 1
        numbers[value], last = number, value
    return numbers


def from_markdown(text: str) -> list[list[Placed]]:
    """The pipe tables of a Markdown text."""
    tables, lines = [], text.split("\n")
    i = 1
    while i < len(lines):
        if "|" not in lines[i] or not _RULE.fullmatch(lines[i]) or "|" not in lines[i - 1]:
            i += 1
            continue
        rows = [_row(lines[i - 1])]
        i += 1
        while i < len(lines) and lines[i].strip().startswith("|"):
            if i + 1 < len(lines) and _RULE.fullmatch(lines[i + 1]) and "|" in lines[i + 1]:
                break  # the header of the next table
            rows.append(_row(lines[i]))
            i += 1
        tables.append(from_rows(rows))
    return tables


def _row(line: str) -> list[str]:
    return [cell.replace("\\|", "|").strip() for cell in _BAR.split(line.strip().removeprefix("|").removesuffix("|"))]
