"""Made pages with exact truth: as printed, turned, scanned, worn, and with broken text layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import chromium
from bench.parsing import made_pages, made_variants
from bench.parsing.bench import Bench
from bench.parsing.cells import compare
from bench.parsing.distance import edits, similarity
from bench.parsing.made_pages import Made
from bench.parsing.normal import plain
from bench.parsing.order import reading_order
from bench.parsing.printed import print_all
from bench.parsing.readers import PEERS, Reading
from bench.parsing.sheets import Findings, Goal, Sheet, Value, at_least, at_most, mean
from bench.parsing.tables import averaged

_SEED = 7
_BORN = "Text set by Chromium from HTML; running heads and page numbers are not expected, footnotes follow their page."
_TABLES = "Cell adjacency on the made tables: two rows of heads, a head over two columns, one name over two rows."
_SCANS = "Edits over true characters of the whole document, reading order and all; no running heads on these pages."


@dataclass(frozen=True)
class Case:
    """A made document as a file, with what should be read from it."""

    name: str
    made: Made
    path: Path


def measure(bench: Bench) -> Findings:
    """Make the documents and read them."""
    lacking = chromium.missing()
    if lacking:
        goals = [Goal(f"made pages: not measured, {lacking}", "", None, False)]
        return Findings([Sheet("Made pages", ["not measured"], [[lacking]])], goals)
    printed, scans = printed_cases(bench), scanned_cases(bench)
    peers = bench.peers(*PEERS)
    likeness, like_goals = _likeness(bench, printed, ["zhiwen", *peers])
    rapidocr = ["rapidocr"] if peers else []
    rates, rate_goals = _errors(bench, scans, ["zhiwen", *rapidocr])
    tables = _tables(
        bench, [case for case in printed if case.made.tables], ["zhiwen", *(p for p in peers if p != "pypdf")]
    )
    return Findings([*likeness, tables, rates], [*like_goals, *rate_goals])


def printed_cases(bench: Bench) -> list[Case]:
    """Born digital: every kind of page, and one document turned in both ways."""
    made = made_pages.everything(_SEED, 3 if bench.sample else 10)
    paths = print_all(made, bench.work)
    cases = [Case(each.name, each, path) for each, path in zip(made, paths, strict=True)]
    for case in (cases[0], cases[3]):
        for name, change in (("turned", made_variants.turned), ("sideways", made_variants.sideways)):
            path = change(case.path, bench.work / f"{case.name}-{name}.pdf")
            cases.append(Case(f"{case.name}, {name}", case.made, path))
    return cases


def scanned_cases(bench: Bench) -> list[Case]:
    """Images of pages, clean and worn."""
    size = 1 if bench.sample else 3
    kinds = (("zh", 1), ("zh", 2), ("en", 1), ("en", 2))
    made = [made_pages.flowing(language, columns, _SEED, size, bare=True) for language, columns in kinds]
    for each in made:
        each.name += "-bare"
    cases = []
    for each, path in zip(made, print_all(made, bench.work), strict=True):
        clean = made_variants.scanned(path, bench.work / f"{each.name}-200dpi.pdf")
        worn = made_variants.scanned(path, bench.work / f"{each.name}-worn.pdf", dpi=150, worn=True)
        cases += [Case(f"{each.name}, clean 200 dpi", each, clean), Case(f"{each.name}, worn 150 dpi", each, worn)]
    return cases


def broken_cases(bench: Bench) -> list[Case]:
    """Printed pages whose text layer is taken away from its characters or poisoned."""
    made = [
        made_pages.flowing(language, columns, _SEED + 1, 2) for language, columns in (("zh", 1), ("en", 1), ("zh", 2))
    ]
    for each in made:
        each.name += "-layer"
    changes: tuple[tuple[str, Callable[[Path, Path], Path]], ...] = (
        ("no ToUnicode", made_variants.without_unicode),
        ("wrong ToUnicode", made_variants.with_wrong_unicode),
    )
    cases = []
    for each, path in zip(made, print_all(made, bench.work), strict=True):
        cases.append(Case(f"{each.name}, untouched", each, path))
        for name, change in changes:
            cases.append(Case(f"{each.name}, {name}", each, change(path, bench.work / f"{each.name}-{name[:2]}.pdf")))
    return cases


def _likeness(bench: Bench, cases: list[Case], columns: list[str]) -> tuple[list[Sheet], list[Goal]]:
    readings = _read(bench, cases, columns)
    likeness = {n: [_similar(c, r) for c, r in zip(cases, readings[n], strict=True)] for n in columns}
    order = {n: [_order(c, r) for c, r in zip(cases, readings[n], strict=True)] for n in columns}
    upright = [i for i, case in enumerate(cases) if "vertical" not in case.name]
    vertical = [i for i in range(len(cases)) if i not in upright]
    sheets = [
        Sheet("Made pages, born digital: similarity", _head(bench, columns), _rows(cases, likeness), _BORN),
        Sheet("Made pages, born digital: reading order", _head(bench, columns), _rows(cases, order)),
    ]
    own, turns = likeness["zhiwen"], order["zhiwen"]
    return sheets, [
        at_least("made pages, born digital: similarity, mean", 0.99, mean([own[i] for i in upright])),
        at_least("made pages, born digital: similarity, worst", 0.99, min(own[i] or 0.0 for i in upright)),
        at_least("made pages, born digital: reading order, mean", 0.99, mean([turns[i] or 0.0 for i in upright])),
        at_least("made pages, born digital: reading order, worst", 0.99, min(turns[i] or 0.0 for i in upright)),
        at_least("made pages, vertical: similarity", 0.97, mean([own[i] for i in vertical])),
        at_least("made pages, vertical: reading order", 0.97, mean([turns[i] or 0.0 for i in vertical])),
    ]


def _errors(bench: Bench, cases: list[Case], columns: list[str]) -> tuple[Sheet, list[Goal]]:
    readings = _read(bench, cases, columns)
    rates = {n: [_rate(c, r) for c, r in zip(cases, readings[n], strict=True)] for n in columns}
    clean = [rate for case, rate in zip(cases, rates["zhiwen"], strict=True) if "clean" in case.name]
    sheet = Sheet("Made pages, scanned: character error rate", _head(bench, columns), _rows(cases, rates), _SCANS)
    return sheet, [at_most("OCR: error on made pages, clean 200 dpi, mean", 0.02, mean(clean))]


def _tables(bench: Bench, cases: list[Case], columns: list[str]) -> Sheet:
    readings = {name: bench.readings(name, [case.path for case in cases], "tables") for name in columns}
    rows: list[list[Value]] = [
        [case.name, *(averaged([compare(case.made.tables, readings[name][i].tables)])[2] for name in columns)]
        for i, case in enumerate(cases)
    ]
    return Sheet("Made pages: F1 of table cells", _head(bench, columns), rows, _TABLES)


def _read(bench: Bench, cases: list[Case], columns: list[str]) -> dict[str, list[Reading]]:
    return {name: bench.readings(name, [case.path for case in cases]) for name in columns}


def _head(bench: Bench, columns: list[str]) -> list[str]:
    return ["document", *(bench.label(name) for name in columns)]


def _rows(cases: list[Case], values: dict[str, list[float | None]]) -> list[list[Value]]:
    rows: list[list[Value]] = [[case.name, *(each[i] for each in values.values())] for i, case in enumerate(cases)]
    return [*rows, ["mean", *(mean(each) for each in values.values())]]


def _similar(case: Case, reading: Reading) -> float | None:
    return None if reading.error == "not installed" else similarity(plain(case.made.text), plain(reading.text))


def _order(case: Case, reading: Reading) -> float | None:
    return reading_order(case.made.text, reading.text).score


def _rate(case: Case, reading: Reading) -> float | None:
    expected = plain(case.made.text)
    return None if reading.error == "not installed" else min(1.0, edits(expected, plain(reading.text)) / len(expected))
