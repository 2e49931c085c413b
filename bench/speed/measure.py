"""What a measure is: two ways to do the same things, and the rows of the page that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal

from bench.speed.plan import Plan

Values = dict[str, float]
# Does one item, and says what that took.
Do = Callable[[str], Values]
# Loads what is needed, gives what does the items, and frees it again. It runs in a process of its own.
Side = Callable[[Plan], AbstractContextManager[Do]]

BASELINE, OURS = "baseline", "ours"


@dataclass(frozen=True)
class Row:
    """A line of the page: one value of a measure, over all of its items or one.

    `better` says which is faster. `goal` bounds ours / baseline from the side that `better` says, or with `difference`
    ours - baseline. `scale` makes the value what `unit` says. `holds` tells what keeps it from the physical limit.
    """

    name: str
    title: str
    value: str
    unit: str
    better: Literal["less", "more"]
    goal: float | None = None
    item: str = ""
    scale: float = 1.0
    difference: bool = False
    holds: str = ""


@dataclass(frozen=True)
class Curve:
    """A line of a plot: how a value of a measure grows with its items, which are numbers."""

    name: str
    title: str
    value: str
    unit: str
    scale: float = 1.0


@dataclass(frozen=True)
class Measure:
    """`items` are done one after the other by both sides in turn, `rounds` times, each round in fresh processes.

    `sized` is what an item's size depends on beside its name: samples of another size are not of the same run. With
    `watched` the largest memory of the process and its children is added to what an item took, as `peak_mb`.
    """

    name: str
    items: Callable[[Plan], Sequence[str]]
    sides: Mapping[str, Side]
    rows: Sequence[Row] = field(default_factory=tuple)
    curves: Sequence[Curve] = field(default_factory=tuple)
    rounds: Callable[[Plan], int] = lambda plan: plan.rounds
    sized: Callable[[Plan], object] = lambda _: None
    watched: bool = False

    def steps(self, plan: Plan, number: int) -> Iterator[tuple[str, str]]:
        """Item and side, in the order of a round: who begins changes with every item and round."""
        for place, item in enumerate(self.items(plan)):
            order = list(self.sides)
            yield from ((item, side) for side in (order if (place + number) % 2 == 0 else reversed(order)))
