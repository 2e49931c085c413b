"""What a measure gives, tables and goals, and how they are printed: as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Value = str | int | float | None


@dataclass
class Sheet:
    """A table of figures. `detail` marks one that is printed only on demand."""

    title: str
    columns: Sequence[str]
    rows: list[list[Value]] = field(default_factory=list)
    note: str = ""
    detail: bool = False

    def markdown(self) -> str:
        """The table, titled."""
        lines = [f"### {self.title}", ""]
        lines += [self.note, ""] if self.note else []
        lines += [_row(self.columns), _row(["---", *["---:"] * (len(self.columns) - 1)])]
        return "\n".join([*lines, *(_row([shown(value) for value in row]) for row in self.rows), ""])


@dataclass(frozen=True)
class Goal:
    """What was to be reached, and what was; `value` is None where it could not be measured."""

    what: str
    target: str
    value: float | None
    met: bool


def at_least(what: str, least: float, value: float | None) -> Goal:
    """A goal for figures of which more is better."""
    return Goal(what, f"≥ {least:g}", value, value is not None and value >= least)


def at_most(what: str, most: float, value: float | None) -> Goal:
    """A goal for figures of which less is better."""
    return Goal(what, f"≤ {most:g}", value, value is not None and value <= most)


@dataclass
class Findings:
    """What one measure found."""

    sheets: list[Sheet] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)


def goal_sheet(goals: Sequence[Goal]) -> Sheet:
    """Every goal with what was reached."""
    marks = {True: "yes", False: "no"}
    rows: list[list[Value]] = [
        [goal.what, goal.target, goal.value, "not measured" if goal.value is None else marks[goal.met]]
        for goal in goals
    ]
    return Sheet("Goals", ["goal", "target", "reached", "met"], rows)


def shown(value: Value) -> str:
    """A figure as it is printed."""
    if value is None:
        return "–"
    return (
        f"{value:.4f}"
        if isinstance(value, float) and abs(value) < 10
        else f"{value:.1f}"
        if isinstance(value, float)
        else str(value)
    )


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of what there is; None where a value is missing."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
