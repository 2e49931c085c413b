"""OCR: error rate on scans whose source text is known, and its speed beside RapidOCR with its defaults."""

from __future__ import annotations

from pathlib import Path
from unicodedata import category

from bench.parsing.bench import Bench
from bench.parsing.data import Sample, true_pages, without_leaders
from bench.parsing.distance import edits
from bench.parsing.loose import loose_edits
from bench.parsing.normal import plain
from bench.parsing.readers import Reading, Request
from bench.parsing.sheets import Findings, Goal, Sheet, Value, at_least, at_most, mean

_NOTES = {
    "the truth's order": (
        "Edits over the true characters, page by page. The truth holds running heads and page numbers: what Zhiwen "
        "says it removed is put back at the page's top or bottom. `unreadable truth` is the share of characters that "
        "the truth itself has wrong (of scripts that are not on the page): no reader can do better."
    ),
    "any order of lines": (
        "The truth is laid out as on paper: two columns, or the two pages of a spread, stand on one line. So each "
        "piece of it is also looked for at its best place on the page; pieces end at wide gaps and line ends."
    ),
}
_SPEED = (
    "All pages as one document, from the start of a fresh process to its end (loading models included for both); "
    "the same pages in the same run, the better of two turns each."
)


def measure(bench: Bench) -> Findings:
    """Read the derived scans."""
    samples = bench.folder.samples("scanned_derived")
    columns = ["zhiwen", *(["rapidocr"] if bench.runner.peers else [])]
    readings = {name: bench.readings(name, [sample.path for sample in samples]) for name in columns}
    findings = Findings()
    for order, error in (("the truth's order", error_rate), ("any order of lines", loose_error_rate)):
        rates = {n: [error(true_pages(s), r) for s, r in zip(samples, readings[n], strict=True)] for n in columns}
        findings.sheets.append(_sheet(bench, samples, rates, order))
        own, other = (mean(rates[name]) for name in (columns[0], columns[-1]))
        findings.goals.append(at_most(f"OCR: error on the derived scans, {order}, mean", 0.07, own))
        if len(columns) > 1:
            less = own - other if own is not None and other is not None else None
            findings.goals.append(at_most(f"OCR: error less that of RapidOCR, {order}, mean", 0.0, less))
    if len(columns) > 1:
        speeds, faster = _speeds(bench, samples)
        findings.sheets.append(speeds)
        findings.goals.append(faster)
    return findings


def _sheet(bench: Bench, samples: list[Sample], rates: dict[str, list[float]], order: str) -> Sheet:
    rows: list[list[Value]] = [
        [sample.name, *(each[i] for each in rates.values()), unreadable("".join(true_pages(sample)))]
        for i, sample in enumerate(samples)
    ]
    rows.append(["mean", *(mean(each) for each in rates.values()), None])
    head = ["document", *(bench.label(name) for name in rates), "unreadable truth"]
    return Sheet(f"OCR: character error rate, {order}", head, rows, _NOTES[order])


def error_rate(truth: list[str], reading: Reading) -> float:
    """Edits over true characters; 1 for a page that was not read."""
    wrong = total = 0
    for i, page in enumerate(truth):
        expected = plain(page)
        total += len(expected)
        wrong += min(len(expected), edits(expected, whole_page(expected, reading, i)))
    return wrong / total if total else 0.0


def loose_error_rate(truth: list[str], reading: Reading) -> float:
    """The same, with the lines of a page in any order."""
    wrong = total = 0
    for i, page in enumerate(truth):
        text = without_leaders(reading.pages[i]) if i < len(reading.pages) else ""
        removed = reading.notes[i].get("removed", ()) if i < len(reading.notes) else ()
        expected = plain(page)
        total += len(expected)
        wrong += min(len(expected), loose_edits(page, "\n".join([text, *removed])))
    return wrong / total if total else 0.0


def whole_page(expected: str, reading: Reading, i: int) -> str:
    """A page's characters, with what was removed from it where it fits better: first or last."""
    text = plain(without_leaders(reading.pages[i])) if i < len(reading.pages) else ""
    removed = reading.notes[i].get("removed", ()) if i < len(reading.notes) else ()
    for line in map(plain, removed):
        text = min(line + text, text + line, key=lambda each: edits(expected, each))
    return text


def unreadable(truth: str) -> float:
    """The share of letters and marks that are not Latin, Greek or Han: such truth is itself garbled."""
    text = plain(truth)
    return sum(_odd(char) for char in text) / len(text) if text else 0.0


def _odd(char: str) -> bool:
    code = ord(char)
    letter = category(char)[0] in "LM" or category(char) in ("Co", "Cn", "Cc")
    usual = (
        code < 0x180 or 0x370 <= code < 0x400 or 0x3000 <= code < 0xA000 or 0xF900 <= code < 0xFB00 or code >= 0x20000
    )
    return letter and not usual


def _speeds(bench: Bench, samples: list[Sample]) -> tuple[Sheet, Goal]:
    joined = bench.work / "scans.pdf"
    pages = join([sample.path for sample in samples], joined)
    turns: dict[str, list[Reading]] = {"zhiwen": [], "rapidocr": []}
    for _ in range(1 if bench.sample else 2):
        for name, taken in turns.items():
            taken.append(bench.runner.read(Request(name, str(joined), want="speed"), fresh=True))
    best = {
        n: None if any(r.error for r in taken) else pages / min(r.wall for r in taken) for n, taken in turns.items()
    }
    rows: list[list[Value]] = [
        [bench.label(n), speed, min(r.wall for r in turns[n]), turns[n][0].error] for n, speed in best.items()
    ]
    title = f"OCR: speed on {pages} scanned pages, all cores"
    own, other = best["zhiwen"], best["rapidocr"]
    ratio = own / other if own and other else None
    sheet = Sheet(title, ["reader", "pages/s", "seconds", "error"], rows, _SPEED)
    return sheet, at_least("OCR: speed over RapidOCR's", 2.0, ratio)


def pick(pages: dict[Path, list[int]], target: Path) -> int:
    """Write one PDF with chosen pages (from 0) of several; gives how many."""
    import pymupdf

    with pymupdf.open() as document:
        for path, numbers in pages.items():
            if numbers:
                with pymupdf.open(path) as part:
                    part.select(numbers)
                    document.insert_pdf(part)
        document.save(target, garbage=3)
        return len(document)


def join(paths: list[Path], target: Path, most: int | None = None) -> int:
    """Write one PDF with the pages of several, or with the first of them; gives how many."""
    import pymupdf

    with pymupdf.open() as document:
        for path in paths:
            with pymupdf.open(path) as part:
                document.insert_pdf(part)
        if most is not None:
            document.select(range(min(most, len(document))))
        document.save(target, garbage=3)
        return len(document)
