"""Measures parsing on real and made documents, beside what people would use instead.

`python -m bench.parse` prints one set of Markdown tables: text, tables, checks, OCR, garbled text
layers, robustness, speed, and pages made by Chromium. What is compared and how stands in the
docstrings of `bench/parsing`. Peers that are not installed (`bench/requirements.txt`) are shown so.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from bench.parsing import checks, garbled, generated, ocr, robustness, speed, tables, texts
from bench.parsing.bench import Bench
from bench.parsing.data import Folder
from bench.parsing.readers import PEERS
from bench.parsing.run import ROOT, Runner
from bench.parsing.sheets import Findings, Goal, goal_sheet
from models.offline import stay_offline

MEASURES: dict[str, Callable[[Bench], Findings]] = {
    "text": texts.measure,
    "tables": tables.measure,
    "checks": checks.measure,
    "ocr": ocr.measure,
    "garbled": garbled.measure,
    "robustness": robustness.measure,
    "speed": speed.measure,
    "generated": generated.measure,
}


def main() -> None:
    """Parse arguments, measure, print."""
    options = _options()
    stay_offline()  # the peers, too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that children end too
    if not (options.data / "manifest.csv").exists():
        sys.exit(f"There are no documents in {options.data}. Name their folder with --data.")
    goals: list[Goal] = []
    with tempfile.TemporaryDirectory() as work:
        if options.work:
            options.work.mkdir(parents=True, exist_ok=True)
        runner = Runner(() if options.no_peers else tuple(PEERS), options.cache, options.jobs)
        bench = Bench(Folder(options.data), runner, options.work or Path(work), options.sample)
        found = {name: _measured(name, bench, options.details) for name in options.only}
    for findings in found.values():
        goals += findings.goals
    print(goal_sheet(goals).markdown())
    if options.json:
        figures = {name: asdict(findings) for name, findings in found.items()}
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1), "utf-8")


def _measured(name: str, bench: Bench, details: bool) -> Findings:
    begin = time.perf_counter()
    findings = MEASURES[name](bench)
    print(f"## {name} ({time.perf_counter() - begin:.0f} s)\n")
    for sheet in findings.sheets:
        if details or not sheet.detail:
            print(sheet.markdown(), flush=True)
    return findings


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of real documents")
    parser.add_argument("--only", type=_names, default=list(MEASURES), help=f"of {','.join(MEASURES)}")
    parser.add_argument("--json", type=Path, help="write every figure there too")
    parser.add_argument("--sample", action="store_true", help="a quick part of every measure")
    parser.add_argument("--details", action="store_true", help="rows by document, page and check")
    parser.add_argument("--jobs", type=int, default=1, help="files read at once; speed is measured alone")
    parser.add_argument("--no-peers", action="store_true", help="Zhiwen alone")
    parser.add_argument("--cache", type=Path, help="keep there what peers read, by file and version")
    parser.add_argument("--work", type=Path, help="keep the made documents there")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in MEASURES]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join(MEASURES)}")
    return names


if __name__ == "__main__":
    main()
