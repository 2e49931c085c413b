"""Answers one question: read, show, write, cite. Yields events as they happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import islice
from threading import Event
from types import MappingProxyType

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
    SearchHit,
    Source,
    Sources,
    Stage,
    Support,
    Token,
)
from app.answering.extract import extract, holds_what_is_asked
from app.answering.language import language_of
from app.answering.prompt import WORDINGS, build_prompt, says_no_answer
from app.answering.question import Question
from app.answering.quotes import Quote, citation
from app.answering.read import SHOWN, Reader, Reading
from app.answering.refuse import LEVELS
from app.answering.retrieve import Retriever
from app.answering.sentences import complete_spans
from app.answering.whole import whole
from models.base import LLM, Finished, GenerationOptions


@dataclass(frozen=True)
class Looked:
    """What a question would be answered from: hits, the evidence score in them, and the extract."""

    hits: tuple[SearchHit, ...]
    evidence: float
    extract: Citation | None


@dataclass(frozen=True)
class Answerer:
    """Everything an answer needs. The language model is waited for when it is first needed."""

    reader: Reader
    llm: Callable[[], AbstractContextManager[LLM | None]]
    passage_tokens: int
    answer_tokens: int

    @property
    def retriever(self) -> Retriever:
        """What it searches with."""
        return self.reader.retriever

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
            self.retriever.loaded()
        yield Stage("search")
        reading = self.reader.read_closer(question, self.reader.read(question, SHOWN), SHOWN, cancel, clock)
        sources = self._sources(reading)
        clock.retrieved()
        yield Sources(sources, reading.found.partial)
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

    def look(self, question: Question, k: int, *, reword: bool = False) -> Looked:
        """The best `k` hits, and what comes of those that are shown.

        For those who measure: no answer is generated, and with `reword` other words for the question where they are
        needed. The score of no hits at all is HOPELESS.
        """
        reading = self.reader.read(question, max(k, SHOWN))
        if reword:
            reading = self.reader.read_closer(question, reading, max(k, SHOWN), Event(), Clock())
        sources = self._sources(reading)
        _, quoted = self._best(reading, sources)
        return Looked(reading.found.hits[:k], reading.score, quoted)

    def _sources(self, reading: Reading) -> tuple[Source, ...]:
        """The hits that are shown and, to answer from where the budget allows, what stands beside them."""
        hits: Sequence[SearchHit] = reading.found.hits[:SHOWN]
        if reading.enough:
            hits = self.retriever.with_context(hits, self.passage_tokens)
        return self.retriever.sources(hits)

    def _best(self, reading: Reading, sources: Sequence[Source]) -> tuple[Quote, Citation] | tuple[None, None]:
        """The best quote of the sources that still stand, and as it is cited."""
        standing, revisions = self._standing(sources)
        best = extract(reading.text, reading.found.words, standing)
        return (None, None) if best is None else (best, citation(best, "supported", revisions))

    def _standing(self, sources: Sequence[Source]) -> tuple[list[Source], dict[str, int]]:
        """The sources whose documents are still there, and the documents' revisions."""
        revisions = self.retriever.revisions(sources)
        return [source for source in sources if source.hit.chunk.document_id in revisions], revisions

    def _write(
        self,
        llm: LLM,
        question: Question,
        reading: Reading,
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
        embedder = None if at_home else self.retriever.loaded()
        citer = Citer(question.text, reading.found.words, standing, revisions, embedder)
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
            citer = Citer(question.text, reading.found.words, standing, now, embedder)
        sentences = citer.all(answer)
        complete = _completed(question.text, answer, sentences)
        if complete != answer and finished.reason == "stop":
            answer, sentences = complete, citer.all(complete)
            yield Instead(answer)
        # Words of two languages never agree: there a sentence without support proves nothing.
        unfounded = at_home and not any(sentence.support in self._needed(question) for sentence in sentences)
        empty = not answer.strip() or says_no_answer(answer)
        if finished.reason != "cancelled" and (empty or unfounded):
            if quoted is not None and quoted.revision == now.get(quoted.document_id) and _stands_in(quoted, reading):
                yield from _quote(quoted, clock, usage)
                return
            yield from _refuse(question, sources, clock, llm.name, usage)
            return
        yield Citations(sentences)
        yield Done(answer, False, llm.name, finished.reason, clock.timings(), usage)

    def _needed(self, question: Question) -> tuple[Support, ...]:
        """The support that one sentence of an answer must have, as strict as the bases want it."""
        strict = self.reader.refusal(question.scope) == LEVELS[-1]
        return ("supported",) if strict else ("supported", "weak")


def _stands_in(quoted: Citation, reading: Reading) -> bool:
    """Whether the best quote is the answer although the model did not see one."""
    return reading.sure and holds_what_is_asked(reading.text, quoted.quote)


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
