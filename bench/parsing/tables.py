"""Tables: cell adjacency against the ICDAR 2013 annotation, beside every peer that finds tables.

As in the competition, precision and recall are those of each document, averaged over documents;
F1 is that of the averages. The pooled figures are given beside it.
"""

from __future__ import annotations

from bench.parsing.bench import Bench
from bench.parsing.cells import Score, compare, f1
from bench.parsing.data import true_tables
from bench.parsing.readers import Reading
from bench.parsing.sheets import Findings, Goal, Sheet, Value, at_least

_PEERS = ("pymupdf", "pymupdf4llm", "pdfplumber", "markitdown")
_NOTE = (
    "Per-document precision and recall averaged over {count} documents, F1 of the averages (the competition's way); "
    "pooled over all relations beside it. pypdf finds no tables."
)


def measure(bench: Bench) -> Findings:
    """Read every annotated document."""
    samples = bench.folder.with_truth("tables_icdar2013")[:: 4 if bench.sample else 1]
    truths = [true_tables(sample) for sample in samples]
    paths = [sample.path for sample in samples]
    columns = ["zhiwen", *bench.peers(*_PEERS)]
    readings = {name: bench.readings(name, paths, "tables") for name in columns}
    scores = {
        name: [compare(truth, reading.tables) for truth, reading in zip(truths, readings[name], strict=True)]
        for name in columns
    }
    missing = {name for name in columns if readings[name] and readings[name][0].error == "not installed"}
    rows: list[list[Value]] = [
        [bench.label(name), *([None] * 6 if name in missing else _figures(scores[name])), _failed(readings[name])]
        for name in columns
    ]
    head = ["reader", "precision", "recall", "F1", "pooled precision", "pooled recall", "pooled F1", "failed"]
    details: list[list[Value]] = []
    for i, sample in enumerate(samples):
        cells = [f"{s.precision:.3f} {s.recall:.3f}" for s in (scores[name][i] for name in columns)]
        own = scores["zhiwen"][i]
        details.append([sample.name, *cells, f"{own.right} right, {own.given} given, {own.true} true"])
    return Findings(
        [
            Sheet("Tables: cell adjacency, ICDAR 2013", head, rows, _NOTE.format(count=len(samples))),
            Sheet(
                "Tables by document: precision and recall",
                ["document", *(bench.label(name) for name in columns), "relations of Zhiwen"],
                details,
                detail=True,
            ),
        ],
        _goals({name: averaged(scores[name])[2] for name in columns if name not in missing}),
    )


def _figures(scores: list[Score]) -> list[float]:
    return [*averaged(scores), *pooled(scores)]


def averaged(scores: list[Score]) -> tuple[float, float, float]:
    """Precision and recall over documents, and the F1 of both."""
    precision = sum(score.precision for score in scores) / len(scores)
    recall = sum(score.recall for score in scores) / len(scores)
    return precision, recall, f1(precision, recall)


def pooled(scores: list[Score]) -> tuple[float, float, float]:
    """Precision, recall and F1 over all relations."""
    total = Score(*(sum(column) for column in zip(*((s.right, s.given, s.true) for s in scores), strict=True)))
    return total.precision, total.recall, f1(total.precision, total.recall)


def _failed(readings: list[Reading]) -> int:
    return sum(bool(reading.error) and not reading.error.startswith("no-text") for reading in readings)


def _goals(found: dict[str, float]) -> list[Goal]:
    peers = [value for name, value in found.items() if name != "zhiwen"]
    goals = [at_least("tables, ICDAR 2013: F1", 0.85, found["zhiwen"])]
    if peers:
        goals.append(at_least("tables, ICDAR 2013: F1 ahead of the best peer", 1e-9, found["zhiwen"] - max(peers)))
    return goals
