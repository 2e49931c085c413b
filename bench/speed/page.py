"""docs/benchmarks.md, made of the results alone: a run and a rendering of the same results give the same page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from bench.speed.guard import BUSY
from bench.speed.measure import Curve, Row

_INTRO = """\
# Speed, beside the usual stack

`make bench` measures Zhiwen and the stack that people would otherwise build, in turn, with the same weights,
documents and questions, and writes this page; no figure here is written by hand. `make bench-full` is the long form.
`make bench-guard` measures a few of the ratios anew, and fails where one is worse by more than a quarter; where it can
say nothing, as beside other programs or on a computer without results here, it says why and does not fail. The run of
each computer stands by itself, the newest first.

The stack is LangChain's as its tutorials put it together: `PyPDFLoader`, `RecursiveCharacterTextSplitter(1000, 200)`,
sentence-transformers in float32 in batches of 32, LangChain's FAISS, the 4 nearest pieces, the prompt
`rlm/rag-prompt`, and llama-cpp-python as pip builds it, with its defaults but for a context of 8,192 tokens, greedy
sampling and Zhiwen's longest answer. For decoding alone it gets all cores, of which it takes half by default. Its
versions stand in `bench/requirements.txt`, and are Zhiwen's own where both have a package.

Both sides run in processes of their own, models loaded, and take turns item by item; who begins changes. A ratio is
ours / baseline of one item in one round; the table gives its median, and the least and the largest where there are
several. A run that was ended by time has fewer whole rounds than were asked for: the table has both, or – for a run
that did not write them down. Where a goal is a difference, it is between the means, with its 95 % interval: it is met
where the mean is not lower, and undecided where it is and the interval reaches across. Nothing else should run
meanwhile: threads that wait for each other lose most of their speed on busy cores, and not on both sides alike. Where
other programs took more than a tenth of the cores during a sample, the table says so; rows with † were measured with
other versions of the program or of its packages than the latest run.
"""
_CAVEATS = """\
- The encoder of the size of M3E is multilingual-e5-small with every channel doubled: it computes the same, and what
  integers make of its weights is what they make of trained ones.
- Questions, and the dialogues of the follow-ups, are those of `bench/followups.jsonl` over financial reports, books
  and laws in Chinese. A follow-up over the same sources is the dialogue's own, where search finds at least half of
  the sources again; one over new sources asks about another document in the same conversation. The baseline has no
  place for earlier turns: its follow-ups are written out in full, which favours it.
- Where the model reads fast, Zhiwen gives it a quarter more of passages than quality needs, as long as that takes no
  more than 8 seconds: what the ratio to the first token loses by it, answers gain (docs/evaluation.md).
- A question that is answered without the language model has no first token, and is left out of that row, not of the
  next; so it is with one that is refused. Zhiwen's answers to what asks for a fact are the words of the document alone,
  often fewer than the baseline's, which the row of the full answer has in it.
- Questions come one behind the other. Where one finds what the one before was answered from, Zhiwen does not read it
  anew, as in use; the baseline's prompts begin alike for a few words only.
- While searches are measured beside a generation, each side writes with its own number of threads: the baseline with
  half of the cores, which leaves it the others for its searches, Zhiwen with all of them.
- The books of a run of 20 questions are those of up to 60 pages. Of cmrc2018_dev it asks 10, half of its questions;
  the long form asks 300. docs/evaluation.md has what Zhiwen alone answers of 300.
- No computer with a GPU was at hand: nothing here says what one gains.
- Searches beside a generation are among 100,000 chunks in a run of 20 questions, 5,000 a question in a shorter one.
- Where there is no fast product of integers in torch, as on processors with AVX2 alone, the limit is that of float32,
  which what computes in integers may pass.
- Bases of 1,000 and more chunks are made: sentences of real passages put together anew, and vectors at a cosine of
  0.9 to real ones. Searches are real questions, the embedding of the question included.
- Memory is that of the process and its children, with the pages they share divided among them.
"""


def page(
    runs: Sequence[Mapping[str, Any]],
    rows: Sequence[Row],
    curves: Sequence[Curve],
    plots: Sequence[Mapping[str, str]],
) -> str:
    """The page as Markdown, of the run of each computer.

    `plots` are the pictures of each: what they show, and their paths from the page's folder.
    """
    parts = [part for run, shown in zip(runs, plots, strict=True) for part in _run(run, rows, curves, shown)]
    return "\n".join([_INTRO, *parts, "## What to know\n", _CAVEATS])


def _run(
    run: Mapping[str, Any], rows: Sequence[Row], curves: Sequence[Curve], plots: Mapping[str, str]
) -> Iterator[str]:
    found = [(row, run["rows"][row.name]) for row in rows if row.name in run["rows"]]
    yield _machine(run["machine"])
    yield _table(found, run.get("program"))
    yield from (f"![{alt}]({path})\n" for alt, path in plots.items())
    yield "### How far the machine's limit is\n"
    yield _limits(found, run["limits"])
    if grown := [(curve, run["curves"][curve.name]) for curve in curves if curve.name in run["curves"]]:
        yield "### Growth\n"
        yield _growth(grown)


def _machine(machine: Mapping[str, Any]) -> str:
    flags = ", ".join(machine["flags"]) or "none of AVX2, AVX-512 and AMX"
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"## {machine['processor']}, {machine['cores']} cores: {flags}\n\n"
        f"{machine['memory_gb']} GB; {machine['system']}, Python {machine['python']}; {versions}.\n"
    )


def _table(found: Sequence[tuple[Row, Mapping[str, Any]]], program: str | None) -> str:
    lines = [
        "| row | baseline | ours | ours / baseline: median (least to largest) | goal | met | pairs | whole rounds "
        "| measured |",
        "|---|---:|---:|---:|---:|---|---:|---:|---|",
    ]
    for row, result in found:
        ratio, sign = result["ratio"], "" if row.difference else " ×"
        shown = f"{_number(ratio['median'])}{sign}"
        if result["pairs"] > 1:
            shown += f" ({_number(ratio['least'])} to {_number(ratio['most'])})"
        goal = "–" if row.goal is None else f"{'≤' if row.better == 'less' else '≥'} {row.goal:g}{sign}"
        if row.difference:
            goal = "not lower"
        sides = [f"{_number(result[side]['median'])} {row.unit}" for side in ("baseline", "ours")]
        met = "–" if row.goal is None else verdict(row, result)
        measured = result["when"] + ("" if result.get("program") == program else " †")
        if (others := result.get("others", 0.0)) > BUSY:
            measured += f", others took {others:.0%}"
        rounds = f"{result['rounds']} of {result['rounds_wanted']}" if "rounds" in result else "–"
        cells = [row.title, *sides, shown, goal, met, str(result["pairs"]), rounds, measured]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def verdict(row: Row, result: Mapping[str, Any]) -> Literal["yes", "no", "undecided"]:
    """Whether a row reaches its goal. A difference does not where its whole interval is on the wrong side of it."""
    assert row.goal is not None
    ratio, less = result["ratio"], row.better == "less"

    def reaches(value: float) -> bool:
        return value <= row.goal if less else value >= row.goal

    if reaches(ratio["median"]):
        return "yes"
    return "undecided" if row.difference and reaches(ratio["least" if less else "most"]) else "no"


def _limits(found: Sequence[tuple[Row, Mapping[str, Any]]], limits: Mapping[str, float]) -> str:
    speeds = ", ".join(
        f"{limits[form] / 1e9:.0f} GFLOP/s in {form}" for form in ("float32", "bfloat16", "int8") if limits.get(form)
    )
    lines = [
        f"Measured in the latest run: {limits['memory'] / 1e9:.1f} GB/s from memory, {speeds} in products of large "
        f"matrices, {limits['disk'] / 1e6:.0f} MB/s to the disk; a limit is of what was measured with its row. A token "
        "of a prompt passes through every parameter of the layers once, a token that is written reads every weight of "
        "them and of the table of words once; for ingest it is what has to be written to the disk. A limit that a row "
        "is beyond is none: it was measured with less than what the row had, and – stands for it.\n",
        "| row | ours | limit | reached | what holds the rest |",
        "|---|---:|---:|---:|---|",
    ]
    for row, result in found:
        if not row.holds:
            continue
        ours, limit = result["ours"]["median"], result["limit"]
        share = None if not limit else limit / ours if row.better == "less" else ours / limit
        if share is not None and share > 1:
            limit = share = None
        reach = "–" if share is None else f"{share:.1%}" if share < 0.1 else f"{share:.0%}"
        bound = "–" if limit is None else f"{_number(limit)} {row.unit}"
        lines.append(f"| {row.title} | {_number(ours)} {row.unit} | {bound} | {reach} | {row.holds} |")
    return "\n".join(lines) + "\n"


def _growth(grown: Sequence[tuple[Curve, Mapping[str, Any]]]) -> str:
    sizes = sorted({int(x) for _, result in grown for x, _ in result["points"]})
    heads = " | ".join(f"{size:,} chunks" for size in sizes)
    lines = [f"| what | {heads} | exponent |", f"|---|{'---:|' * (len(sizes) + 1)}"]
    for curve, result in grown:
        values = {int(x): y for x, y in result["points"]}
        cells = [f"{_number(values[size])} {curve.unit}" if size in values else "–" for size in sizes]
        power = "–" if result["exponent"] is None else f"{result['exponent']:.2f}"
        lines.append(f"| {curve.title} | {' | '.join(cells)} | {power} |")
    return "\n".join([*lines, "\nThe exponent is the slope of both logarithms: 0 is flat, 1 grows with the base.\n"])


def _number(value: float) -> str:
    """Three digits that matter."""
    size = abs(value)
    digits = next(digits for least, digits in ((100, 0), (10, 1), (1, 2), (0, 3)) if size >= least)
    return f"{value:,.{digits}f}"
