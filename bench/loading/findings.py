"""What the people saw, as tables and goals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from bench.loading.crowd import Outcome
from bench.loading.memory import MB, Look, cores, growth, median
from bench.loading.record import READS, Kind, percentile
from bench.loading.trouble import HALF
from bench.parsing.sheets import Findings, Goal, Sheet, Value, at_least, at_most

_PERCENTS = (50, 95, 99)
_KINDS: dict[Kind, str] = {
    "page": "pages",
    "data": "data of pages",
    "picture": "pictures of PDF pages",
    "search": "searches",
    "upload": "uploads",
    "question": "questions, until the place in the queue is told",
    "stop": "stopping an answer",
}


def findings(outcome: Outcome) -> Findings:
    """Every figure, and whether what was promised was kept."""
    sheets = [_times(outcome), _answers(outcome), _memory(outcome), _statuses(outcome), _faults(outcome)]
    return Findings(sheets, goals(outcome))


def figures(outcome: Outcome) -> dict[str, Any]:
    """The same for programs, with memory second by second."""
    told = findings(outcome)
    return {
        "plan": asdict(outcome.plan),
        "goals": [asdict(goal) for goal in told.goals],
        "sheets": [asdict(sheet) for sheet in told.sheets],
        "memory": [asdict(look) for look in outcome.looks],
        "faults": outcome.record.faults + outcome.complaints,
    }


def goals(outcome: Outcome) -> list[Goal]:
    """What must hold under this load."""
    record, asked = outcome.record, outcome.asked
    turned_away = [one for one in asked if one.end == "turned away"]
    half = [name for name in outcome.uploads.names() if name == HALF]
    reads = percentile(record.times(READS, writing=True), 95)
    return [
        at_most("answers with 5xx, and connections that broke", 0, _broken(outcome)),
        at_most("uploads answered with 202 that are not ready", 0, len(outcome.uploads.lost())),
        at_most("pages and their data while an answer is written: p95, ms", 300, reads and reads * 1000),
        at_most("memory: growth in the last half, %", 5, growth(outcome.looks, outcome.plan.seconds)),
        at_most("queue places that were not true", 0, sum(not one.honest(outcome.plan.queue_length) for one in asked)),
        at_least("questions beyond the bound, turned away with 429", 1, len(turned_away)),
        at_most("of these without a time to come back", 0, sum(not one.told_when for one in turned_away)),
        at_most("answers that never ended", 0, outcome.unfinished),
        at_most("documents of uploads that were broken off", 0, len(half)),
        at_most("other faults", 0, len(record.faults) + len(outcome.complaints)),
    ]


def _times(outcome: Outcome) -> Sheet:
    rows: list[list[Value]] = []
    for kind, name in _KINDS.items():
        for writing in (False, True):
            times = outcome.record.times([kind], writing=writing)
            found = [percentile(times, percent) for percent in _PERCENTS]
            label = f"{name}, while an answer is written" if writing else name
            rows.append([label, len(times), *(value and value * 1000 for value in found)])
    lag = (percentile(outcome.lags, 95) or 0.0) * 1000
    note = f"Milliseconds, as people saw them. Their own event loop, on the same cores, was {lag:.0f} ms late (p95)."
    return Sheet("Times", ["what", "answered", *(f"p{percent}" for percent in _PERCENTS)], rows, note)


def _answers(outcome: Outcome) -> Sheet:
    asked = outcome.asked
    rows: list[list[Value]] = [[f"questions: {end}", count] for end, count in Counter(one.end for one in asked).items()]
    first = [one.first_token for one in asked if one.first_token is not None]
    whole = [one.seconds for one in asked if one.end in ("done", "refused")]
    stops = [one.stopped_after for one in asked if one.stopped_after is not None]
    rows += [
        ["longest queue told", max((place for one in asked for place in one.positions), default=None)],
        ["median until the first word, s", percentile(first, 50)],
        ["median until the last word, s", percentile(whole, 50)],
        ["from asking to stop until stopped, p95, s", percentile(stops, 95)],
        ["cores that the server kept busy, without its children", cores(outcome.looks, lambda look: look.computed)],
        ["cores that the people kept busy", cores(outcome.looks, lambda look: look.people_computed)],
        ["uploads answered with 202", len(outcome.uploads.accepted)],
        ["until the last was ready, from the end of the measure, s", outcome.uploads.settled_seconds],
    ]
    return Sheet("Answers, uploads and the processor", ["what", ""], rows)


def _memory(outcome: Outcome) -> Sheet:
    looks, seconds = outcome.looks, outcome.plan.seconds
    parts: dict[str, Callable[[Look], int]] = {
        "server": lambda look: look.server,
        "its children": lambda look: look.children,
        "together": lambda look: look.total,
    }
    rows: list[list[Value]] = []
    for name, of in parts.items():
        sizes = [of(look) / MB for look in looks]
        grown = None if name == "its children" else growth(looks, seconds, of)
        rows.append([name, median(sizes), max(sizes, default=None), grown])
    note = (
        "MB, looked at every second; memory that processes share is divided among them. Growth is from the median of "
        "the first tenth behind the middle of the measure to that of its last tenth. Parsers come and go."
    )
    return Sheet("Memory", ["of", "median", "most", "growth in the last half, %"], rows, note)


def _statuses(outcome: Outcome) -> Sheet:
    rows: list[list[Value]] = [
        [route, ", ".join(f"{status or 'broken'}: {count}" for status, count in sorted(statuses.items()))]
        for route, statuses in outcome.record.statuses().items()
    ]
    return Sheet("What each route answered", ["route", "status: how often"], rows)


def _faults(outcome: Outcome) -> Sheet:
    faults = [*outcome.record.faults, *(f"not ready: {name}" for name in outcome.uploads.lost()), *outcome.complaints]
    return Sheet("Faults", ["fault"], [[fault] for fault in faults])


def _broken(outcome: Outcome) -> int:
    return sum(each.status == 0 or each.status >= 500 for each in outcome.record.seen)
