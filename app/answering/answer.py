"""Answers one question: read, show, write, cite. Yields events as they happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import islice
from threading import Event
from types import MappingProxyType

from app.answering.budget import ACCOUNT_MOST, FACT_MOST, passage_budget
from app.answering.cite import Citer
from app.answering.clock import Clock
from app.answering.context import ACCOUNT_SHARE, FACT_SHARE, Passage, pack
from app.answering.coverage import folded
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
from app.answering.pinned import Pinned, pin
from app.answering.prompt import WORDINGS, Turn, asks_for_an_account, build_prompt, says_no_answer
from app.answering.question import Question
from app.answering.quotes import Quote, citation, is_heading
from app.answering.read import SHOWN, Reader, Reading
from app.answering.refuse import LEVELS
from app.answering.retrieve import Retriever
from app.answering.sentences import complete_spans
from app.answering.whole import BEHIND, whole
from app.errors import NothingReadYet, WaitingForModels
from app.settings import LEAST_PASSAGES, AnswerLength
from ingest.store.analyse import load_dictionary
from models.base import LLM, Finished, GenerationOptions, Message, ReadsAhead
from models.errors import ContextOverflow
from models.gauge import Gauged, Rate

# More tokens than any model puts around a message or two.
_FRAME = 100


@dataclass(frozen=True)
class Looked:
    """What a question would be answered from: hits, the evidence score in them, and the extract."""

    hits: tuple[SearchHit, ...]
    evidence: float
    extract: Citation | None


@dataclass(frozen=True)
class _Prompt:
    """What the model reads, and how it writes."""

    passages: tuple[Passage, ...]
    messages: list[Message]
    options: GenerationOptions


@dataclass(frozen=True)
class _Room:
    """Tokens of a prompt: those without passages, those that are left in the context for them, and those to be used."""

    rest: int
    spare: int
    budget: int


@dataclass(frozen=True)
class Answerer:
    """Everything an answer needs. The language model is waited for when it is first needed; `loaded` waits for none.
    `wake` begins to load one that sleeps, so that it is there when the search is done.

    `passage_tokens` are what quality needs of passages; more are read where that takes no more than
    `first_token_seconds`, fewer where the context has no room for them. `detailed_tokens` bound an answer where the
    `length` that is wanted is "detailed", `answer_tokens` any other.
    """

    reader: Reader
    llm: Callable[[], AbstractContextManager[LLM | None]]
    passage_tokens: int
    answer_tokens: int
    detailed_tokens: int
    length: Callable[[], AnswerLength]
    first_token_seconds: float = 0.0
    loaded: Callable[[], LLM | None] = lambda: None
    wake: Callable[[], None] = lambda: None
    pinned: Pinned = field(default_factory=Pinned)

    @property
    def retriever(self) -> Retriever:
        """What it searches with."""
        return self.reader.retriever

    def prepare(self) -> None:
        """Read now what is read once a process: in the middle of an answer, whoever stopped it would wait for that."""
        load_dictionary(BEHIND)

    def forget(self) -> None:
        """Keep nothing of what was read, and have the language model keep nothing: some of it is deleted."""
        self.pinned.clear()
        folded.cache_clear()
        if llm := self.loaded():
            llm.forget()

    def answer(self, question: Question, cancel: Event, answer_id: str = "") -> Iterator[AnswerEvent]:
        """Stage, Sources, Extract, Token and Marked…, Citations or Refused, Done.

        Questions that follow know the answer by its id, if it has one.

        Raises ModelError; NothingReadYet and WaitingForModels where no document of the scope was read yet.

        Without a language model the extract is the answer.
        """
        clock = Clock()
        if cancel.is_set():
            yield Done("", False, "", "cancelled", clock.timings())
            return
        self.wake()
        yield Stage("load")
        with clock.loading():
            self.retriever.loaded()
        yield Stage("search")
        reading = self.reader.read_closer(question, self.reader.read(question, SHOWN), SHOWN, cancel, clock)
        sources = self._sources(reading)
        clock.retrieved()
        yield Sources(sources, reading.found.partial)
        if not sources and (unread := self.retriever.unread(question.scope)):
            waits = unread.for_models == unread.documents
            raise WaitingForModels(count=unread.documents) if waits else NothingReadYet(count=unread.documents)
        if not reading.enough:
            yield from self._refuse(question, reading, sources, clock)
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
                yield from self._write(llm, question, reading, sources, quoted, nearest, cancel, clock, answer_id)
                return
        yield from _quote(quoted, clock) if quoted is not None else self._refuse(question, reading, sources, clock)

    def first_sources(self, question: Question) -> Sources:
        """What a question finds by its own words, for whoever waits for their turn. Raises ModelError."""
        self.retriever.loaded()
        reading = self.reader.read(question, SHOWN)
        return Sources(self._sources(reading), reading.found.partial)

    def read_ahead(self, question: Question, cancel: Event) -> None:
        """Have the model read what it would be given for a question that nobody has asked yet. Nothing is told of it.

        What would be refused, or searched for in other words, is left alone. Raises ModelError.
        """
        self.wake()
        self.retriever.loaded()
        reading = self.reader.read(question, SHOWN)
        if cancel.is_set() or reading.foreign or not reading.enough:
            return
        sources = self._sources(reading)
        best, _ = self._best(reading, sources)
        with self.llm() as llm:
            if llm is None or not isinstance(llm, ReadsAhead):
                return
            prompt = self._prompt(llm, question, reading, sources, "" if best is None else best.readable)
            _, revisions = self._standing(sources)
            try:
                llm.read_ahead(prompt.messages, cancel)
            finally:
                standing, now = self._standing(sources)
                if now != revisions or len(standing) < len(sources):
                    llm.forget()

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
        answer_id: str,
    ) -> Iterator[AnswerEvent]:
        prompt = self._prompt(llm, question, reading, sources, nearest)
        at_home = reading.at_home
        yield Stage("read", _reading_seconds(llm, prompt.messages))
        standing, revisions = self._standing(sources)
        embedder = None if at_home else self.retriever.loaded()
        citer = Citer(question.text, reading.found.words, standing, revisions, embedder)
        answer, marked = "", 0
        finished = Finished("stop")
        try:
            for item in llm.generate(prompt.messages, prompt.options, cancel):
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
        finally:
            # A document may have been deleted or replaced since it was found.
            standing, now = self._standing(sources)
            if now != revisions or len(standing) < len(sources):
                llm.forget()
            else:
                self.pinned.keep(answer_id, prompt.passages)
        usage = {
            "prompt_tokens": finished.prompt_tokens,
            "reused_tokens": finished.reused_tokens,
            "generated_tokens": finished.generated_tokens,
        }
        if now != revisions:
            citer = Citer(question.text, reading.found.words, standing, now, embedder)
        sentences = citer.all(answer)
        if finished.reason == "stop" and (complete := _completed(question.text, answer, sentences)) != answer:
            answer, sentences = complete, citer.all(complete)
            yield Instead(answer)
        # Words of two languages never agree: there a sentence without support proves nothing.
        unfounded = at_home and not any(sentence.support in self._needed(question) for sentence in sentences)
        empty = not answer.strip() or says_no_answer(answer)
        bare = is_heading(answer, standing)
        if finished.reason != "cancelled" and (empty or unfounded or bare):
            if quoted is not None and quoted.revision == now.get(quoted.document_id) and _stands_in(quoted, reading):
                yield from _quote(quoted, clock, usage)
                return
            # A heading may be what is asked for.
            if empty or unfounded:
                yield from self._refuse(question, reading, sources, clock, llm.name, usage)
                return
        yield Citations(sentences)
        yield Done(answer, False, llm.name, finished.reason, clock.timings(), usage)

    def _prompt(
        self,
        llm: LLM,
        question: Question,
        reading: Reading,
        sources: Sequence[Source],
        nearest: str,
    ) -> _Prompt:
        length = self.length()
        options = GenerationOptions(max_tokens=self.detailed_tokens if length == "detailed" else self.answer_tokens)
        words, language = reading.found.words, language_of(question.text)

        def messages(read: Sequence[Passage], turns: Sequence[Turn]) -> list[Message]:
            told = question.text, read, turns, language, nearest
            return build_prompt(*told, copied=reading.at_home, length=length)

        account = asks_for_an_account(question.text)
        share, extra = (ACCOUNT_SHARE, ACCOUNT_MOST) if account else (FACT_SHARE, FACT_MOST)
        turns = () if reading.alone else question.history
        room = self._room(llm, messages((), turns), options, extra)
        passages: tuple[Passage, ...] = ()
        if earlier := self.pinned.of(turns):
            most = max(room.budget, min(2 * room.budget, room.spare))
            wanted = pack(sources, words, room.budget, llm.count_tokens, share)
            passages = pin(earlier, wanted, sources, words, most, llm.count_tokens)
            if not passages and question.stands_alone and not _documents(earlier) & _documents(wanted):
                # It is about something else, and says so itself: what was said before would only be read.
                turns = ()
                room = self._room(llm, messages((), turns), options, extra)
        passages = passages or pack(sources, words, room.budget, llm.count_tokens, share)
        # Numbers, pages and line ends around many short passages are in no budget.
        while len(passages) > 1 and _count(llm, messages(passages, turns)) + _FRAME > room.rest + room.spare:
            passages = passages[:-1]
        return _Prompt(passages, messages(passages, turns), options)

    def _room(self, llm: LLM, without: Sequence[Message], options: GenerationOptions, extra: float) -> _Room:
        """What a prompt has for passages that is this without them; `extra` times what quality needs where time allows.

        Raises ContextOverflow where it has too little.
        """
        rest = _count(llm, without) + _FRAME
        spare = llm.context_tokens - options.max_tokens - rest
        if spare < LEAST_PASSAGES:
            taken = rest + LEAST_PASSAGES
            raise ContextOverflow(prompt=taken, answer=options.max_tokens, name=llm.name, limit=llm.context_tokens)
        budget = passage_budget(self.passage_tokens, extra, _pace(llm), self.first_token_seconds, rest, spare)
        return _Room(rest, spare, budget)

    def _refuse(
        self,
        question: Question,
        reading: Reading,
        sources: Sequence[Source],
        clock: Clock,
        model: str = "",
        usage: Mapping[str, int] = MappingProxyType({}),
    ) -> Iterator[AnswerEvent]:
        message = WORDINGS[language_of(question.text)].refusal
        # Of another language every word is absent.
        told = reading.evidence is not None and reading.evidence.same_language
        absent = self.retriever.absent(question.text, question.scope) if told else ()
        yield Refused(message, tuple(sources), absent)
        yield Done(message, True, model, "stop", clock.timings(), dict(usage))

    def _needed(self, question: Question) -> tuple[Support, ...]:
        """The support that one sentence of an answer must have, as strict as the bases want it."""
        strict = self.reader.refusal(question.scope) == LEVELS[-1]
        return ("supported",) if strict else ("supported", "weak")


def _reading_seconds(llm: LLM, messages: Sequence[Message]) -> float | None:
    """How long the model reads until it writes, at the pace of the last answers; None before the first."""
    pace = _pace(llm)
    if pace is None:
        return None
    tokens = llm.unread_tokens(messages) if isinstance(llm, ReadsAhead) else _count(llm, messages)
    return tokens / pace.tokens


def _pace(llm: LLM) -> Rate | None:
    """How fast the model has read the last prompts, if it can tell."""
    return llm.gauge().read if isinstance(llm, Gauged) else None


def _documents(passages: Sequence[Passage]) -> set[str]:
    return {passage.source.hit.chunk.document_id for passage in passages}


def _count(llm: LLM, messages: Sequence[Message]) -> int:
    """The tokens of a prompt, but for those of the model's own between messages."""
    return sum(llm.count_tokens(message.content) for message in messages)


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
