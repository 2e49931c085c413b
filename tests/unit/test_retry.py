"""When to try again, and when not any more."""

from __future__ import annotations

import pytest

from ingest import errors, retry
from ingest.store import errors as store
from models.errors import Explained, WeightsMissing


def test_the_wait_doubles_up_to_a_cap() -> None:
    waits = [retry.wait_seconds(times, 0.0) for times in range(1, 12)]
    assert waits[:5] == [2, 4, 8, 16, 32]
    assert waits[-2:] == [retry.LONGEST_SECONDS] * 2
    assert retry.wait_seconds(10_000, 0.0) == retry.LONGEST_SECONDS


def test_chance_takes_up_to_half_of_it_off() -> None:
    for times in (1, 5, 50):
        whole = retry.wait_seconds(times, 0.0)
        assert retry.wait_seconds(times, 0.5) == whole * 0.75
        assert whole / 2 < retry.wait_seconds(times, 0.999) < whole


FOR_EVER = [
    WeightsMissing(name="e5", path="/nowhere"),
    errors.DiskFull(name="a", path="/tmp"),
    errors.ConverterMissing(name="a", kind="DOC", instead="DOCX"),
    store.CatalogUnusable(path="/data", reason="I/O error"),
]
NEVER = [
    errors.CorruptFile(name="a", kind="PDF", reason="r"),
    errors.ParseCrash(name="a", reason="more than 4096 MB needed"),
    errors.ParseTimeout(name="a", seconds=600),
]
SOMETIMES = [
    (store.IngestCrashed(name="a", attempts=1, reason="r"), retry.CRASHES),
    (errors.ParserKilled(name="a", reason="signal 9"), retry.PARSERS_KILLED),
]


@pytest.mark.parametrize("error", FOR_EVER, ids=lambda error: error.code)
def test_what_is_no_fault_of_the_files_is_tried_for_ever(error: Explained) -> None:
    assert {retry.verdict(error, times) for times in (1, 5, 1000)} == {"again"}


@pytest.mark.parametrize("error", NEVER, ids=lambda error: error.code)
def test_what_the_same_bytes_will_do_again_is_not_tried_again(error: Explained) -> None:
    assert retry.verdict(error, 1) == "fail"


@pytest.mark.parametrize(("error", "limit"), SOMETIMES, ids=["crash", "parser killed"])
def test_crashes_are_tried_a_few_times(error: Explained, limit: int) -> None:
    verdicts = [retry.verdict(error, times) for times in range(1, limit + 1)]
    assert verdicts == ["again"] * (limit - 1) + ["fail"]


def test_people_are_asked_and_stops_are_none_of_the_documents_doing() -> None:
    assert retry.verdict(errors.PasswordWrong(name="a"), 1) == "password"
    assert retry.verdict(store.Stopped(name="a"), 1) == "stopped"


def test_dying_while_a_parser_works_says_less_against_a_document_than_anywhere_else() -> None:
    assert [retry.after_death("embed 32", times) for times in (1, 2, 3)] == ["again", "again", "fail"]
    assert [retry.after_death("parse 5", times) for times in (1, 9, 10)] == ["again", "again", "fail"]
