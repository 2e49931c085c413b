"""How a load is measured, on cases small enough to count by hand."""

from __future__ import annotations

import random
from itertools import islice
from typing import Any

import pytest

from bench.loading.askers import Asked
from bench.loading.crowd import Outcome, Plan
from bench.loading.findings import figures, goals
from bench.loading.memory import Look, cores, growth
from bench.loading.papers import papers, questions, stored
from bench.loading.record import Record, Seen, percentile
from bench.loading.uploaders import Uploads

QUEUE = 16


def heard(*events: tuple[str, dict[str, Any]]) -> Asked:
    asked = Asked()
    for name, data in events:
        asked.hear(name, data)
    return asked


def started(position: int) -> tuple[str, dict[str, Any]]:
    return "run", {"run": "r", "conversation": "c", "position": position}


def queued(position: int) -> tuple[str, dict[str, Any]]:
    return "queued", {"position": position}


SEARCHING = ("stage", {"stage": "search"})


@pytest.mark.parametrize(
    ("asked", "honest"),
    [
        (heard(started(0), SEARCHING), True),
        (heard(started(2), queued(1), queued(0), SEARCHING), True),
        (heard(started(2), queued(1)), True),
        (heard(started(16)), True),
        (heard(started(17)), False),
        (heard(started(2), queued(1), SEARCHING), False),
        (heard(started(1), queued(2)), False),
        (heard(started(1), queued(1)), False),
        (heard(started(3), queued(1), queued(0), SEARCHING), False),
        (Asked(), True),
    ],
)
def test_places_in_the_queue_are_steps_down_to_its_head(asked: Asked, honest: bool) -> None:
    assert asked.honest(QUEUE) is honest


@pytest.mark.parametrize(
    ("events", "end"),
    [
        ([("done", {"finish": "stop"})], "done"),
        ([("refused", {}), ("done", {"finish": "stop"})], "refused"),
        ([("done", {"finish": "cancelled"})], "stopped"),
        ([("failed", {"problem": {}})], "failed"),
        ([("token", {"text": "a"})], "cut off"),
    ],
)
def test_how_an_answer_ends(events: list[tuple[str, dict[str, Any]]], end: str) -> None:
    assert heard(started(0), *events).end == end


def test_growth_compares_the_middle_with_the_end() -> None:
    looks = [Look(second, server=200 + second, children=0, processes=1) for second in range(101)]
    # Medians of 50..59 and of 90..100: 254.5 and 295.
    assert growth(looks, 100) == pytest.approx((295 / 254.5 - 1) * 100)
    assert growth(looks, 100, lambda look: 7) == 0
    assert growth(looks[:40], 100) is None


def test_a_child_that_comes_once_is_no_growth() -> None:
    looks = [Look(second, 200, 300 if second == 95 else 0, 1) for second in range(101)]
    assert growth(looks, 100) == 0


def test_cores_are_processor_seconds_a_second() -> None:
    looks = [Look(second, 200, 0, 1, computed=5 + second / 2, people_computed=1.0) for second in range(10)]
    assert cores(looks, lambda look: look.computed) == 0.5
    assert cores(looks, lambda look: look.people_computed) == 0
    assert cores(looks[:1], lambda look: look.computed) is None


def test_percentiles() -> None:
    assert percentile([float(n) for n in range(101)], 95) == 95
    assert percentile([3.0], 95) == 3.0
    assert percentile([], 95) is None


def test_what_was_accepted_is_lost_unless_it_is_ready_under_its_name() -> None:
    uploads = Uploads({"1": "a.txt", "2": "b.txt", "3": "c.txt", "4": "d.txt"})
    uploads.listed = {
        "1": {"name": "a.txt", "status": "ready"},
        "2": {"name": "b.txt", "status": "failed"},
        "3": {"name": "other.txt", "status": "ready"},
    }
    assert uploads.lost() == ["b.txt", "c.txt", "d.txt"]


def test_papers_are_the_same_every_time_and_unlike_each_other() -> None:
    made = papers(0, 10)
    assert [name for name, _ in made] == [name for name, _ in papers(0, 10)]
    assert len({content for _, content in made + stored()}) == len(made) + len(stored())
    assert {name.rsplit(".")[-1] for name, _ in made} == {"txt", "md", "html", "docx", "pdf"}
    assert len(set(islice(questions(random.Random(1), 5), 50))) > 10


def test_goals_are_missed_for_what_must_not_be() -> None:
    outcome = Outcome(Plan())
    outcome.record = Record(begun=0.0)
    outcome.record.seen = [
        Seen("page", "GET /", 0.0, 0.2, 200, True),
        Seen("data", "GET /healthz", 0.0, 0.4, 200, True),
        Seen("page", "GET /", 0.0, 9.0, 200, False),
        Seen("page", "GET /", 0.0, 9.0, 500, True),
        Seen("page", "GET /", 0.0, 9.0, 0, True),
    ]
    outcome.asked = [heard(started(20)), Asked(end="turned away", retry_after="0"), Asked(end="turned away")]
    outcome.uploads.accepted = {"1": "a.txt"}
    outcome.uploads.listed = {"2": {"name": "half.txt", "status": "ready"}}
    outcome.looks = [Look(second, second + 1, 0, 1) for second in range(300)]
    outcome.unfinished, outcome.complaints = 1, ["Traceback"]
    values = {goal.what: goal.value for goal in goals(outcome)}
    grown = (285.5 / 165.5 - 1) * 100
    assert list(values.values()) == [2, 1, pytest.approx(390), pytest.approx(grown), 1, 2, 2, 1, 1, 1]
    assert [goal.met for goal in goals(outcome)] == [goal.target == "≥ 1" for goal in goals(outcome)]
    assert figures(outcome)["faults"] == ["Traceback"]
