"""The next document is read while one is embedded: used if it is the one, ended if it is not."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

import pytest

from ingest.ahead import Ahead
from ingest.document import ParsedDocument
from ingest.errors import CorruptFile, ParseStopped

A, B = Path("a"), Path("b")


class Parser:
    """Reads nothing; waits for `go` where told to, notes what it was asked for and what was stopped."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.stopped: list[str] = []
        self.begun, self.go = Event(), Event()
        self.waits: set[str] = set()
        self.error: Exception | None = None

    def __call__(self, path: Path, name: str, **options: Any) -> ParsedDocument:
        self.asked.append((name, options))
        self.begun.set()
        while name in self.waits and not self.go.wait(0.01):
            options["progress"](1, 2)
            if options["stop"].is_set():
                self.stopped.append(name)
                raise ParseStopped(name=name)
        if self.error is not None:
            raise self.error
        return ParsedDocument((), ())


@pytest.fixture
def parser() -> Parser:
    return Parser()


def reader(parser: Parser, halt: Event | None = None) -> tuple[Ahead, list[str]]:
    then: list[str] = []
    return Ahead(parser, halt or Event(), lambda: then.append("then")), then


def names(parser: Parser) -> list[str]:
    return [name for name, _ in parser.asked]


def test_what_was_read_ahead_is_not_read_again(parser: Parser) -> None:
    ahead, then = reader(parser)
    ahead.begin(A, "a", limits="those")
    assert ahead(A, "a", password=None, progress=None) == ParsedDocument((), ())
    assert names(parser) == ["a"]
    assert parser.asked[0][1]["limits"] == "those"
    assert then == ["then"]
    ahead(A, "a")
    assert names(parser) == ["a", "a"]


def test_whoever_takes_it_up_is_told_how_far_it_is(parser: Parser) -> None:
    ahead, _ = reader(parser)
    parser.waits = {"a"}
    ahead.begin(A, "a")
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        parser.go.set()

    ahead(A, "a", progress=progress)
    assert told == [(1, 2)]


@pytest.mark.parametrize(("path", "name", "password"), [(B, "b", None), (A, "other", None), (A, "a", "secret")])
def test_what_is_not_asked_for_is_ended(parser: Parser, path: Path, name: str, password: str | None) -> None:
    ahead, _ = reader(parser)
    parser.waits = {"a"}
    ahead.begin(A, "a")
    parser.begun.wait()
    parser.waits = set() if name == "a" else {"a"}
    if name == "a":
        parser.go.set()
    ahead(path, name, password=password)
    assert names(parser) == ["a", name]
    assert parser.stopped == ([] if name == "a" else ["a"])


def test_what_went_wrong_is_told_when_its_turn_comes(parser: Parser) -> None:
    ahead, then = reader(parser)
    parser.error = CorruptFile(name="a", kind="text", reason="it says so")
    ahead.begin(A, "a")
    with pytest.raises(CorruptFile):
        ahead(A, "a")
    assert then == []


def test_what_was_halted_is_read_anew(parser: Parser) -> None:
    halt = Event()
    ahead, _ = reader(parser, halt)
    parser.waits = {"a"}
    ahead.begin(A, "a")
    parser.begun.wait()
    halt.set()
    parser.go.wait(0)
    while not parser.stopped:
        parser.begun.wait(0.01)
    parser.waits = set()
    assert ahead(A, "a") == ParsedDocument((), ())
    assert names(parser) == ["a", "a"]


def test_dropping_ends_what_is_read(parser: Parser) -> None:
    ahead, _ = reader(parser)
    ahead.drop()
    parser.waits = {"a"}
    ahead.begin(A, "a")
    parser.begun.wait()
    ahead.drop()
    assert parser.stopped == ["a"]
