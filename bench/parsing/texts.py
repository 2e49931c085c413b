"""Text of real born-digital documents: similarity to the truth and reading order, beside every peer."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

from bench.parsing.bench import Bench
from bench.parsing.data import true_text
from bench.parsing.distance import similarity
from bench.parsing.normal import plain
from bench.parsing.order import Order, reading_order
from bench.parsing.readers import PEERS, Reading
from bench.parsing.sheets import Findings, Goal, Sheet, Value, at_least, mean

_NOTE = (
    "Twice the longest common subsequence over both lengths, by characters, after the one normalisation; "
    "a document that could not be read counts 0."
)
_ORDER_NOTE = (
    "Of the truth's lines (cut to 30 characters) that stand once in truth and text, the share in one increasing run; "
    "in brackets the share of lines found."
)


def measure(bench: Bench) -> Findings:
    """Read every document that has a full text."""
    samples = [
        s for s in bench.folder.with_truth("text", "md", "md_docling_snapshot") if s.pages <= 60 or not bench.sample
    ]
    truths = [true_text(sample) for sample in samples]
    columns = ["zhiwen", *bench.peers(*PEERS)]
    readings = {name: bench.readings(name, [sample.path for sample in samples]) for name in columns}
    scores = {name: _score(truths, readings[name], bench.runner.jobs) for name in columns}
    likeness = {name: [value for value, _ in scores[name]] for name in columns}
    head = ["document", *(bench.label(name) for name in columns), "to the best peer"]
    rows: list[list[Value]] = []
    for i, sample in enumerate(samples):
        rows.append([sample.name, *(_shown(readings[n][i], likeness[n][i]) for n in columns), _lead(likeness, i)])
    rows.append(["mean", *(mean(likeness[name]) for name in columns), None])
    order_rows: list[list[Value]] = [
        [sample.name, *(_ordered(scores[name][i][1]) for name in columns)] for i, sample in enumerate(samples)
    ]
    order_rows.append(["mean", *(mean([o.score for _, o in scores[n] if o.score is not None]) for n in columns)])
    return Findings(
        [
            Sheet("Text: similarity", head, rows, _NOTE),
            Sheet("Text: reading order", head[:-1], order_rows, _ORDER_NOTE),
        ],
        _goals(likeness, len(samples)),
    )


def _score(truths: list[str], readings: list[Reading], jobs: int) -> list[tuple[float | None, Order]]:
    texts = [reading.text for reading in readings]
    if jobs == 1:
        scores = list(map(_compare, truths, texts))
    else:
        with ProcessPoolExecutor(jobs) as pool:
            scores = list(pool.map(_compare, truths, texts))
    return [(None if r.error == "not installed" else s, o) for r, (s, o) in zip(readings, scores, strict=True)]


def _compare(truth: str, text: str) -> tuple[float, Order]:
    return similarity(plain(truth), plain(text)), reading_order(truth, text)


def _shown(reading: Reading, value: float | None) -> Value:
    return f"0 ({reading.error})" if reading.error and value is not None else value


def _lead(likeness: dict[str, list[float | None]], i: int) -> float | None:
    """How far ours is ahead of the best peer."""
    peers = [values[i] for name, values in likeness.items() if name != "zhiwen"]
    known = [value for value in peers if value is not None]
    own = likeness["zhiwen"][i]
    return own - max(known) if known and own is not None else None


def _ordered(order: Order) -> str:
    return "–" if order.score is None else f"{order.score:.3f} ({order.matched / order.pieces:.2f})"


def _goals(likeness: dict[str, list[float | None]], count: int) -> list[Goal]:
    if "pymupdf" not in likeness:
        return []
    leads = [lead for lead in (_lead(likeness, i) for i in range(count)) if lead is not None]
    own, simple = mean(likeness["zhiwen"]), mean(likeness["pymupdf"])
    return [
        at_least("text, real documents: worst lead over the best peer", -0.01, min(leads) if leads else None),
        at_least("text, real documents: mean over PyMuPDF plain", 0.08, own - simple if own and simple else None),
    ]
