"""`zhiwen eval`: measures search and answers on question sets."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from app.answering.calibrations import load_calibrations, save_calibration
from app.bootstrap import Services, bootstrap
from app.commands.documents import files_of
from app.evaluation.calibrate import calibrated, weighed
from app.evaluation.make import as_jsonl, make
from app.evaluation.measure import Plan, measure, write_reports
from app.evaluation.pool import fill
from app.evaluation.report import as_html, as_json, as_markdown, from_json
from app.evaluation.run import limited
from app.evaluation.sets import EvalSet, SetUnusable, load_set
from app.settings import Settings, load_settings
from models.errors import Explained
from models.reasons import because


class OutputUnwritable(Explained):
    """The folder of a file that is to be written is not there."""

    code = "output-unwritable"
    template = "{path} cannot be written: there is no folder {folder}. Create it, or choose another file."


def register(commands: Any) -> None:
    """Add `eval` with its own commands."""
    parser = commands.add_parser("eval", help="measure search and answers on question sets")
    kinds = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    run = kinds.add_parser("run", help="ask the questions of sets and report how right the answers are")
    run.set_defaults(baseline=False)
    _add_run(run)
    run.add_argument("--base", help="ask over this knowledge base instead of one made for the sets")
    run.add_argument("--against", type=Path, metavar="JSON", help="show the figures of an earlier run beside these")
    beside = kinds.add_parser("baseline", help="the same, beside the stack that most people would build")
    beside.set_defaults(baseline=True, base=None, against=None)
    _add_run(beside)
    make = kinds.add_parser("make", help="a question set from your own documents, written by the local model")
    make.add_argument("documents", nargs="+", type=Path, metavar="DOCUMENT", help="files and folders")
    make.add_argument("--out", type=Path, required=True, metavar="JSONL", help="the file to write")
    make.add_argument("--count", type=_count, default=50, metavar="N", help="at most N questions (default 50)")
    make.set_defaults(run=make_set)
    calibrate = kinds.add_parser("calibrate", help="learn from question sets when the configured embedder must refuse")
    calibrate.add_argument("sets", nargs="+", type=Path, metavar="SET", help="as for eval run")
    calibrate.add_argument("--pool", nargs="+", type=Path, default=[], metavar="SET", help="as for eval run")
    calibrate.add_argument("--limit", type=_count, metavar="N", help="at most N questions a set, taken evenly")
    calibrate.set_defaults(run=calibrate_refusal)
    compare = kinds.add_parser("compare", help="two runs side by side, with paired intervals")
    compare.add_argument("runs", nargs=2, type=Path, metavar="JSON", help="what eval run --json wrote")
    compare.add_argument("--html", type=Path, metavar="OUT", help="write the comparison as a page, with plots")
    compare.set_defaults(run=compare_runs)


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("sets", nargs="+", type=Path, metavar="SET", help="NAME.questions.jsonl, a JSONL file or a folder")
    run.add_argument("--pool", nargs="+", type=Path, default=[], metavar="SET", help="search the passages of these too")
    run.add_argument("--limit", type=_count, metavar="N", help="at most N questions a set, taken evenly")
    run.add_argument("--search-only", action="store_true", help="search, generate nothing")
    run.add_argument("--left-out", action="store_true", help="ask again with what answers the questions left out")
    run.add_argument("--out", type=Path, help="folder of the log and the reports (default: in the data folder)")
    run.add_argument("--fresh", action="store_true", help="begin anew, rather than go on with the log that is there")
    run.add_argument("--json", type=Path, metavar="OUT", help="write every figure and score there too")
    run.set_defaults(run=run_sets)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return count


def _apart(settings: Settings) -> Services:
    """The services of a library of its own, calibrated as the person's is."""
    # How fast a machine is must change no answer that is measured.
    apart = settings.model_copy(update={"data_dir": settings.data_dir / "eval", "first_token_seconds": 0.0})
    return bootstrap(apart, calibrations=load_calibrations(settings.data_dir))


def run_sets(options: argparse.Namespace) -> int:
    """Ask, log, report."""
    _writable(options.json)
    sets = _distinct([limited(load_set(path), options.limit) for path in options.sets])
    theirs = from_json(options.against) if options.against else None
    settings = load_settings()
    work = settings.data_dir / "eval"
    name = "+".join(each.name for each in sets) + ("-search" if options.search_only else "")
    plan = Plan(
        sets=sets,
        pool=(*sets, *map(load_set, options.pool)),
        out=options.out or work / "runs" / name,
        base=options.base,
        generate=not options.search_only,
        left_out=options.left_out,
        fresh=options.fresh,
        baseline=options.baseline,
    )
    services = bootstrap(settings) if options.base else _apart(settings)
    try:
        ours, baseline = measure(services, plan, Bar)
    finally:
        services.close()
    theirs = baseline or theirs
    write_reports(plan.out, ours, theirs)
    if options.json:
        options.json.write_text(as_json(ours), encoding="utf-8")
    print(as_markdown(ours, theirs))
    print(f"Reports: {plan.out / 'report.md'}, {plan.out / 'report.html'}", file=sys.stderr)
    return 0


def _distinct(sets: Sequence[EvalSet]) -> tuple[EvalSet, ...]:
    """Raises SetUnusable for two sets of one name: their outcomes could not be told apart."""
    names = [each.name for each in sets]
    for name in names:
        if names.count(name) > 1:
            raise SetUnusable(path=name, reason=because("set-name-twice"))
    return tuple(sets)


def _writable(*paths: Path | None) -> None:
    """Raises OutputUnwritable for a file that could not be written when the work is done."""
    for path in filter(None, paths):
        if not path.parent.is_dir():
            raise OutputUnwritable(path=path, folder=path.parent)


def calibrate_refusal(options: argparse.Namespace) -> int:
    """Ask with and without what answers, learn, keep it for the embedder, and show what it refuses."""
    sets = tuple(limited(load_set(path), options.limit) for path in options.sets)
    settings = load_settings()
    services = _apart(settings)
    try:
        with Bar("document") as progress:
            pool = fill(services, (*sets, *map(load_set, options.pool)), progress)
        with Bar("question") as progress:
            found = weighed(services.answerer.retriever, pool, sets, progress)
        fingerprint = services.embedder.get().fingerprint
    finally:
        services.close()
    calibration, rates = calibrated(found)
    print("| set | level | refused wrongly | refused rightly |\n|---|---|---|---|")
    for rate in rates:
        print(f"| {rate.set} | {rate.level} | {rate.wrongly:.3f} | {rate.rightly:.3f} |")
    path = save_calibration(settings.data_dir, fingerprint, calibration)
    print(f"Kept in {path} for {settings.embedder}; a server takes it up at its next start.", file=sys.stderr)
    return 0


def make_set(options: argparse.Namespace) -> int:
    """Take the documents in, ask the model for questions, write those that stand the test."""
    _writable(options.out)
    taken, _ = files_of(options.documents)
    documents = EvalSet("made", (), (), {str(path): path for path in taken})
    settings = load_settings()
    services = _apart(settings)
    try:
        with Bar("document") as progress:
            pool = fill(services, [documents], progress)
        with Bar("passage") as progress:
            made = make(services, pool, options.count, progress)
    finally:
        services.close()
    options.out.write_text(as_jsonl(made, documents, pool, options.out), encoding="utf-8")
    print(f"{len(made)} questions in {options.out}. Look them over, then: zhiwen eval run {options.out}")
    return 0 if made else 1


def compare_runs(options: argparse.Namespace) -> int:
    """Print two runs side by side."""
    _writable(options.html)
    ours, theirs = map(from_json, options.runs)
    if options.html:
        options.html.write_text(as_html(ours, theirs), encoding="utf-8")
    print(as_markdown(ours, theirs))
    return 0


class Bar:
    """A progress bar on a terminal, as a callback (done, total)."""

    def __init__(self, unit: str) -> None:
        self._bar = tqdm(unit=unit, file=sys.stderr, disable=not sys.stderr.isatty())

    def __enter__(self) -> Callable[[int, int], None]:
        return self._show

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def _show(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)
