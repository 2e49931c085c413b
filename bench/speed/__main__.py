"""How fast Zhiwen is beside the stack that people would otherwise build, in the same run: `python -m bench.speed`.

Every row of docs/benchmarks.md is a measure of `bench/speed/measures`: both sides do the same in turn, each in a
process of its own, with the same weights, documents and questions. What was measured is kept in `--work` as it comes:
a run that is broken off, or that `--minutes` end, goes on where it was. What stands there of another version of the
program is set aside. The results go to `--json`, with the page and its plots beside it: what a run does not measure
stays as it was, and so do the runs of other computers.

`--guard` measures a few ratios anew and compares them with those of this computer in docs/benchmarks.json, or else of
the newest; the status is 1 when one got worse.
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
from datetime import UTC, datetime
from pathlib import Path

from bench.parsing.run import ROOT
from bench.speed import machine
from bench.speed.alternate import SideFailed, run_round
from bench.speed.guard import TOLERANCE, regressions
from bench.speed.measure import BASELINE, OURS, Measure, Values
from bench.speed.peers import peers_python
from bench.speed.plan import Plan
from bench.speed.publish import PUBLISHED, publish, read, render
from bench.speed.results import Results, of_computer, results
from bench.speed.samples import Sample, Samples, made_of
from bench.speed.table import MEASURES, ROWS

# What the guard measures where nothing else is said: ratios that hold for a few items too.
GUARDED = ("embedding", "answers", "followups", "decode")
_GUARD_QUESTIONS, _GUARD_ROUNDS = 5, 2
_SAMPLES = "samples"


def main() -> None:
    """Measure what is not measured yet, and write it down."""
    options = _options()
    if options.render:
        render(read(options.json), options.json.with_suffix(".md"))
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that children end too
    if not (options.data / "manifest.csv").exists():
        sys.exit(f"There are no documents in {options.data}. Name their folder with --data.")
    if options.guard and not (published := read(options.json)):
        sys.exit(f"There are no results in {options.json} to compare with. Run make bench first.")
    plan = Plan(options.data.resolve(), options.work.resolve(), pages=options.pages, full=options.full)
    questions, rounds = (_GUARD_QUESTIONS, _GUARD_ROUNDS) if options.guard else (plan.questions, plan.rounds)
    plan = replace(plan, questions=options.questions or questions, rounds=options.rounds or rounds)
    names = options.only or (GUARDED if options.guard else tuple(MEASURES))
    pythons = {OURS: Path(sys.executable), BASELINE: options.peers or peers_python()}
    folder = plan.work / ("guard" if options.guard else _SAMPLES)
    if options.guard:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        found = measure_all(names, plan, pythons, folder, time.monotonic() + 60 * options.minutes)
    except SideFailed as error:
        sys.exit(str(error))
    now = _results(names, found, plan)
    if options.guard:
        before = of_computer(published, now["machine"]) or published[0]
        worse = regressions(ROWS, before["rows"], now["rows"], options.tolerance)
        sys.exit("\n".join(["Slower than published:", *worse]) if worse else 0)
    publish(now, options.json)


def measure_all(
    names: Sequence[str], plan: Plan, pythons: Mapping[str, Path], folder: Path, until: float
) -> dict[str, Samples]:
    """Take the samples of some measures, round by round over all of them, so that each has some when time is up."""
    version = made_of()
    chosen = [MEASURES[name] for name in names]
    samples = {each.name: Samples(folder / f"{each.name}.jsonl", version) for each in chosen}
    for number in range(plan.rounds):
        for measure in chosen:
            if number >= measure.rounds(plan):
                continue
            if not run_round(measure, plan, number, pythons, samples[measure.name], _teller(measure), until):
                print("Time is up; the same command goes on where this one was.", flush=True)
                return samples
    return samples


def _results(names: Sequence[str], found: Mapping[str, Samples], plan: Plan) -> Results:
    command = [sys.executable, "-m", "bench.speed.limits", str(plan.work)]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    limits: Values = json.loads(told.stdout)
    samples = {name: some.all() for name, some in found.items()}
    when = datetime.now(UTC).date().isoformat()
    return results([MEASURES[name] for name in names], samples, machine.describe(), limits, when)


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
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after so many")
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
