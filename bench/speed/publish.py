"""Writes results: as JSON, as the page, and as plots."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bench.parsing.run import ROOT
from bench.speed import plots
from bench.speed.files import write_whole
from bench.speed.measure import Curve
from bench.speed.page import page
from bench.speed.results import Results, with_run
from bench.speed.table import MEASURES, ROWS

PUBLISHED = ROOT / "docs" / "benchmarks.json"


def read(path: Path = PUBLISHED) -> list[Results]:
    """The published run of each computer, the newest first; none if nothing was. Raises ValueError if it is damaged."""
    if not path.exists():
        return []
    try:
        found: list[Results] = json.loads(path.read_text("utf-8"))["runs"]
    except (KeyError, TypeError) as error:
        raise ValueError("it holds no runs") from error
    return found


def publish(now: Results, path: Path = PUBLISHED) -> None:
    """Write results beside those that were not measured anew: `path`, the page beside it, its plots in a folder."""
    runs = with_run(read(path), now)
    write_whole(path, json.dumps({"runs": runs}, ensure_ascii=False, indent=1) + "\n")
    render(runs, path.with_suffix(".md"))


def render(runs: Sequence[Results], path: Path) -> None:
    """The page and its plots, of the run of each computer."""
    curves: list[Curve] = [curve for measure in MEASURES.values() for curve in measure.curves]
    folder = path.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    shown = [_plots(run, curves, folder, number) for number, run in enumerate(runs, start=1)]
    write_whole(path, page(runs, ROWS, curves, shown))


def _plots(run: Results, curves: Sequence[Curve], folder: Path, number: int) -> dict[str, str]:
    """Write the plots of a run; gives what they show, and their paths from the page."""
    drawn = {
        "ratios": ("How many times better than the baseline each row is", plots.ratios(run, ROWS)),
        "growth": ("How search and ingest grow with the base", plots.growth(run, curves)),
    }
    shown = {}
    for name, (alt, svg) in drawn.items():
        if svg is not None:
            (folder / f"{name}-{number}.svg").write_text(svg, "utf-8")
            shown[alt] = f"{folder.name}/{name}-{number}.svg"
    return shown
