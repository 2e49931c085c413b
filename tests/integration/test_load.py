"""Everybody at one server at once, with models that need no weights: nothing of what must not be, whatever it takes."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from bench.loading.crowd import Outcome, Plan, crowd
from bench.loading.server import serving
from bench.loading.trouble import HALF
from tests.support.apart import apart

FAULT_SERVER = (sys.executable, "-m", "tests.support.fault_server")
FULL = Plan(seconds=60)
SAMPLE = Plan(seconds=20, readers=12, uploaders=4, documents=6, upload_pause=(2.0, 4.0))


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, full: bool) -> Outcome:
    folder = tmp_path_factory.mktemp("load")
    with serving(folder, FAULT_SERVER, FAULT_SLOWNESS="0.1", ZHIWEN_READER_SECONDS="3") as server:
        return apart(crowd(server, FULL if full else SAMPLE))


@pytest.mark.slow
def test_everything_is_answered(outcome: Outcome) -> None:
    assert outcome.record.faults + outcome.complaints == []
    statuses = outcome.record.statuses()
    assert statuses.pop("POST /api/v1/ask").keys() == {200, 429}
    assert {status for counts in statuses.values() for status in counts} == {200, 202, 204}
    assert {route.partition("?")[0] for route in statuses} > {"GET /library", "GET /", "GET /api/v1/events"}


@pytest.mark.slow
def test_no_upload_is_lost(outcome: Outcome) -> None:
    assert len(outcome.uploads.accepted) >= outcome.plan.uploaders
    assert outcome.uploads.lost() == []
    assert HALF not in outcome.uploads.names()


@pytest.mark.slow
def test_the_queue_is_told_truly_and_bounded(outcome: Outcome) -> None:
    assert [one for one in outcome.asked if not one.honest(outcome.plan.queue_length)] == []
    turned_away = [one for one in outcome.asked if one.end == "turned away"]
    assert turned_away
    assert all(one.told_when for one in turned_away)


@pytest.mark.slow
def test_every_answer_ends(outcome: Outcome) -> None:
    ends = Counter(one.end for one in outcome.asked)
    assert ends["done"] + ends["refused"] > 0
    assert ends["stopped"] > 0
    assert ends["failed"] == 0
    assert ends["cut off"] <= outcome.plan.askers
    assert outcome.unfinished == 0
