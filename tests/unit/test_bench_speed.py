"""How speed is compared: ratios, growth, the guard, and the page."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from bench.speed import plots
from bench.speed.__main__ import main
from bench.speed.guard import regressions
from bench.speed.limits import limit_of
from bench.speed.measure import BASELINE, OURS, Measure
from bench.speed.page import page, verdict
from bench.speed.plan import Plan
from bench.speed.publish import PUBLISHED, publish, read, render
from bench.speed.results import merged, of_computer, results, with_run
from bench.speed.statistics import Spread, compare, exponent, medians
from bench.speed.table import MEASURES, ROWS
from tests.support.made_samples import GROWTH, RATE, RIGHT, TWO_ROUNDS, WAIT, measure, nothing, samples


def test_ratios_are_of_pairs_of_one_item_and_round() -> None:
    found = compare(WAIT, TWO_ROUNDS)
    assert found is not None
    assert found.ratio == Spread(0.15, 0.2, 1.0)
    assert found.pairs == 3
    assert found.by_item == {"a": pytest.approx(0.175), "b": 1.0}
    assert found.ours == Spread(2.0, 3.0, 4.0)


def test_a_row_of_one_item_leaves_the_others_out() -> None:
    found = compare(RATE, TWO_ROUNDS)
    assert found is not None
    assert (found.ratio, found.pairs) == (Spread(4.0, 4.5, 5.0), 2)


def test_a_value_that_one_side_lacks_is_no_pair() -> None:
    alone = samples((BASELINE, "a", 0, {"seconds": 1.0}), (OURS, "a", 0, {"total": 1.0}))
    assert compare(WAIT, alone) is None


def test_a_difference_is_between_means_with_its_interval() -> None:
    asked = samples(
        *((BASELINE, str(i), 0, {"right": float(i % 2)}) for i in range(40)),
        *((OURS, str(i), 0, {"right": 1.0}) for i in range(40)),
    )
    found = compare(RIGHT, asked)
    assert found is not None
    assert (found.baseline.median, found.ours.median, found.ratio.median) == (0.5, 1.0, 0.5)
    assert 0.3 < found.ratio.least < 0.5 < found.ratio.most < 0.7
    assert verdict(RIGHT, asdict(found)) == "yes"


def test_medians_are_of_one_side() -> None:
    assert medians(TWO_ROUNDS, OURS)["seconds"] == 3.0
    assert medians(TWO_ROUNDS, OURS, "b") == {"seconds": 4.0, "rate": 9.0}


@pytest.mark.parametrize(("power", "expected"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_growth_is_the_power_of_the_size(power: float, expected: float) -> None:
    assert exponent([(size, 3 * size**power) for size in (1e3, 1e4, 1e5)]) == pytest.approx(expected)


def test_one_size_has_no_growth() -> None:
    assert exponent([(1000.0, 1.0), (1000.0, 2.0)]) is None


@pytest.mark.parametrize(
    ("mean", "low", "high", "told"),
    [(0.1, -0.2, 0.4, "yes"), (0.0, 0.0, 0.0, "yes"), (-0.1, -0.4, 0.2, "undecided"), (-0.5, -1.0, -0.1, "no")],
)
def test_a_lower_mean_is_never_met(mean: float, low: float, high: float, told: str) -> None:
    assert verdict(RIGHT, {"ratio": {"median": mean, "least": low, "most": high}}) == told


def rows_of(by_item: dict[str, float], name: str = "wait") -> dict[str, Any]:
    return {name: {"by_item": by_item}}


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        ({"a": 0.2}, {"a": 0.24}, False),
        ({"a": 0.2}, {"a": 0.26}, True),
        ({"a": 0.2}, {"a": 0.1}, False),
        ({"a": 0.2, "b": 0.9}, {"a": 0.21}, False),  # of what both ran
        ({"a": 0.2}, {"b": 0.1}, True),  # nothing can be compared
    ],
)
def test_the_guard_compares_ratios_with_a_tolerance(before: dict, now: dict, worse: bool) -> None:
    assert bool(regressions([WAIT], rows_of(before), rows_of(now), 0.25)) is worse


def test_the_guard_names_the_row_whose_rate_fell() -> None:
    (told,) = regressions([RATE], rows_of({"a": 4.0}, "rate"), rows_of({"a": 3.0}, "rate"), 0.25)
    assert told == "rate: pages: 3.00 × the baseline, was 4.00 × (tolerance 25%)"
    assert regressions([RATE], rows_of({"a": 4.0}, "rate"), rows_of({"a": 3.3}, "rate"), 0.25) == []


def test_the_guard_knows_no_row_that_was_never_published() -> None:
    assert regressions([WAIT, RIGHT], {}, rows_of({"a": 9.0}), 0.25) == []


def test_the_guard_misses_a_row_that_is_gone() -> None:
    (told,) = regressions([WAIT, RATE], rows_of({"a": 0.2}), {}, 0.25)
    assert told == "wait: question to first token: published, but nothing of it could be measured"


@pytest.mark.parametrize(("most", "worse"), [(0.3, False), (0.05, True)])
def test_the_guard_knows_answers_that_became_worse(most: float, worse: bool) -> None:
    before = {"right": {"ratio": {"median": 0.2}}}
    now = {"right": {"ratio": {"median": 0.0, "least": -0.3, "most": most}}}
    assert bool(regressions([RIGHT], before, now)) is worse


def ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *given: str) -> object:
    """The status or the message with which the command ends."""
    (tmp_path / "manifest.csv").touch()
    monkeypatch.setattr("sys.argv", ["bench.speed", "--data", str(tmp_path), *given])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_the_guard_says_nothing_without_results_of_this_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.json"
    publish(run_of("2026-01-01", processor="Another"), path)
    assert ended(tmp_path, monkeypatch, "--guard", "--json", str(path)) == 3
    assert "no results of this computer" in capsys.readouterr().err


def test_the_guard_fails_where_a_side_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.json"
    here = made_results()
    publish(here, path)
    monkeypatch.setattr("bench.speed.machine.describe", lambda: MACHINE)
    monkeypatch.setattr("bench.speed.__main__.measure_all", lambda *_, **__: ({}, ["answers.ours ended: it broke"]))
    monkeypatch.setattr("bench.speed.__main__._results", lambda *_: here)
    monkeypatch.setattr("bench.speed.__main__.peers_python", lambda: path)
    given = ("--guard", "--json", str(path), "--work", str(tmp_path / "work"))
    assert ended(tmp_path, monkeypatch, *given) == 1
    assert "answers.ours ended: it broke" in capsys.readouterr().err


def test_damaged_results_are_told_before_anything_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "results.json"
    for text in ('{"runs": [', "[]", "{}"):
        path.write_text(text, "utf-8")
        told = ended(tmp_path, monkeypatch, "--json", str(path))
        assert str(path) in str(told)
        assert "nothing was measured" in str(told)
        assert path.read_text("utf-8") == text


MACHINE = {
    "processor": "A processor",
    "cores": 2,
    "memory_gb": 24.0,
    "flags": ["avx2"],
    "system": "Linux x86_64",
    "python": "3.12.1",
    "versions": {"torch": "2.0"},
}
LIMITS = {
    "memory": 2e10,
    "disk": 5e8,
    "float32": 1e11,
    "bfloat16": 3e11,
    "int8": 0.0,
    "read_parameters": 1.3e9,
    "written_bytes": 1e9,
}


PLAN = Plan(Path("data"), Path("work"))


def made_results(when: str = "2026-01-02", program: str = "version") -> dict[str, Any]:
    grown = samples(*((OURS, str(size), 0, {"ms": float(size) ** 0.5}) for size in (1000, 10_000)))
    both = [measure(), Measure("grown", lambda _: (), {OURS: nothing}, curves=(GROWTH,))]
    taken = {"made": [replace(sample, when=when) for sample in TWO_ROUNDS], "grown": grown}
    found = results(both, taken, PLAN, MACHINE, LIMITS, program)
    return json.loads(json.dumps(found))  # as it is read again


def test_the_page_tells_every_row_with_its_goal() -> None:
    text = page([made_results()], [WAIT, RATE, RIGHT], [GROWTH], [{"Ratios": "benchmarks/ratios-1.svg"}])
    wait = "| question to first token | 10.0 s | 3.00 s | 0.200 × (0.150 to 1.00) | ≤ 0.5 × | yes | 3 | 1 of 3 |"
    rate = "| pages | 1.50 pages/s | 6.50 pages/s | 4.50 × (4.00 to 5.00) | ≥ 3 × | yes | 2 | 1 of 3 |"
    assert f"{wait} 2026-01-02 |" in text
    assert f"{rate} 2026-01-02 |" in text
    assert "right answers" not in text  # not measured
    assert "![Ratios](benchmarks/ratios-1.svg)" in text
    assert "## A processor, 2 cores: avx2\n\n24.0 GB" in text
    assert "| vector search | 31.6 ms | 100 ms | 0.50 |" in text


def test_plots_are_pictures_without_scripts() -> None:
    ratios, growth = plots.ratios(made_results(), [WAIT, RATE]), plots.growth(made_results(), [GROWTH])
    assert ratios is not None
    assert growth is not None
    assert ratios == plots.ratios(made_results(), [WAIT, RATE])
    for svg in (ratios, growth):
        assert svg.startswith("<svg")
        assert "<script" not in svg
    assert "question to first token" in ratios
    assert "exponent 0.50" in growth
    assert plots.ratios({"rows": {}}, [WAIT]) is None


def test_what_was_not_measured_anew_stays_and_is_marked() -> None:
    before, now = made_results("2026-01-01", "older"), made_results("2026-01-02")
    del now["rows"]["rate"]
    both = merged(before, now)
    assert {name: row["when"] for name, row in both["rows"].items()} == {"wait": "2026-01-02", "rate": "2026-01-01"}
    text = page([both], [WAIT, RATE], [], [{}])
    assert "| yes | 3 | 1 of 3 | 2026-01-02 |" in text
    assert "| yes | 2 | 1 of 3 | 2026-01-01 † |" in text


def test_a_single_pair_has_no_range() -> None:
    one = {"made": TWO_ROUNDS[:2]}
    text = page([results([measure()], one, PLAN, MACHINE, LIMITS, "version")], [WAIT], [], [{}])
    assert "| 10.0 s | 2.00 s | 0.200 × | ≤ 0.5 × | yes | 1 | 0 of 3 | 2026-01-02 |" in text


def test_results_without_their_rounds_are_told_without() -> None:
    older = made_results()
    for row in older["rows"].values():
        del row["rounds"], row["rounds_wanted"]
    assert "| yes | 3 | – | 2026-01-02 |" in page([older], [WAIT], [], [{}])


@pytest.mark.parametrize(("limit", "told"), [(1.5, "1.50 s | 50%"), (3.0, "3.00 s | 100%"), (4.2, "– | –")])
def test_a_limit_that_is_passed_cannot_be_told(limit: float, told: str) -> None:
    found = made_results()
    found["rows"]["wait"]["limit"] = limit
    assert f"| question to first token | 3.00 s | {told} | The prompt. |" in page([found], [WAIT], [], [{}])


def test_the_page_says_where_other_programs_were_at_work() -> None:
    taken = [replace(sample, others=0.35 if sample.item == "b" else 0.01) for sample in TWO_ROUNDS]
    taken[0] = replace(taken[0], when="2026-01-01")
    found = results([measure()], {"made": taken}, PLAN, MACHINE, LIMITS, "version")
    assert "| yes | 3 | 1 of 3 | 2026-01-01 to 2026-01-02, others took 35% |" in page([found], [WAIT], [], [{}])


def run_of(when: str, **machine: object) -> dict[str, Any]:
    return made_results(when) | {"machine": MACHINE | machine}


def test_every_computer_has_its_run() -> None:
    here, there = run_of("2026-01-01"), run_of("2026-01-02", flags=["avx2", "avx512f"])
    runs = with_run(with_run([], here), there)
    assert runs == [there, here]
    later = run_of("2026-01-03", versions={"torch": "3.0"})
    assert with_run(runs, later) == [later, there]
    assert of_computer(runs, MACHINE) == here
    assert of_computer(runs, MACHINE | {"cores": 4}) is None


def test_results_are_published_with_their_page(tmp_path: Path) -> None:
    path = tmp_path / "docs" / "benchmarks.json"
    publish(run_of("2026-01-01"), path)
    publish(run_of("2026-01-02", processor="Another"), path)
    assert [run["rows"]["wait"]["when"] for run in read(path)] == ["2026-01-02", "2026-01-01"]
    text = path.with_suffix(".md").read_text("utf-8")
    assert text.startswith("# Speed")
    assert text.index("## Another") < text.index("## A processor")


def test_the_page_is_that_of_the_published_results(tmp_path: Path) -> None:
    page_file = PUBLISHED.with_suffix(".md")
    assert page_file.exists() == PUBLISHED.exists()
    if PUBLISHED.exists():
        render(read(), tmp_path / page_file.name)
        assert (tmp_path / page_file.name).read_text("utf-8") == page_file.read_text("utf-8"), "--render makes it anew"


def test_limits_are_of_what_has_to_be_computed_and_read() -> None:
    ours = {
        "answers": {"prompt_tokens": 900.0, "fed": 700.0, "generated_tokens": 20.0},
        "followups": {"same_fed": 70.0},
        "ingest": {"pages": 100.0, "bytes": 5e7},
    }
    assert limit_of("decode_free", ours, LIMITS) == pytest.approx(20)
    assert limit_of("first_token", ours, LIMITS) == pytest.approx(700 * 2.6e9 / 3e11)
    assert limit_of("full_answer", ours, LIMITS) == pytest.approx(700 * 2.6e9 / 3e11 + 20 / 20)
    assert limit_of("followup_same", ours, LIMITS) == pytest.approx(70 * 2.6e9 / 3e11)
    assert limit_of("ingest", ours, LIMITS) == pytest.approx(1000)
    assert limit_of("first_token", {}, LIMITS) is None
    assert limit_of("memory", ours, LIMITS) is None


def test_no_two_rows_have_one_name() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))
    assert all(measure.name == name for name, measure in MEASURES.items())
