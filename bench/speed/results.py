"""The results as JSON: what docs/benchmarks.md is made of, and what the guard compares with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.speed.limits import limit_of
from bench.speed.measure import OURS, Measure, Values
from bench.speed.plan import Plan
from bench.speed.samples import Sample
from bench.speed.statistics import compare, exponent, medians

# Those of one computer.
Results = dict[str, Any]
# What a computer is known by.
_COMPUTER = ("processor", "cores", "flags")


def results(
    measures: Sequence[Measure],
    samples: Mapping[str, Sequence[Sample]],
    plan: Plan,
    machine: Mapping[str, object],
    limits: Values,
    program: str,
) -> Results:
    """Rows and curves by name, as far as there are samples; `program` names the versions that they are of.

    Each has the days of its samples, and the largest share of the cores that other processes took during one; a row
    also how many rounds are whole, of those that the plan wants.
    """
    ours = {name: medians(some, OURS) for name, some in samples.items()}
    rows: dict[str, Any] = {}
    curves: dict[str, Any] = {}
    for measure in measures:
        rounds = _rounds(measure, samples[measure.name], plan)
        for row in measure.rows:
            if (compared := compare(row, samples[measure.name])) is not None:
                limit = limit_of(row.name, ours, limits)
                how = _circumstances(samples[measure.name], program)
                rows[row.name] = asdict(compared) | rounds | {"limit": limit} | how
        for curve in measure.curves:
            points = sorted(
                (float(sample.item), sample.values[curve.value] * curve.scale)
                for sample in samples[measure.name]
                if sample.side == OURS and curve.value in sample.values
            )
            if points:
                how = _circumstances(samples[measure.name], program)
                curves[curve.name] = {"points": points, "exponent": exponent(points)} | how
    return {"program": program, "machine": dict(machine), "limits": dict(limits), "rows": rows, "curves": curves}


def _rounds(measure: Measure, samples: Sequence[Sample], plan: Plan) -> dict[str, int]:
    taken, wanted = {sample.key for sample in samples}, measure.rounds(plan)
    whole = [
        all((side, item, number) in taken for item, side in measure.steps(plan, number)) for number in range(wanted)
    ]
    return {"rounds": sum(whole), "rounds_wanted": wanted}


def _circumstances(samples: Sequence[Sample], program: str) -> dict[str, Any]:
    days = sorted({sample.when for sample in samples})
    when = days[-1] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return {"when": when, "program": program, "others": max(sample.others for sample in samples)}


def merged(before: Results, now: Results) -> Results:
    """What was measured now, and of before what was not measured anew: the page tells what is of other versions."""
    return now | {part: before.get(part, {}) | now[part] for part in ("rows", "curves")}


def with_run(runs: Sequence[Results], now: Results) -> list[Results]:
    """A run before those of other computers, in the place of the one that this computer had."""
    before = of_computer(runs, now["machine"])
    return [merged(before or {}, now), *(run for run in runs if run is not before)]


def of_computer(runs: Sequence[Results], machine: Mapping[str, Any]) -> Results | None:
    """The run of a computer, whatever was installed there."""
    same = (run for run in runs if all(run["machine"][part] == machine[part] for part in _COMPUTER))
    return next(same, None)
