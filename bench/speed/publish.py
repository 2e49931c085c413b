"""Writes results: as JSON, as the page, and as plots."""

from __future__ import annotations

import json
from pathlib import Path

from bench.parsing.run import ROOT
from bench.speed import plots
from bench.speed.measure import Curve
from bench.speed.page import page
from bench.speed.results import Results, merged
from bench.speed.table import MEASURES, ROWS

PUBLISHED = ROOT / "docs" / "benchmarks.json"


def read(path: Path = PUBLISHED) -> Results:
    """What was published; nothing if nothing was."""
    found: Results = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def publish(now: Results, path: Path = PUBLISHED) -> None:
    """Write results beside those that were not measured anew: `path`, the page beside it, its plots in a folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    every = merged(read(path), now)
    path.write_text(json.dumps(every, ensure_ascii=False, indent=1) + "\n", "utf-8")
    render(every, path.with_suffix(".md"))


def render(results: Results, path: Path) -> None:
    """The page and its plots, of results."""
    curves: list[Curve] = [curve for measure in MEASURES.values() for curve in measure.curves]
    drawn = {
        "ratios": ("How many times better than the baseline each row is", plots.ratios(results, ROWS)),
        "growth": ("How search and ingest grow with the base", plots.growth(results, curves)),
    }
    folder = path.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    shown = {}
    for name, (alt, svg) in drawn.items():
        if svg is not None:
            (folder / f"{name}.svg").write_text(svg, "utf-8")
            shown[alt] = f"{folder.name}/{name}.svg"
    path.write_text(page(results, ROWS, curves, shown), "utf-8")
