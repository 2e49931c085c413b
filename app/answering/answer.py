"""Answers one question: search, weigh the evidence, read, write, cite. Yields events as they happen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from threading import Event

from app.answering.cite import cite
from app.answering.context import pack
from app.answering.events import (
    AnswerEvent,
    Citations,
    Done,
    Refused,
    Scope,
    SearchHit,
    Source,
    Sources,
    Stage,
    Timings,
    Token,
)
from app.answering.language import Language, language_of
from app.answering.prompt import WORDINGS, Turn, build_prompt, says_no_answer
from app.answering.refuse import HOPELESS, THRESHOLDS, Calibration, Evidence, weigh
from app.answering.retrieve import Retriever
from app.errors import QuestionEmpty, QuestionTooLong
from ingest.store.records import Refusal
from models.base import LLM, Finished, GenerationOptions

# How many sources are shown; the model reads as many of them as the token budget holds.
SHOWN = 6


@dataclass(frozen=True)
class Question:
    """What is asked, where to look, and the turns before it."""

    text: str
    scope: Scope
    history: tuple[Turn, ...] = ()

    @property
    def wordings(self) -> tuple[str, ...]:
        """The question as it stands and, in a conversation, joined with the one before it."""
        if not self.history:
            return (self.text,)
        return (self.text, f"{self.history[-1].question} {self.text}")


def checked_question(text: str, limit: int) -> str:
    """A question without white space around it. Raises QuestionEmpty, QuestionTooLong."""
    text = text.strip()
    if not text:
        raise QuestionEmpty()
    if len(text) > limit:
        raise QuestionTooLong(length=len(text), limit=limit)
    return text


@dataclass(frozen=True)
class Answerer:
    """Everything an answer needs. The two models are waited for when they are first needed."""

    retriever: Retriever
    llm: Callable[[], AbstractContextManager[LLM]]
    passage_tokens: int
    answer_tokens: int
    calibration: Calibration = field(default_factory=Calibration)

    def answer(self, question: Question, cancel: Event) -> Iterator[AnswerEvent]:
        """Stage, Sources, Token…, Citations or Refused, Done. Raises ModelError when a model fails."""
        clock = _Clock()
        if cancel.is_set():
            yield Done("", False, "", "cancelled", clock.timings())
            return
        yield Stage("load")
        with clock.loading():
            self.retriever.embedder()
        yield Stage("search")
        found = self.retriever.search(question.wordings, question.scope, SHOWN)
        sources = self.retriever.sources(found.hits)
        clock.retrieved()
        yield Sources(sources)
        language = language_of(question.text)
        evidence = weigh(found, question.text)
        if evidence is None or not evidence.enough(self.calibration, self.refusal(question.scope)):
            yield from _refuse(language, sources, clock, "", {})
            return
        yield from self._write(question, language, sources, found.words, evidence, cancel, clock)

    def look(self, question: Question, k: int) -> tuple[tuple[SearchHit, ...], float]:
        """The best `k` hits, and the score by which the question would be refused on those that are shown.

        For those who measure: nothing is generated. The score of no hits at all is HOPELESS.
        """
        found = self.retriever.search(question.wordings, question.scope, max(k, SHOWN))
        evidence = weigh(replace(found, hits=found.hits[:SHOWN]), question.text)
        return found.hits[:k], HOPELESS if evidence is None else evidence.score(self.calibration)

    def refusal(self, scope: Scope) -> Refusal:
        """How sure a question must be: as the strictest of the bases that it is asked of wants it."""
        catalog = self.retriever.library.catalog
        return max((catalog.base(base).settings.refusal for base in scope.bases), key=lambda level: THRESHOLDS[level])

    def _write(
        self,
        question: Question,
        language: Language,
        sources: Sequence[Source],
        weighted_words: Sequence[tuple[str, float]],
        evidence: Evidence,
        cancel: Event,
        clock: _Clock,
    ) -> Iterator[AnswerEvent]:
        with ExitStack() as held:
            yield Stage("load")
            with clock.loading():
                llm = held.enter_context(self.llm())
            yield Stage("read")
            passages = pack(sources, weighted_words, self.passage_tokens, llm.count_tokens)
            messages = build_prompt(question.text, passages, question.history, language)
            pieces: list[str] = []
            finished = Finished("stop")
            for item in llm.generate(messages, GenerationOptions(max_tokens=self.answer_tokens), cancel):
                if isinstance(item, Finished):
                    finished = item
                    continue
                if clock.first_token is None:
                    clock.wrote()
                    yield Stage("write")
                pieces.append(item)
                yield Token(item)
            name = llm.name
        answer = "".join(pieces)
        usage = {
            "prompt_tokens": finished.prompt_tokens,
            "reused_tokens": finished.reused_tokens,
            "generated_tokens": finished.generated_tokens,
        }
        revisions = self.retriever.revisions(sources)
        standing = [source for source in sources if source.hit.chunk.document_id in revisions]
        sentences = cite(answer, question.text, standing, revisions)
        # Words of two languages never agree: there a sentence without support proves nothing.
        unfounded = evidence.same_language and all(sentence.support == "unsupported" for sentence in sentences)
        empty = not answer.strip() or says_no_answer(answer)
        if finished.reason != "cancelled" and (empty or unfounded):
            yield from _refuse(language, sources, clock, name, usage)
            return
        yield Citations(sentences)
        yield Done(answer, False, name, finished.reason, clock.timings(), usage)


def _refuse(
    language: Language, sources: Sequence[Source], clock: _Clock, model: str, usage: dict[str, int]
) -> Iterator[AnswerEvent]:
    message = WORDINGS[language].refusal
    yield Refused(message, tuple(sources))
    yield Done(message, True, model, "stop", clock.timings(), usage)


class _Clock:
    """Measures one answer. Waiting for models counts as `load`, not as work."""

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._load = 0.0
        self._retrieve = 0.0
        self.first_token: float | None = None

    @contextmanager
    def loading(self) -> Iterator[None]:
        start = time.perf_counter()
        yield
        waited = time.perf_counter() - start
        self._load += waited
        self._begin += waited

    def retrieved(self) -> None:
        self._retrieve = self._since()

    def wrote(self) -> None:
        self.first_token = self._since()

    def timings(self) -> Timings:
        return Timings(self._load, self._retrieve, self.first_token, self._since())

    def _since(self) -> float:
        return time.perf_counter() - self._begin
