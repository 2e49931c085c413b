"""Robustness: every damaged, protected, huge or oddly named file ends in text or in the error that fits.

A crash, a hang, an empty success and a page whose text is lost without a word all count against it.
What is expected comes from the folder's manifest: `expect`, and the passwords in `note`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from bench.parsing.bench import Bench
from bench.parsing.data import Sample
from bench.parsing.normal import plain
from bench.parsing.readers import Reading, Request
from bench.parsing.sheets import Findings, Goal, Sheet, Value

_CATEGORIES = ("corrupt", "encrypted", "huge", "file_names", "txt_legacy_encodings")
_CLEAR = frozenset(
    {
        *("corrupt-file", "empty-file", "unsupported-file", "no-text", "no-text-inside"),
        *("too-large-unpacked", "too-many-pages"),
    }
)
_ENDS = frozenset({"parse-crash", "parse-timeout", "hang"})
_WRONG = "not-the-password-一二三"
_PASSWORD = re.compile(r"user password: (\S+)")
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")
_CODECS = {"gb2312": "gb18030", "big5": "big5hkscs"}


@dataclass(frozen=True)
class Trial:
    """One file read one way; `expected` holds what is right: `text` or codes of errors."""

    sample: Sample
    expected: frozenset[str]
    password: str | None = None
    how: str = ""


def measure(bench: Bench) -> Findings:
    """Read every file of these categories."""
    trials = [trial for sample in bench.folder.samples(*_CATEGORIES) for trial in trials_of(sample)]
    requests = [Request("zhiwen", str(t.sample.path), t.sample.name, t.password) for t in trials]
    outcomes = [judge(t, r) for t, r in zip(trials, bench.runner.read_all(requests), strict=True)]
    counts = {category: Counter[str]() for category in _CATEGORIES}
    for trial, (_, verdict) in zip(trials, outcomes, strict=True):
        counts[trial.sample.category][verdict] += 1
    rows: list[list[Value]] = [
        [name, seen.total(), *(seen[kind] for kind in _VERDICTS)] for name, seen in counts.items()
    ]
    details: list[list[Value]] = [
        [f"{t.sample.name} {t.how}".strip(), t.sample.category, _told(t.expected), outcome, verdict]
        for t, (outcome, verdict) in zip(trials, outcomes, strict=True)
    ]
    right = sum(verdict == "right" for _, verdict in outcomes)
    goal = Goal("robustness: files that end as expected", f"= {len(trials)}", float(right), right == len(trials))
    bad = [row for row in details if row[-1] != "right"]
    columns = ["file", "category", "expected", "outcome", "verdict"]
    sheets = [Sheet("Robustness", ["category", "readings", *_VERDICTS], rows)]
    sheets += [Sheet("Robustness: what went wrong", columns, bad)] if bad else []
    return Findings([*sheets, Sheet("Robustness, file by file", columns, details, detail=True)], [goal])


_VERDICTS = ("right", "wrong error", "empty success", "lost text", "wrong text", "crash", "hang")


def trials_of(sample: Sample) -> list[Trial]:
    """The ways in which a file is read."""
    if not sample.protected:
        return [Trial(sample, expected(sample))]
    trials = [
        Trial(sample, frozenset({"password-needed"}), None, "(no password)"),
        Trial(sample, frozenset({"password-wrong"}), _WRONG, "(wrong password)"),
    ]
    if known := _PASSWORD.search(sample.note):
        trials.append(Trial(sample, frozenset({"text"}), known[1], "(right password)"))
    return trials


def expected(sample: Sample) -> frozenset[str]:
    """What may come of a file that needs no password."""
    if sample.category != "corrupt" or "recovered" in sample.expect:
        return frozenset({"text"})
    if "0 bytes" in sample.note:
        return frozenset({"empty-file"})
    if "index nothing" in sample.expect:
        return frozenset({"no-text"})
    return _CLEAR if sample.expect == "clear error" else _CLEAR | {"text"}


def _told(expected: frozenset[str]) -> str:
    if expected >= _CLEAR:
        return "text or a clear error" if "text" in expected else "a clear error"
    return " or ".join(sorted(expected))


def judge(trial: Trial, reading: Reading) -> tuple[str, str]:
    """What came of it, and whether that is right."""
    outcome = reading.error or "text"
    if reading.error in _ENDS or reading.error.startswith("crash"):
        return outcome, "hang" if reading.error in ("hang", "parse-timeout") else "crash"
    if outcome not in trial.expected:
        return outcome, "wrong error"
    if reading.error:
        return outcome, "right"
    if not plain(reading.text):
        return outcome, "empty success"
    if lost := _lost(reading):
        return f"text, but not of pages {lost}", "lost text"
    return outcome, "right" if _decoded(trial.sample, reading.text) else "wrong text"


def _lost(reading: Reading) -> list[int]:
    """Pages with a text layer and nothing read from it, in a document without a warning."""
    if reading.warnings:
        return []
    return [
        note["number"]
        for note, text in zip(reading.notes, reading.pages, strict=True)
        if note["text_chars"] > 20 and not text.strip() and not note["removed"]
    ]


def _decoded(sample: Sample, text: str) -> bool:
    """Whether the Chinese of a legacy file is what its encoding, which its name begins with, makes of it."""
    codec = _CODECS.get(sample.name.split("-")[0]) if sample.category == "txt_legacy_encodings" else None
    if codec is None:
        return True
    true = _pairs(sample.path.read_bytes().decode(codec, "replace"))
    given = _pairs(text)
    return bool(given) and len([pair for pair in given if pair in true]) >= 0.98 * len(given)


def _pairs(text: str) -> set[str]:
    return {run[i : i + 2] for run in _HAN.findall(text) for i in range(len(run) - 1)}
