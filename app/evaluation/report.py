"""The figures of one run, or of two side by side, as Markdown, HTML with plots, and JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.evaluation.intervals import Interval, difference, interval
from app.evaluation.outcome import Outcome
from app.evaluation.plots import Curve, draw
from app.evaluation.run import LEFT_OUT
from app.evaluation.scores import Scores, operating_points, risk_coverage
from models.errors import Explained
from models.reasons import quoted

FALSE_REFUSALS = (0.01, 0.03, 0.05, 0.1)
# Measures that are no shares are given as medians too, for one long answer moves a mean.
_LENGTH = "answer characters"


class ReportUnusable(Explained):
    """A file is no report of a run."""

    code = "report-unusable"
    template = "{path} is no report of an evaluation: {reason}. Give the JSON file that eval run --json wrote."


@dataclass(frozen=True)
class Row:
    """A measure of a set: its mean with the interval, that of another run beside it, and the difference."""

    measure: str
    ours: Interval
    theirs: Interval | None = None
    gain: Interval | None = None


@dataclass(frozen=True)
class Section:
    """A set's figures, curves and remarks."""

    name: str
    rows: tuple[Row, ...]
    curves: tuple[Curve, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One run: what it was, and the scores of every question by set."""

    name: str
    about: Mapping[str, Any]
    scores: Mapping[str, Scores]
    evidence: Mapping[str, Mapping[str, float]]
    seconds: Mapping[str, Mapping[str, float]]


def run_of(name: str, about: Mapping[str, Any], scores: Mapping[str, Scores], outcomes: Sequence[Outcome]) -> Run:
    """Put a run together. `seconds` become medians by stage."""
    evidence: dict[str, dict[str, float]] = {}
    stages: dict[str, dict[str, list[float]]] = {}
    for outcome in outcomes:
        if outcome.evidence is not None:
            evidence.setdefault(outcome.set, {})[outcome.id] = outcome.evidence
        for stage, seconds in outcome.seconds.items():
            stages.setdefault(outcome.set, {}).setdefault(stage, []).append(seconds)
    medians = {each: {s: statistics.median(v) for s, v in found.items()} for each, found in stages.items()}
    return Run(name, about, scores, evidence, medians)


def sections(ours: Run, theirs: Run | None = None) -> list[Section]:
    """Every set of a run; with a second run, its figures and the paired differences beside them."""
    return [_section(name, ours, theirs) for name in ours.scores]


def _section(name: str, ours: Run, theirs: Run | None) -> Section:
    others = theirs.scores.get(name, {}) if theirs else {}
    rows = []
    for measure, values in ours.scores[name].items():
        mean = interval(list(values.values()))
        if mean is None:
            continue
        other = others.get(measure, {})
        both = [key for key in values if key in other]
        rows.append(
            Row(
                measure,
                mean,
                interval(list(other.values())),
                difference([values[key] for key in both], [other[key] for key in both]),
            )
        )
    curves, notes = _refusal(name, ours)
    lengths = ours.scores[name].get(_LENGTH)
    if lengths:
        notes.insert(0, f"Median answer length: {statistics.median(lengths.values()):.0f} characters.")
    if ours.seconds.get(name):
        notes.append("Median seconds: " + ", ".join(f"{s} {v:.2f}" for s, v in ours.seconds[name].items()) + ".")
    return Section(name, tuple(rows), tuple(curves), tuple(notes))


def _refusal(name: str, run: Run) -> tuple[list[Curve], list[str]]:
    """Curves of a set whose questions were asked without their passages too, or that has impossible ones."""
    scores = run.scores[name]
    evidence = run.evidence.get(name, {})
    wrongly = [key for key in scores.get("refused wrongly", {}) if key in evidence]
    answerable = {key: evidence[key] for key in wrongly}
    impossible = {key: evidence[key] for key in scores.get("refused", {}) if key in evidence}
    impossible |= {f"{key}{LEFT_OUT}": value for key, value in run.evidence.get(name + LEFT_OUT, {}).items()}
    if not answerable or not impossible:
        return [], []
    right = scores.get("answer contains gold") or scores.get("hit@1", {})
    pairs = [(value, right.get(key, 0.0) > 0) for key, value in answerable.items()]
    pairs += [(value, False) for value in impossible.values()]
    points = operating_points(answerable, impossible, FALSE_REFUSALS)
    notes = [
        f"At {wrong:.1%} of the answerable refused (evidence below {at:.2f}), {rightly:.1%} of the others are."
        for at, wrong, rightly in points
    ]
    roc = operating_points(answerable, impossible, [i / 100 for i in range(51)])
    return [
        Curve("Risk and coverage", "questions answered", "wrong among them", risk_coverage(pairs)),
        Curve("Refusal", "answerable refused", "unanswerable refused", [(wrong, rightly) for _, wrong, rightly in roc]),
    ], notes


def as_json(run: Run) -> str:
    """A run as JSON: the figures for people and machines, and the scores that a comparison needs."""
    figures = {
        name: {measure: asdict(found) for measure, v in scores.items() if (found := interval(list(v.values())))}
        for name, scores in run.scores.items()
    }
    return json.dumps({"figures": figures, **asdict(run)}, ensure_ascii=False, indent=1)


def from_json(path: Path) -> Run:
    """Read what `as_json` wrote. Raises ReportUnusable."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Run(**{key: values[key] for key in ("name", "about", "scores", "evidence", "seconds")})
    except OSError as error:
        raise ReportUnusable(path=path, reason=quoted(error.strerror or error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReportUnusable(path=path, reason=quoted(f"{type(error).__name__} {error}")) from error


def as_markdown(ours: Run, theirs: Run | None = None) -> str:
    """A run's figures as Markdown tables."""
    lines = [f"# {ours.name}" + (f" beside {theirs.name}" if theirs else ""), ""]
    lines += [f"- {key}: {value}" for key, value in ours.about.items()]
    for section in sections(ours, theirs):
        heads = ["measure", ours.name, "95 % interval", "questions"]
        heads += [theirs.name, "difference", "95 % interval"] if theirs else []
        lines += ["", f"## {section.name}", "", _line(heads), _line(["---"] + ["---:"] * (len(heads) - 1))]
        lines += [_line(cells(row, bool(theirs))) for row in section.rows]
        lines += [line for note in section.notes for line in ("", note)]
    return "\n".join(lines) + "\n"


def cells(row: Row, compared: bool) -> list[str]:
    """A row as texts, for both kinds of tables."""
    found = [row.measure, _figure(row.ours.mean), _bounds(row.ours), str(row.ours.count)]
    if compared:
        found += [
            _figure(row.theirs.mean) if row.theirs else "",
            _signed(row.gain.mean) if row.gain else "",
            _bounds(row.gain, signed=True) if row.gain else "",
        ]
    return found


def as_html(ours: Run, theirs: Run | None = None) -> str:
    """A run's figures as one HTML page without outside parts: tables, and plots as SVG."""
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    folder = Path(__file__).resolve().parents[2] / "templates"
    page = Environment(loader=FileSystemLoader(folder), autoescape=True).get_template("eval_report.html")
    found = [
        {
            "name": section.name,
            "rows": [cells(row, bool(theirs)) for row in section.rows],
            "notes": section.notes,
            "plots": [Markup(draw(curve)) for curve in section.curves],  # noqa: S704 (drawn here)
        }
        for section in sections(ours, theirs)
    ]
    return page.render(ours=ours, theirs=theirs, sections=found)


def _line(found: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in found) + " |"


def _figure(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"


def _signed(value: float) -> str:
    return f"{value:+.4f}" if abs(value) < 10 else f"{value:+.1f}"


def _bounds(found: Interval, *, signed: bool = False) -> str:
    write = _signed if signed else _figure
    return f"{write(found.low)} to {write(found.high)}"
