"""How samples of speed are taken: sides in processes of their own, runs that are broken off, and what was asked."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from contextlib import nullcontext
from pathlib import Path
from threading import Event

import psutil
import pytest

from bench.speed.__main__ import measure_all
from bench.speed.alternate import Others, SideFailed, run_round
from bench.speed.documents import dialogues, elsewhere, followed, spread
from bench.speed.files import whole, write_whole
from bench.speed.measure import BASELINE, OURS, Measure
from bench.speed.measures import followups
from bench.speed.measures.search import beside
from bench.speed.plan import Plan, plan_from
from bench.speed.product import Answered
from bench.speed.samples import Samples
from bench.speed.table import MEASURES
from tests.support.awaited import awaited
from tests.support.made_samples import TWO_ROUNDS, measure, samples

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


@pytest.mark.parametrize(("found", "same"), [({1, 2}, {"same": 2.0, "same_fed": 20.0}), ({1, 3, 4}, {})])
def test_a_follow_up_over_other_sources_tells_nothing_of_the_same(
    found: set[int], same: dict[str, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither how long it took nor what was fed, of which its limit is made."""
    answers = iter(
        Answered("", frozenset(sources), "it", {"first_token": seconds, "fed": 10 * seconds})
        for sources, seconds in (({1, 2}, 1.0), (found, 2.0), ({7}, 3.0))
    )
    monkeypatch.setattr(followups, "ready_product", lambda _: nullcontext())
    monkeypatch.setattr(followups, "ask", lambda *_, **__: next(answers))
    plan = Plan(tmp_path, tmp_path, questions=2)
    with followups.MEASURE.sides[OURS](plan) as do:
        values = do(followed(plan)[0].id)
    assert values.pop("same_sources") == len(found & {1, 2}) / len(found)
    assert values == {"new": 3.0, "new_fed": 30.0} | same


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
