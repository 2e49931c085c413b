"""Speed and memory: pages a second and the largest resident size, each reader alone on one core.

Zhiwen's time runs from the call to the parsed document, the start of its parser process included;
its memory is that of the parser process. Peers are timed after their import.

Whole documents mix the ways in which pages are read, and one page that OCR or the layout model
reads takes as long as a hundred others. So the pages of the joined documents are also sorted by
the way each was read there, and every way is measured on a file of its pages alone. What was
settled by an earlier page of a document may have to be asked anew among other pages, of OCR say:
where some are read in another way there, they are taken out and the rest is measured once more.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

from bench.parsing.bench import Bench
from bench.parsing.ocr import join, pick
from bench.parsing.readers import PEERS, Reading, Request, installed
from bench.parsing.sheets import Findings, Goal, Sheet, Value, at_least

_NOTE = (
    "On one core. `ways` counts pages by what read them: rules or the layout model, OCR, and how many have tables. "
    "A reader that took longer than {seconds} s is shown so."
)

# How a page was read, as its report says, and which of these ways has a goal.
TEXT, TABLES, MODEL, OCR = "text path", "table path", "model path", "OCR path"

_ROUNDS = 3

_PEER_PAGES = 60
_BESIDE_PEERS = f"huge, first {_PEER_PAGES} pages"


def measure(bench: Bench) -> Findings:
    """Read the huge file, joined files with tables, scans, twice the huge file, and each way's pages alone."""
    core = max(os.sched_getaffinity(0))
    rows: list[list[Value]] = []
    rates: dict[str, float | None] = {}
    peaks: dict[str, float | None] = {}

    def timed(name: str, path: Path, pages: int) -> Reading:
        reading = bench.runner.read(Request("zhiwen", str(path), core=core))
        fine = not reading.error
        rates[name] = pages / reading.seconds if fine else None
        peaks[name] = reading.peak_mb if fine else None
        rows.append([name, pages, "Zhiwen", rates[name], reading.peak_mb, reading.error or _ways(reading)])
        return reading

    read: list[tuple[Path, Reading]] = []
    for name, (path, pages) in _documents(bench).items():
        read.append((path, timed(name, path, pages)))
        for peer in _peers(bench, name):
            rows.append([name, pages, *_peer(bench, peer, path, pages, core)])
    joined = [(path, reading) for path, reading in read if path.parent == bench.work and "part" in path.stem]
    for way in (TEXT, TABLES, MODEL, OCR):
        sources = joined
        for again in range(_ROUNDS):
            path = bench.work / f"speed-{way.split()[0]}-{again}.pdf"
            chosen = {source: _read_by(way, reading) for source, reading in sources}
            pages = sum(map(len, chosen.values()))
            if not pages or (again and pages == len(sources[0][1].notes)):
                break
            sources = [(path, timed(way, path, pick(chosen, path)))]
    columns = ["document", "pages", "reader", "pages/s", "peak MiB", "ways"]
    note = _NOTE.format(seconds=bench.runner.seconds)
    return Findings([Sheet("Speed and memory", columns, rows, note)], _goals(rates, peaks))


def way_of(note: dict[str, Any]) -> str:
    """Which path read a page, from its report."""
    if note["read_as"] == "ocr" or note["checked"]:
        return OCR
    if note["layout"] == "model":
        return MODEL
    return TABLES if note["tables"] else TEXT


def _read_by(way: str, reading: Reading) -> list[int]:
    """Numbers, from 0, of the pages that were read in a way."""
    return [i for i, note in enumerate(reading.notes) if way_of(note) == way]


def _documents(bench: Bench) -> dict[str, tuple[Path, int]]:
    """What is read: by name, a file and its pages."""
    huge = bench.folder.samples("huge")[0]
    tables = [s.path for s in bench.folder.samples("icdar2013_tables", "zh_finance_gov")]
    prose = [s.path for s in bench.folder.samples("zh_books")]
    scans = [s.path for s in bench.folder.samples("scanned_derived")]
    step = 4 if bench.sample else 1
    parts = {
        "books, joined": prose[::step],
        "annotated tables and reports, joined": tables[::step],
        "scans, joined": scans[::step],
    }
    made = {name: (bench.work / f"speed-part-{i}.pdf", paths) for i, (name, paths) in enumerate(parts.items())}
    short = bench.work / "speed-short.pdf"
    found = {"huge": (huge.path, huge.pages), _BESIDE_PEERS: (short, join([huge.path], short, _PEER_PAGES))}
    found |= {name: (path, join(paths, path)) for name, (path, paths) in made.items()}
    if not bench.sample:
        double = bench.work / "speed-double.pdf"
        found["twice huge"] = (double, join([huge.path, huge.path], double))
    return found


def _peers(bench: Bench, document: str) -> list[str]:
    if not bench.runner.peers:
        return []
    return ["rapidocr"] if document.startswith("scans") else bench.peers(*PEERS) if document == _BESIDE_PEERS else []


def _peer(bench: Bench, peer: str, path: Path, pages: int, core: int) -> list[Value]:
    if installed(peer) is None:
        return [bench.label(peer), None, None, "not installed"]
    reading = bench.runner.read(Request(peer, str(path), core=core))
    speed = None if reading.error else pages / reading.seconds
    return [bench.label(peer), speed, reading.peak_mb or None, reading.error]


def _ways(reading: Reading) -> str:
    seen = Counter(note["layout"] for note in reading.notes)
    seen["OCR"] = sum(note["read_as"] == "ocr" for note in reading.notes)
    seen["with tables"] = sum(bool(note["tables"]) for note in reading.notes)
    return ", ".join(f"{count} {name}" for name, count in seen.items() if count)


def _goals(rates: dict[str, float | None], peaks: dict[str, float | None]) -> list[Goal]:
    goals = [
        at_least("speed, text path, one core: pages/s", 60, rates.get(TEXT)),
        at_least("speed, table path, one core: pages/s", 8, rates.get(TABLES)),
    ]
    if "twice huge" in peaks:
        peak = peaks["twice huge"]
        goals.append(Goal("memory, 800 pages: MiB", "< 1536", peak, peak is not None and peak < 1536))
    return goals
