"""Runs: one thread answers the waiting questions in turn; anybody may read a run's events, at any time.

A streaming response owns nothing. The worker appends events to the run; readers copy them out.
A run stops when somebody says so. Whoever goes away finds the answer when they come back; only where another user waits
for the model, an answer that nobody has read for a while gives way, if its reader would hold a connection open for it.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import takewhile
from threading import Condition, Event, Thread

from app.answering.answer import Answerer
from app.answering.conversations import Conversations
from app.answering.events import Done, Failed, Queued, Started, Timings
from app.answering.question import Question
from app.answering.run import Run
from app.errors import Interrupted, QueueFull, Unexpected, UnknownRun
from models.errors import Explained
from models.threads import ANSWERING, give_way

log = logging.getLogger(__name__)
# How many finished runs stay in memory for a reader that comes back; older ones are in the catalog.
KEPT = 200
# How long an answer takes while none was written: about a short one. Then it is the mean of the last ones.
SECONDS_PER_ANSWER = 20.0
_TIMED = 20
# Of the places in the queue, one user may have a part of this size, so that there is one for others.
_SHARE = 4


class Runs:
    """The queue in front of the model, and the one thread that works it off."""

    def __init__(
        self, answerer: Answerer, conversations: Conversations, *, queue_length: int, reader_seconds: float
    ) -> None:
        self._answerer = answerer
        self._conversations = conversations
        self._queue_length = queue_length
        self._reader_seconds = reader_seconds
        self._waiting: deque[Run] = deque()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._took: deque[float] = deque(maxlen=_TIMED)
        self._answering = False
        self._typed: Question | None = None
        self._typed_cancel = Event()
        self._changed = Condition()
        self._closing = Event()
        self._threads = [
            Thread(target=self._work, name="answers", daemon=True),
            Thread(target=self._look, name="answers-sources", daemon=True),
            Thread(target=self._watch, name="answers-watch", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop what is being answered, fail what waits, and end the threads."""
        self._closing.set()
        with self._changed:
            for run in self._runs.values():
                run.cancel.set()
            self._drop_typed()
            self._changed.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def submit(
        self,
        question: Question,
        conversation: str | None,
        *,
        user: str | None = None,
        keep: bool = True,
        attended: bool = True,
    ) -> Run:
        """Queue a user's question. With `keep` it becomes a turn of the conversation (a new one for None).

        Whoever holds no connection open is not `attended`: nobody knows when they come back for the answer.
        Raises QueueFull, where people have accounts also for who has many questions waiting already.
        """
        with self._changed:
            theirs = sum(run.user == user for run in self._waiting) if user is not None else 0
            if len(self._waiting) >= self._queue_length or theirs >= max(1, self._queue_length // _SHARE):
                raise QueueFull(waiting=len(self._waiting), seconds=self._seconds_to_wait())
            run = Run(question, conversation, user, attended=attended)
            if keep:
                run.conversation = self._conversations.begin(run.id, conversation, question, user)
            self._runs[run.id] = run
            self._waiting.append(run)
            self._drop_typed()
            run.position = self._before(run)
            run.publish(Started(run.id, run.conversation, run.position))
            self._forget()
            self._changed.notify_all()
        return run

    def read_ahead(self, question: Question) -> None:
        """Have what a question would be answered from read while it is typed, once nobody waits for an answer.

        It takes the place of the one before; a question that is asked ends it at once. What goes wrong is left to the
        answer to tell.
        """
        with self._changed:
            self._drop_typed()
            self._typed = question
            self._changed.notify_all()

    def _drop_typed(self) -> None:
        self._typed = None
        self._typed_cancel.set()

    def get(self, run_id: str) -> Run:
        """The run, while it is in memory. Raises UnknownRun."""
        with self._changed:
            if run_id not in self._runs:
                raise UnknownRun(id=run_id)
            return self._runs[run_id]

    def stop(self, run_id: str) -> None:
        """Stop a run wherever it is. A finished one is left alone. Raises UnknownRun."""
        self._stop(self.get(run_id))

    def _stop(self, run: Run) -> None:
        run.cancel.set()
        with self._changed:
            if run not in self._waiting:
                return
            self._waiting.remove(run)
            self._move_up()
        with self._failing(run):
            self._finish(run, Done("", False, "", "cancelled", Timings()))

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def _before(self, run: Run) -> int:
        """How many questions are answered before this one, the one in progress among them."""
        return self._waiting.index(run) + self._answering

    def _move_up(self) -> None:
        """Tell those who wait where they are now."""
        for run in self._waiting:
            self._tell(run, self._before(run))

    def _tell(self, run: Run, position: int) -> None:
        if run.position != position:
            run.position = position
            run.publish(Queued(position))

    def _seconds_to_wait(self) -> int:
        """About how long it takes until the queue has room for one more and its turn comes."""
        mean = sum(self._took) / len(self._took) if self._took else SECONDS_PER_ANSWER
        return max(1, round(mean * len(self._waiting)))

    def _forget(self) -> None:
        for run_id, run in list(self._runs.items()):
            if len(self._runs) <= KEPT:
                break
            if run.finished:
                del self._runs[run_id]

    def _work(self) -> None:
        try:
            self._answerer.prepare()
        except Exception:
            # Each answer meets the same, and tells who asked.
            log.exception("the first answer will take longer")
        # Not before: others search with the models that were loaded here.
        give_way(ANSWERING)
        while (work := self._next()) is not None:
            work()

    def _next(self) -> Callable[[], None] | None:
        """What is to be done now: those who wait come before what is only typed. None when there will be no more."""
        with self._changed:
            self._answering = bool(self._waiting)
            self._changed.wait_for(lambda: self._waiting or self._typed or self._closing.is_set())
            if self._waiting:
                run = self._waiting.popleft()
                self._answering = True
                self._tell(run, 0)
                self._move_up()
                return partial(self._take_up, run)
            if self._typed is None or self._closing.is_set():
                return None
            typed, self._typed = self._typed, None
            self._typed_cancel = Event()
            return partial(self._read_ahead, typed, self._typed_cancel)

    def _take_up(self, run: Run) -> None:
        begin = time.monotonic()
        self._answer(run)
        if not run.cancel.is_set():
            self._took.append(time.monotonic() - begin)

    def _read_ahead(self, question: Question, cancel: Event) -> None:
        try:
            self._answerer.read_ahead(question, cancel)
        except Explained as error:
            log.debug("a question was not read ahead: %s", error)
        except Exception:
            log.exception("a question was not read ahead")

    def _answer(self, run: Run) -> None:
        with self._failing(run):
            if self._closing.is_set():
                raise Interrupted()
            for event in self._answerer.answer(run.question, run.cancel, run.id):
                if isinstance(event, Done):
                    if event.finish == "cancelled" and self._closing.is_set():
                        raise Interrupted()  # nobody stopped it: the server was
                    self._finish(run, event)
                else:
                    run.publish(event)

    def _finish(self, run: Run, done: Done) -> None:
        """Store the answer, and then tell that it is done."""
        self._conversations.finish(run.id, [*run.events(), done])
        self._end(run, done)

    @contextmanager
    def _failing(self, run: Run) -> Iterator[None]:
        """What goes wrong inside ends the run, and nothing else."""
        try:
            yield
        except Explained as error:
            self._fail(run, error)
        except Exception as error:
            log.exception("answering failed")
            self._fail(run, Unexpected(kind=type(error).__name__))

    def _fail(self, run: Run, error: Explained) -> None:
        """Tell readers first: what made an answer fail, a full disk say, may keep it from being stored too."""
        self._end(run, Failed(error))
        try:
            self._conversations.finish(run.id, run.events())
        except Explained as unstored:
            log.warning("a failed answer could not be stored: %s", unstored)
        except Exception:
            log.exception("a failed answer could not be stored")

    def _end(self, run: Run, event: Done | Failed) -> None:
        """The last event of a run; what was told to be forgotten meanwhile is gone with it."""
        run.publish(event)
        with self._changed:
            if run.dropped:
                self._runs.pop(run.id, None)

    def forget(
        self, *, documents: Collection[str] = (), conversation: str | None = None, user: str | None = None
    ) -> None:
        """Drop the runs that may hold text of deleted documents, or belong to a deleted conversation or user.

        What follows an answer that is dropped, or is not here any more, may repeat it: it is read from the catalog
        from now on, which knows what of it is left. One that is still being answered tells nothing more and is gone
        when it ends, also where it has found a document and not shown it yet; one that nobody is to read any more is
        stopped.
        """
        stopped = []
        with self._changed:
            self._drop_typed()
            for run_id, run in list(self._runs.items()):
                theirs = (conversation is not None and run.conversation == conversation) or (
                    user is not None and run.user == user
                )
                earlier = (self._runs.get(turn.id) for turn in run.question.history)
                follows = bool(documents) and any(before is None or before.dropped for before in earlier)
                if follows or theirs:
                    run.dropped = True
                if documents and run in self._waiting:
                    run.take_back(documents)
                elif documents:
                    run.let_go(documents)
                if run.dropped and run.finished:
                    del self._runs[run_id]
                elif theirs:
                    stopped.append(run)
        for run in stopped:
            self._stop(run)

    def _look(self) -> None:
        """Show those who wait what is found for them: they can read it meanwhile."""
        while (run := self._unserved()) is not None:
            try:
                found = self._answerer.first_sources(run.question)
            except Explained as error:
                log.debug("nothing is shown before the answer: %s", error)
                continue
            except Exception:
                log.exception("nothing is shown before the answer")
                continue
            with self._changed:
                if run in self._waiting:
                    run.show(found)

    def _unserved(self) -> Run | None:
        """The first that waits for another answer and was shown nothing yet. None when there will be no more."""

        def first() -> Run | None:
            return next((run for run in self._waiting if run.position and not run.looked_for), None)

        with self._changed:
            self._changed.wait_for(lambda: first() or self._closing.is_set())
            run = None if self._closing.is_set() else first()
            if run is not None:
                run.looked_for = True
            return run

    def _watch(self) -> None:
        while not self._closing.wait(1.0):
            with self._changed:
                runs = [run for run in self._runs.values() if run.attended and self._delays_others(run)]
            for run in runs:
                if not run.finished and run.unread_seconds() > self._reader_seconds:
                    self._stop(run)

    def _delays_others(self, run: Run) -> bool:
        behind = takewhile(lambda other: other is not run, reversed(self._waiting))
        return any(other.user != run.user for other in behind)
