"""The results as JSON: what docs/benchmarks.md is made of, and what the guard compares with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.speed.limits import limit_of
from bench.speed.measure import OURS, Measure, Values
from bench.speed.samples import Sample
from bench.speed.statistics import compare, exponent, medians

# Those of one computer.
Results = dict[str, Any]
# What a computer is known by.
_COMPUTER = ("processor", "cores", "flags")


def results(
    measures: Sequence[Measure],
    samples: Mapping[str, Sequence[Sample]],
    machine: Mapping[str, object],
    limits: Values,
    when: str,
) -> Results:
    """Rows and curves by name, as far as there are samples; `when` is the day of the run."""
    ours = {name: medians(some, OURS) for name, some in samples.items()}
    rows: dict[str, Any] = {}
    curves: dict[str, Any] = {}
    for measure in measures:
        for row in measure.rows:
            if (compared := compare(row, samples[measure.name])) is not None:
                limit = limit_of(row.name, ours, limits)
                rows[row.name] = asdict(compared) | {"limit": limit, "when": when}
        for curve in measure.curves:
            points = sorted(
                (float(sample.item), sample.values[curve.value] * curve.scale)
                for sample in samples[measure.name]
                if sample.side == OURS and curve.value in sample.values
            )
            if points:
                curves[curve.name] = {"points": points, "exponent": exponent(points), "when": when}
    return {"machine": dict(machine), "limits": dict(limits), "rows": rows, "curves": curves}


def merged(before: Results, now: Results) -> Results:
    """What was measured now, and of before what was not measured anew, if that was with the same versions."""
    if before.get("machine") != now["machine"]:
        return now
    return now | {part: before.get(part, {}) | now[part] for part in ("rows", "curves")}


def with_run(runs: Sequence[Results], now: Results) -> list[Results]:
    """A run before those of other computers, in the place of the one that this computer had."""
    before = of_computer(runs, now["machine"])
    return [merged(before or {}, now), *(run for run in runs if run is not before)]


def of_computer(runs: Sequence[Results], machine: Mapping[str, Any]) -> Results | None:
    """The run of a computer, whatever was installed there."""
    same = (run for run in runs if all(run["machine"][part] == machine[part] for part in _COMPUTER))
    return next(same, None)
