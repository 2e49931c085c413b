"""Answers one question: search, weigh the evidence, read, write, cite. Yields events as they happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Event
from types import MappingProxyType

from app.answering.calibrations import Calibrations
from app.answering.cite import Citer
from app.answering.clock import Clock
from app.answering.context import pack
from app.answering.events import (
    AnswerEvent,
    AnswerSentence,
    Citation,
    Citations,
    Done,
    Extract,
    Instead,
    Marked,
    Refused,
    Scope,
    SearchHit,
    Source,
    Sources,
    Stage,
    Token,
)
from app.answering.extract import extract
from app.answering.language import language_of
from app.answering.prompt import WORDINGS, Turn, build_prompt, says_no_answer
from app.answering.quotes import Quote, citation
from app.answering.refuse import HOPELESS, LEVELS, Calibration, Evidence, weigh
from app.answering.retrieve import Found, Retriever
from app.answering.sentences import complete_spans
from app.answering.translate import translated
from app.answering.whole import whole
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
class _Reading:
    """What a question is answered from, and the words that it was found by: its own, or in the other language."""

    text: str
    found: Found
    evidence: Evidence | None
    enough: bool
    translated: bool = False

    @property
    def at_home(self) -> bool:
        """Whether the question and what was found for it are in one language."""
        return not self.translated and self.evidence is not None and self.evidence.same_language


@dataclass(frozen=True)
class Looked:
    """What a question would be answered from: hits, the evidence score in them, and the extract."""

    hits: tuple[SearchHit, ...]
    evidence: float
    extract: Citation | None


@dataclass(frozen=True)
class Answerer:
    """Everything an answer needs. The two models are waited for when they are first needed."""

    retriever: Retriever
    llm: Callable[[], AbstractContextManager[LLM | None]]
    passage_tokens: int
    answer_tokens: int
    calibrations: Calibrations = field(default_factory=Calibrations)

    @property
    def calibration(self) -> Calibration:
        """That of the embedder, which is waited for."""
        return self.calibrations.of(self.retriever.embedder().fingerprint)

    def answer(self, question: Question, cancel: Event) -> Iterator[AnswerEvent]:
        """Stage, Sources, Extract, Token and Marked…, Citations or Refused, Done. Raises ModelError.

        Without a language model the extract is the answer.
        """
        clock = Clock()
        if cancel.is_set():
            yield Done("", False, "", "cancelled", clock.timings())
            return
        yield Stage("load")
        with clock.loading():
            self.retriever.embedder()
        yield Stage("search")
        reading = self._read(question, SHOWN)
        if self._foreign(reading):
            reading = self._read_abroad(question, reading, SHOWN, cancel, clock)
        sources = self._sources(reading)
        clock.retrieved()
        yield Sources(sources)
        if not reading.enough:
            yield from _refuse(question, sources, clock)
            return
        best, quoted = self._best(reading, sources)
        if quoted is not None:
            yield Extract(quoted)
        with ExitStack() as held:
            yield Stage("load")
            with clock.loading():
                llm = held.enter_context(self.llm())
            if llm is not None:
                nearest = "" if best is None else best.readable
                yield from self._write(llm, question, reading, sources, quoted, nearest, cancel, clock)
                return
        yield from _quote(quoted, clock) if quoted is not None else _refuse(question, sources, clock)

    def look(self, question: Question, k: int, *, translate: bool = False) -> Looked:
        """The best `k` hits, and what comes of those that are shown.

        For those who measure: no answer is generated, and with `translate` a translation where one is needed. The
        score of no hits at all is HOPELESS.
        """
        reading = self._read(question, max(k, SHOWN))
        if translate and self._foreign(reading):
            reading = self._read_abroad(question, reading, max(k, SHOWN), Event(), Clock())
        sources = self._sources(reading)
        _, quoted = self._best(reading, sources)
        score = HOPELESS if reading.evidence is None else reading.evidence.score(self.calibration)
        return Looked(reading.found.hits[:k], score, quoted)

    def _sources(self, reading: _Reading) -> tuple[Source, ...]:
        """The hits that are shown and, to answer from where the budget allows, what stands beside them."""
        hits: Sequence[SearchHit] = reading.found.hits[:SHOWN]
        if reading.enough:
            hits = self.retriever.with_context(hits, self.passage_tokens)
        return self.retriever.sources(hits)

    def _read(self, question: Question, k: int) -> _Reading:
        reading = self._weighed(question, question.text, self.retriever.search(question.wordings, question.scope, k))
        if reading.enough or not question.history:
            return reading
        # It may be about another matter than the turn before. By itself it must be answered surely, for it may as well
        # lean on that turn: 「它的价格呢？」 finds a price anywhere.
        alone = self._weighed(question, question.text, self.retriever.search((question.text,), question.scope, k))
        sure = alone.evidence is not None and alone.evidence.enough(self.calibration, "strict")
        return alone if sure else reading

    def _weighed(self, question: Question, text: str, found: Found) -> _Reading:
        evidence = weigh(replace(found, hits=found.hits[:SHOWN]), text)
        enough = evidence is not None and evidence.enough(self.calibration, self.refusal(question.scope))
        return _Reading(text, found, evidence, enough)

    def _foreign(self, reading: _Reading) -> bool:
        """Whether only documents in the other language may hold the answer."""
        return reading.found.abroad and not (reading.enough and reading.at_home)

    def _read_abroad(self, question: Question, reading: _Reading, k: int, cancel: Event, clock: Clock) -> _Reading:
        """The question asked in the other language too; as it was, if that finds no more or there is no model."""
        with ExitStack() as held:
            with clock.loading():
                llm = held.enter_context(self.llm())
            text = translated(llm, question.wordings[-1], cancel) if llm is not None else None
        if text is None:
            return reading
        other = self._weighed(question, text, self.retriever.search((text,), question.scope, k))
        return replace(other, translated=True) if other.enough else reading

    def _best(self, reading: _Reading, sources: Sequence[Source]) -> tuple[Quote, Citation] | tuple[None, None]:
        """The best quote of the sources that still stand, and as it is cited."""
        standing, revisions = self._standing(sources)
        best = extract(reading.text, reading.found.words, standing)
        return (None, None) if best is None else (best, citation(best, "supported", revisions))

    def _standing(self, sources: Sequence[Source]) -> tuple[list[Source], dict[str, int]]:
        """The sources whose documents are still there, and the documents' revisions."""
        revisions = self.retriever.revisions(sources)
        return [source for source in sources if source.hit.chunk.document_id in revisions], revisions

    def refusal(self, scope: Scope) -> Refusal:
        """How sure a question must be: as the strictest of the bases that it is asked of wants it."""
        catalog = self.retriever.library.catalog
        return max((catalog.base(base).settings.refusal for base in scope.bases), key=LEVELS.index)

    def _write(
        self,
        llm: LLM,
        question: Question,
        reading: _Reading,
        sources: Sequence[Source],
        quoted: Citation | None,
        nearest: str,
        cancel: Event,
        clock: Clock,
    ) -> Iterator[AnswerEvent]:
        yield Stage("read")
        passages = pack(sources, reading.found.words, self.passage_tokens, llm.count_tokens)
        language, at_home = language_of(question.text), reading.at_home
        messages = build_prompt(question.text, passages, question.history, language, nearest, copied=at_home)
        standing, revisions = self._standing(sources)
        citer = Citer(question.text, reading.found.words, standing, revisions)
        answer, marked = "", 0
        finished = Finished("stop")
        for item in llm.generate(messages, GenerationOptions(max_tokens=self.answer_tokens), cancel):
            if isinstance(item, Finished):
                finished = item
                continue
            if clock.first_token is None:
                clock.wrote()
                yield Stage("write")
            answer += item
            yield Token(item)
            for start, end in islice(complete_spans(answer), marked, None):
                marked += 1
                yield Marked(citer.judge(answer, start, end))
        usage = {
            "prompt_tokens": finished.prompt_tokens,
            "reused_tokens": finished.reused_tokens,
            "generated_tokens": finished.generated_tokens,
        }
        # A document may have been deleted or replaced while the model wrote.
        standing, now = self._standing(sources)
        if now != revisions:
            citer = Citer(question.text, reading.found.words, standing, now)
        sentences = citer.all(answer)
        complete = _completed(question.text, answer, sentences)
        if complete != answer and finished.reason == "stop":
            answer, sentences = complete, citer.all(complete)
            yield Instead(answer)
        # Words of two languages never agree: there a sentence without support proves nothing.
        unfounded = at_home and all(sentence.support == "unsupported" for sentence in sentences)
        empty = not answer.strip() or says_no_answer(answer)
        if finished.reason != "cancelled" and (empty or unfounded):
            if quoted is not None and quoted.revision == now.get(quoted.document_id) and self._confident(reading):
                yield from _quote(quoted, clock, usage)
                return
            yield from _refuse(question, sources, clock, llm.name, usage)
            return
        yield Citations(sentences)
        yield Done(answer, False, llm.name, finished.reason, clock.timings(), usage)

    def _confident(self, reading: _Reading) -> bool:
        """Whether the documents answer, though the model did not see it."""
        return reading.evidence is not None and reading.evidence.score(self.calibration) >= self.calibration.confident


def _completed(question: str, answer: str, sentences: Sequence[AnswerSentence]) -> str:
    """An answer of one sentence as its quote has it in full. A cell of a table is whole as it is."""
    if len(sentences) != 1 or not sentences[0].citations or says_no_answer(answer):
        return answer
    quote = sentences[0].citations[0].quote
    return answer if quote.startswith("|") else whole(answer, quote, question)


def _quote(quoted: Citation, clock: Clock, usage: Mapping[str, int] = MappingProxyType({})) -> Iterator[AnswerEvent]:
    """The best quote as the whole answer, instead of anything that was written."""
    answer = quoted.quote
    if clock.first_token is None:
        clock.wrote()
    yield Instead(answer)
    yield Citations((AnswerSentence(0, len(answer), answer, "supported", (quoted,)),))
    yield Done(answer, False, "", "stop", clock.timings(), dict(usage))


def _refuse(
    question: Question,
    sources: Sequence[Source],
    clock: Clock,
    model: str = "",
    usage: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[AnswerEvent]:
    message = WORDINGS[language_of(question.text)].refusal
    yield Refused(message, tuple(sources))
    yield Done(message, True, model, "stop", clock.timings(), dict(usage))
