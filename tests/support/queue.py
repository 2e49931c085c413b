"""The queue of questions over an answerer that a test holds in its hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Event, get_native_id

from app.answering.events import AnswerEvent, Done, Scope, Sources, Timings, Token
from app.answering.question import Question
from app.answering.run import Run
from app.answering.runs import Runs
from tests.support.found import a_source

QUESTION = Question("问", Scope(("default",)))
PATIENCE = 20.0
SOURCES = Sources((a_source("二〇二五年营业收入为三百元。"),))
GONE = SOURCES.sources[0].hit.chunk.document_id
Make = Callable[..., Runs]


class FakeAnswerer:
    """Says one word, then waits to be let go or cancelled."""

    def __init__(self) -> None:
        self.let_go = Event()
        self.error: Exception | None = None
        self.prepared = False
        self.sources: Sources | None = None
        self.first = Sources(())
        self.looking, self.look = Event(), Event()
        self.look.set()
        self.typed: Queue[tuple[Question, Event]] = Queue()
        self.threads: list[int] = []

    def prepare(self) -> None:
        self.prepared = True
        if self.error:
            raise self.error

    def first_sources(self, question: Question) -> Sources:
        self.looking.set()
        assert self.look.wait(PATIENCE)
        return self.first

    def read_ahead(self, question: Question, cancel: Event) -> None:
        self.typed.put((question, cancel))
        assert cancel.wait(PATIENCE)
        if self.error:
            raise self.error

    def answer(self, question: Question, cancel: Event, answer_id: str) -> Iterator[AnswerEvent]:
        if self.error:
            raise self.error
        self.threads.append(get_native_id())
        if self.sources is not None:
            yield self.sources
        yield Token("字")
        while not (self.let_go.is_set() or cancel.wait(0.01)):
            pass
        yield Done("字", False, "fake", "cancelled" if cancel.is_set() else "stop", Timings())


class FakeConversations:
    """Remembers what was finished, unless it is told to fail."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.finished: dict[str, list[AnswerEvent]] = {}

    def begin(self, run_id: str, conversation_id: str | None, question: Question, user_id: str | None = None) -> str:
        return conversation_id or "new"

    def finish(self, run_id: str, events: list[AnswerEvent]) -> None:
        if self.error:
            raise self.error
        self.finished[run_id] = events


@contextmanager
def making(answerer: FakeAnswerer, kept: FakeConversations) -> Iterator[Make]:
    """Makes queues, which are closed in the end."""
    opened = []

    def build(queue_length: int = 4, reader_seconds: float = 60.0) -> Runs:
        runs = Runs(answerer, kept, queue_length=queue_length, reader_seconds=reader_seconds)  # type: ignore[arg-type]
        runs.start()
        opened.append(runs)
        return runs

    yield build
    for runs in opened:
        runs.close()


def until(run: Run, kind: type) -> list[AnswerEvent]:
    """Read until an event of that kind."""
    number = 0
    while not any(isinstance(event, kind) for event in run.events()):
        assert run.wait(number, PATIENCE), f"no {kind.__name__} came"
        number = len(run.events())
    return run.events()
