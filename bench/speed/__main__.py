"""How fast Zhiwen is beside the stack that people would otherwise build, in the same run: `python -m bench.speed`.

Every row of docs/benchmarks.md is a measure of `bench/speed/measures`: both sides do the same in turn, each in a
process of its own, with the same weights, documents and questions. What was measured is kept in `--work` as it comes:
a run that is broken off, or that `--minutes` end, goes on where it was, with the same program on the same computer and
as much to measure; otherwise it begins anew, as with `--fresh`. The results go to `--json`, with the page and its plots
beside it: what a run does not measure stays as it was, and so do the runs of other computers. A side that fails leaves
out its measure alone; the status is 1 then.

`--guard` measures a few ratios anew and compares them with those of this computer in docs/benchmarks.json. The status
is 1 when one got worse or a side failed, and 3 when nothing can be said: nothing of this computer was published, or
other programs were at work. (2 is that of a wrong command line.) `make bench-guard` fails with all but 3.
`--render` makes the page anew of `--json`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from bench.parsing.run import ROOT
from bench.speed import machine
from bench.speed.alternate import SideFailed, run_round
from bench.speed.guard import BUSY, TOLERANCE, regressions
from bench.speed.measure import BASELINE, OURS, Measure, Values
from bench.speed.peers import peers_python
from bench.speed.plan import Plan
from bench.speed.publish import PUBLISHED, publish, read, render
from bench.speed.results import Results, of_computer, results
from bench.speed.samples import Sample, Samples, known_as, made_of
from bench.speed.table import MEASURES

# What the guard measures where nothing else is said: ratios that hold for a few items too.
GUARDED = ("ingest", "embedding", "answers", "followups", "decode")
_GUARD_QUESTIONS, _GUARD_ROUNDS = 5, 2
_NOTHING_SAID = 3
_SAMPLES = "samples"


def main() -> None:
    """Measure what is not measured yet, and write it down."""
    options = _options()
    try:
        published = read(options.json)
    except ValueError as error:
        sys.exit(f"{options.json} cannot be read: {error}. Mend it or delete it; nothing was measured.")
    if options.render:
        render(published, options.json.with_suffix(".md"))
        return
    until = time.monotonic() + 60 * options.minutes
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that children end too
    if not (options.data / "manifest.csv").exists():
        sys.exit(f"There are no documents in {options.data}. Name their folder with --data.")
    here = machine.describe()
    before = of_computer(published, here)
    if options.guard and before is None:
        _told(
            _NOTHING_SAID,
            f"There are no results of this computer in {options.json} to compare with. Run make bench first.",
        )
    plan = Plan(options.data.resolve(), options.work.resolve(), pages=options.pages, full=options.full)
    questions, rounds = (_GUARD_QUESTIONS, _GUARD_ROUNDS) if options.guard else (plan.questions, plan.rounds)
    plan = replace(plan, questions=options.questions or questions, rounds=options.rounds or rounds)
    names = options.only or (GUARDED if options.guard else tuple(MEASURES))
    pythons = {OURS: Path(sys.executable), BASELINE: options.peers or peers_python()}
    folder = plan.work / ("guard" if options.guard else _SAMPLES)
    if options.guard:
        shutil.rmtree(folder, ignore_errors=True)
    conditions = {"program": made_of(), "machine": here, "data": str(plan.data)}
    chosen = [MEASURES[name] for name in names]
    found, failed = measure_all(chosen, plan, pythons, folder, conditions, until, fresh=options.fresh)
    now = _results(chosen, found, plan, here, known_as(conditions))
    if options.guard and before is not None:
        _judge(names, before, now, failed, options.tolerance)
        return
    publish(now, options.json)
    if failed:
        _told(1, *failed)


def _judge(names: Sequence[str], before: Results, now: Results, failed: Sequence[str], tolerance: float) -> None:
    """Say whether a short run still has the published ratios, and end with the status that says so."""
    rows = [row for name in names for row in MEASURES[name].rows if row.name in before["rows"]]
    busy = [row.title for row in rows if now["rows"].get(row.name, {}).get("others", 0.0) > BUSY]
    if failed:
        _told(1, *failed)
    if busy or not rows:
        others = [f"Other programs were at work on the processors during: {', '.join(busy)}."] if busy else []
        none = [] if rows else ["Nothing of what was measured is published."]
        _told(_NOTHING_SAID, *others, *none)
    if worse := regressions(rows, before["rows"], now["rows"], tolerance):
        _told(1, "Worse than published:", *worse)
    print(f"As published, within {tolerance:.0%}: {', '.join(row.name for row in rows)}.")


def _told(status: int, *lines: str) -> NoReturn:
    print(*lines, sep="\n", file=sys.stderr)
    sys.exit(status)


def measure_all(
    chosen: Sequence[Measure],
    plan: Plan,
    pythons: Mapping[str, Path],
    folder: Path,
    conditions: Mapping[str, object],
    until: float,
    *,
    fresh: bool = False,
) -> tuple[dict[str, Samples], list[str]]:
    """Take the samples of some measures, round by round over all of them, so that each has some when time is up.

    Also gives what failed; the other measures go on.
    """
    samples = {each.name: _kept(folder, each, conditions, plan, fresh=fresh) for each in chosen}
    failed: dict[str, str] = {}
    for number in range(plan.rounds):
        for measure in chosen:
            if number >= measure.rounds(plan) or measure.name in failed:
                continue
            try:
                in_time = run_round(measure, plan, number, pythons, samples[measure.name], _teller(measure), until)
            except SideFailed as error:
                failed[measure.name] = str(error)
                print(error, flush=True)
                continue
            if not in_time:
                print("Time is up; the same command goes on where this one was.", flush=True)
                return samples, list(failed.values())
    return samples, list(failed.values())


def _kept(folder: Path, measure: Measure, conditions: Mapping[str, object], plan: Plan, *, fresh: bool) -> Samples:
    """The samples of a measure under some conditions, each in a file of their own."""
    whole = {**conditions, "sized": measure.sized(plan)}
    path = folder / f"{measure.name}-{known_as(whole)}.jsonl"
    if fresh:
        path.unlink(missing_ok=True)
    return Samples(path, whole)


def _results(
    chosen: Sequence[Measure], found: Mapping[str, Samples], plan: Plan, here: Mapping[str, object], program: str
) -> Results:
    command = [sys.executable, "-m", "bench.speed.limits", str(plan.work)]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    limits: Values = json.loads(told.stdout)
    samples = {name: some.all() for name, some in found.items()}
    return results(chosen, samples, plan, here, limits, program)


def _teller(measure: Measure) -> Callable[[Sample], None]:
    def tell(sample: Sample) -> None:
        values = ", ".join(f"{name} {value:.4g}" for name, value in sample.values.items())
        print(f"{measure.name} {sample.round} {sample.item} {sample.side}: {values}", flush=True)

    return tell


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of real documents")
    parser.add_argument("--work", type=Path, default=ROOT / "data" / "bench-speed", help="what is measured and made")
    parser.add_argument("--json", type=Path, default=PUBLISHED, help="the results; the page goes beside it")
    parser.add_argument("--only", type=_names, help=f"of {','.join(MEASURES)}")
    parser.add_argument("--questions", type=_count, help="20, of the guard 5; less of everything with fewer")
    parser.add_argument("--rounds", type=_count, help="how often both sides do everything: 3, of the guard 2")
    parser.add_argument("--pages", type=_count, default=1000, help="of the ingest whose memory is measured")
    parser.add_argument("--full", action="store_true", help="all books, and bases of up to 1,000,000 chunks")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end what is being measured after so many")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    parser.add_argument("--guard", action="store_true", help="compare with the published ratios")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="of the guard")
    parser.add_argument("--render", action="store_true", help="measure nothing, write the page anew")
    parser.add_argument("--peers", type=Path, help="a Python that has the packages of bench/requirements.txt")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in MEASURES]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join(MEASURES)}")
    return names


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return count


if __name__ == "__main__":
    main()
