"""How speed is compared: samples that outlive a run, ratios, growth, the guard, and the page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event
from typing import Any

import psutil
import pytest

from bench.speed import plots
from bench.speed.__main__ import main, measure_all
from bench.speed.alternate import Others, SideFailed, run_round
from bench.speed.documents import dialogues, elsewhere, followed, spread
from bench.speed.files import whole, write_whole
from bench.speed.guard import regressions
from bench.speed.limits import limit_of
from bench.speed.measure import BASELINE, OURS, Curve, Do, Measure, Row
from bench.speed.measures.search import beside
from bench.speed.page import page, verdict
from bench.speed.plan import Plan, plan_from
from bench.speed.publish import PUBLISHED, publish, read, render
from bench.speed.results import merged, of_computer, results, with_run
from bench.speed.samples import Sample, Samples
from bench.speed.statistics import Spread, compare, exponent, medians
from bench.speed.table import MEASURES, ROWS
from tests.support.awaited import awaited

WAIT = Row("wait", "question to first token", "seconds", "s", "less", 0.5, holds="The prompt.")
RATE = Row("rate", "pages", "rate", "pages/s", "more", 3.0, item="a")
RIGHT = Row("right", "right answers", "right", "of 1", "more", 0.0, difference=True)
GROWTH = Curve("vector", "vector search", "ms", "ms")


@contextmanager
def nothing(_: Plan) -> Iterator[Do]:
    yield lambda _: {}


def measure(**given: Any) -> Measure:
    usual: dict[str, Any] = {
        "name": "made",
        "items": lambda _: ("a", "b"),
        "sides": {BASELINE: nothing, OURS: nothing},
        "rows": (WAIT, RATE, RIGHT),
    }
    return Measure(**(usual | given))


def samples(*rows: tuple[str, str, int, dict[str, float]]) -> list[Sample]:
    return [Sample(*row, when="2026-01-02", others=0.0) for row in rows]


TWO_ROUNDS = samples(
    (BASELINE, "a", 0, {"seconds": 10.0, "rate": 2.0}),
    (OURS, "a", 0, {"seconds": 2.0, "rate": 8.0}),
    (OURS, "a", 1, {"seconds": 3.0, "rate": 5.0}),
    (BASELINE, "a", 1, {"seconds": 20.0, "rate": 1.0}),
    (BASELINE, "b", 0, {"seconds": 4.0, "rate": 9.0}),
    (OURS, "b", 0, {"seconds": 4.0, "rate": 9.0}),
    (BASELINE, "b", 1, {"seconds": 4.0}),
)


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


CONDITIONS = {"program": "version", "machine": {"cores": 2}}


def test_samples_outlive_the_run_that_took_them(tmp_path: Path) -> None:
    path = tmp_path / "made.jsonl"
    first = Samples(path, CONDITIONS)
    for sample in TWO_ROUNDS[:3]:
        first.add(sample)
    with path.open("a", encoding="utf-8") as stream:
        stream.write('{"side": "ours"}\n')  # of an older form
        stream.write('{"side": "ours", "item": "b", "rou')  # broken off in the middle
    again = Samples(path, CONDITIONS)
    assert again.all() == TWO_ROUNDS[:3]
    again.add(TWO_ROUNDS[3])
    assert Samples(path, CONDITIONS).all() == TWO_ROUNDS[:4]


def test_samples_of_other_conditions_are_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "made.jsonl"
    Samples(path, CONDITIONS).add(TWO_ROUNDS[0])
    assert Samples(path, CONDITIONS | {"machine": {"cores": 4}}).all() == []
    assert "baseline" in (tmp_path / "made.old.jsonl").read_text("utf-8")


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    write_whole(path, "before")
    with pytest.raises(KeyboardInterrupt), whole(path) as part:
        part.write_text("half", "utf-8")
        raise KeyboardInterrupt
    assert path.read_text("utf-8") == "before"
    assert list(path.parent.iterdir()) == [path]


def test_what_an_item_is_of_depends_on_the_plan(tmp_path: Path) -> None:
    small, usual = Plan(tmp_path, tmp_path, questions=2), Plan(tmp_path, tmp_path)
    for name in ("decode", "embedding", "search", "growth"):
        assert MEASURES[name].sized(small) != MEASURES[name].sized(usual)
    for name in ("decode", "embedding"):  # nothing else tells them apart
        assert list(MEASURES[name].items(small)) == list(MEASURES[name].items(usual))


@pytest.mark.parametrize("questions", [2, 20, 60])
def test_no_question_of_a_dialogue_is_asked_twice(questions: int, tmp_path: Path) -> None:
    plan = Plan(tmp_path, tmp_path, questions=questions)
    other = elsewhere(plan)
    assert list(other) == [each.id for each in followed(plan)]
    assert all(one.document != other[one.id].document for one in followed(plan))
    assert len({*other, *(each.id for each in other.values())}) == 2 * len(other)


def test_fewer_questions_are_among_more() -> None:
    some = dialogues()
    few, more, every = (spread(some, number) for number in (5, 20, 1000))
    assert {each.id for each in few} < {each.id for each in more}
    assert every == some
    places = [some.index(each) for each in few]
    assert places[0] < len(some) / 4
    assert places[-1] > len(some) / 2


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Stands for a Python that does items: it writes down what it is told, and takes as many seconds as letters."""
    script = tmp_path / "python"
    script.write_text(
        textwrap.dedent(
            f"""\
            #!{sys.executable}
            import json, pathlib, sys, time
            name, side = sys.argv[3:]
            log = pathlib.Path({str(tmp_path)!r}) / "order"
            with log.open("a") as stream:
                plan = json.loads(sys.stdin.readline())
                print("begin", side, plan["round"], file=stream, flush=True)
                print("{{}}", flush=True)
                for line in sys.stdin:
                    item = json.loads(line)
                    if item == "fatal":
                        sys.exit("it broke")
                    if item == "endless":
                        time.sleep(600)
                    print(side, item, file=stream, flush=True)
                    print(json.dumps({{"seconds": len(item)}}), flush=True)
            """
        ),
        "utf-8",
    )
    script.chmod(0o755)
    return script


def done(tmp_path: Path) -> list[str]:
    return (tmp_path / "order").read_text("utf-8").splitlines() if (tmp_path / "order").exists() else []


def take(python: Path, kept: Samples, number: int, what: Measure | None = None, until: float = float("inf")) -> bool:
    plan = Plan(python.parent, python.parent / "work")
    pythons = {BASELINE: python, OURS: python}
    return run_round(what or measure(), plan, number, pythons, kept, lambda _: None, until)


def test_sides_take_turns_and_who_begins_changes(python: Path, tmp_path: Path) -> None:
    kept = Samples(tmp_path / "made.jsonl", CONDITIONS)
    assert take(python, kept, 0)
    assert take(python, kept, 1)
    turns = [line for line in done(tmp_path) if not line.startswith("begin")]
    assert turns[:4] == ["baseline a", "ours a", "ours b", "baseline b"]
    assert turns[4:] == ["ours a", "baseline a", "baseline b", "ours b"]
    assert done(tmp_path).count("begin ours 1") == 1


def test_a_run_goes_on_where_it_was(python: Path, tmp_path: Path) -> None:
    Samples(tmp_path / "made.jsonl", CONDITIONS).add(*samples((BASELINE, "a", 0, {"seconds": 1.0})))
    kept = Samples(tmp_path / "made.jsonl", CONDITIONS)
    kept.add(*samples((OURS, "a", 0, {"seconds": 1.0})))
    assert take(python, kept, 0)
    assert [line for line in done(tmp_path) if not line.startswith("begin")] == ["ours b", "baseline b"]
    assert take(python, kept, 0)
    assert len(done(tmp_path)) == 4  # nothing was left to do, so nothing was begun


def test_when_time_is_up_nothing_is_begun(python: Path, tmp_path: Path) -> None:
    kept = Samples(tmp_path / "made.jsonl", CONDITIONS)
    assert not take(python, kept, 0, until=0.0)
    assert (kept.all(), done(tmp_path)) == ([], [])


def test_what_is_still_at_work_when_time_is_up_is_ended(python: Path, tmp_path: Path) -> None:
    kept = Samples(tmp_path / "made.jsonl", CONDITIONS)
    begin = time.monotonic()
    assert not take(python, kept, 0, measure(items=lambda _: ("a", "endless")), until=begin + 3)
    assert time.monotonic() < begin + 60
    assert [sample.item for sample in kept.all()] == ["a", "a"]


def test_a_side_ends_when_its_run_is_killed(tmp_path: Path) -> None:
    side = "import time; from bench.speed.child import end_with; print(flush=True); end_with({}); time.sleep(600)"
    code = textwrap.dedent(
        f"""\
        import os, subprocess, sys, time
        side = {side!r}.format(os.getpid())
        child = subprocess.Popen([sys.executable, "-c", side], start_new_session=True, stdout=subprocess.PIPE)
        child.stdout.readline()
        print(child.pid, flush=True)
        time.sleep(600)
        """
    )
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    pid = int(run.stdout.readline())
    assert psutil.pid_exists(pid)
    run.kill()
    run.wait()
    run.stdout.close()
    awaited(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_others_are_told_from_a_process_and_its_children() -> None:
    busy = "import time\nwhile True: time.perf_counter()"
    idle = "import time; time.sleep(600)"
    with (
        subprocess.Popen([sys.executable, "-c", busy]) as worker,
        subprocess.Popen([sys.executable, "-c", idle]) as idler,
    ):
        try:
            # The worker is a child of this process, and none of the idle one.
            own, foreign = Others(os.getpid()), Others(idler.pid)
            before, begin = psutil.Process(worker.pid).cpu_times(), time.monotonic()
            awaited(lambda: psutil.Process(worker.pid).cpu_times().user > before.user + 0.5)
            share = 0.5 / (time.monotonic() - begin) / (psutil.cpu_count() or 1)
            assert foreign.share() - own.share() > share / 2
        finally:
            worker.kill()
            idler.kill()


def test_a_side_that_fails_leaves_out_its_measure_alone(python: Path, tmp_path: Path) -> None:
    broken = measure(name="broken", items=lambda _: ("fatal",))
    plan = Plan(tmp_path, tmp_path / "work", rounds=2)
    pythons = {BASELINE: python, OURS: python}
    found, failed = measure_all([broken, measure()], plan, pythons, tmp_path / "kept", CONDITIONS, float("inf"))
    assert [len(kept.all()) for kept in found.values()] == [0, 8]
    assert failed == [f"broken.baseline ended: it broke (see {tmp_path / 'work/logs/broken.baseline.log'})"]


def test_a_run_begun_afresh_forgets_what_was_measured(python: Path, tmp_path: Path) -> None:
    plan = Plan(tmp_path, tmp_path / "work", rounds=1)
    given = ([measure()], plan, {BASELINE: python, OURS: python}, tmp_path / "kept", CONDITIONS, float("inf"))
    measure_all(*given)
    measure_all(*given)
    assert len([line for line in done(tmp_path) if not line.startswith("begin")]) == 4
    measure_all(*given, fresh=True)
    assert len([line for line in done(tmp_path) if not line.startswith("begin")]) == 8


def test_a_generation_that_dies_fails_what_is_measured_beside_it() -> None:
    def write(_: Event) -> None:
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"), beside(write):
        pass


def test_a_side_that_ends_is_told_with_its_last_words(python: Path, tmp_path: Path) -> None:
    kept = Samples(tmp_path / "made.jsonl", CONDITIONS)
    with pytest.raises(SideFailed, match=r"made\.baseline ended: it broke"):
        take(python, kept, 0, measure(items=lambda _: ("fatal",)))


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is told so by Linux")
def test_memory_is_told_of_a_watched_measure(python: Path, tmp_path: Path) -> None:
    kept = Samples(tmp_path / "made.jsonl", CONDITIONS)
    take(python, kept, 0, measure(watched=True))
    assert all(sample.values["peak_mb"] > 1 for sample in kept.all())


def test_a_plan_comes_back_from_its_json(tmp_path: Path) -> None:
    plan = Plan(tmp_path / "data", tmp_path / "work", questions=3, full=True, round=2)
    assert plan_from(plan.as_json()) == plan


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
    assert ended(tmp_path, monkeypatch, "--guard", "--json", str(path)) == 2
    assert "no results of this computer" in capsys.readouterr().err


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


def made_results(when: str = "2026-01-02", program: str = "version") -> dict[str, Any]:
    grown = samples(*((OURS, str(size), 0, {"ms": float(size) ** 0.5}) for size in (1000, 10_000)))
    both = [measure(), Measure("grown", lambda _: (), {OURS: nothing}, curves=(GROWTH,))]
    taken = {"made": [replace(sample, when=when) for sample in TWO_ROUNDS], "grown": grown}
    found = results(both, taken, MACHINE, LIMITS, program)
    return json.loads(json.dumps(found))  # as it is read again


def test_the_page_tells_every_row_with_its_goal() -> None:
    text = page([made_results()], [WAIT, RATE, RIGHT], [GROWTH], [{"Ratios": "benchmarks/ratios-1.svg"}])
    line = "| question to first token | 10.0 s | 3.00 s | 0.200 × (0.150 to 1.00) | ≤ 0.5 × | yes | 3 | 2026-01-02 |"
    assert line in text
    assert "| pages | 1.50 pages/s | 6.50 pages/s | 4.50 × (4.00 to 5.00) | ≥ 3 × | yes | 2 | 2026-01-02 |" in text
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
    assert "| yes | 3 | 2026-01-02 |" in text
    assert "| yes | 2 | 2026-01-01 † |" in text


def test_the_page_says_where_other_programs_were_at_work() -> None:
    taken = [replace(sample, others=0.35 if sample.item == "b" else 0.01) for sample in TWO_ROUNDS]
    taken[0] = replace(taken[0], when="2026-01-01")
    found = results([measure()], {"made": taken}, MACHINE, LIMITS, "version")
    assert "| yes | 3 | 2026-01-01 to 2026-01-02, others took 35% |" in page([found], [WAIT], [], [{}])


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
