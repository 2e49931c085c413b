"""Decides what a question is answered from: searches with the words it can have until the evidence is enough."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from itertools import zip_longest
from threading import Event

from app.answering.calibrations import Calibrations
from app.answering.clock import Clock
from app.answering.coverage import folded
from app.answering.events import Scope
from app.answering.question import Question
from app.answering.refuse import HOPELESS, LEVELS, Calibration, Evidence, weigh
from app.answering.retrieve import Found, Retriever
from app.answering.reword import translated, written_out
from app.answering.terms import content_words, weighted_coverage
from ingest.store.records import Refusal
from models.base import LLM

# How many sources are shown; the model reads as many of them as the token budget holds.
SHOWN = 6

# This share of what a follow-up names anew must be in what was found with the turn before.
_LEAST_OWN = 0.3
# The documents of the turn before must hold less than this of what others hold of a question that is answered without
# that turn. docs/evaluation.md says what others give.
_CLEARLY_LESS = 0.8


@dataclass(frozen=True)
class Reading:
    """What a question is answered from, and the words that it was found by: its own, or others.

    `score` is that of the evidence, HOPELESS for none; `sure` whether it tells that the documents answer. `alone` says
    that the question is about another matter than the turns before it, and was read without them.
    """

    text: str
    found: Found
    evidence: Evidence | None
    score: float
    enough: bool
    sure: bool
    translated: bool = False
    alone: bool = False

    @property
    def at_home(self) -> bool:
        """Whether the question and what was found for it are in one language."""
        return not self.translated and self.evidence is not None and self.evidence.same_language

    @property
    def foreign(self) -> bool:
        """Whether only documents in the other language may hold the answer."""
        return self.found.abroad and not (self.enough and self.at_home)


@dataclass(frozen=True)
class Reader:
    """Searches, and weighs what is found. The two models are waited for when they are first needed.

    Where only words were searched, what stands out cannot be told and counts as usual, as in a small base. An answer
    must be as sure then as strict bases want it, for what is missing is told by a notice, and what is wrong by nothing.
    """

    retriever: Retriever
    llm: Callable[[], AbstractContextManager[LLM | None]]
    calibrations: Calibrations

    @property
    def calibration(self) -> Calibration:
        """That of the embedder of the documents."""
        return self.calibrations.of(self.retriever.fingerprint)

    def refusal(self, scope: Scope) -> Refusal:
        """How sure a question must be: as the strictest of the bases that it is asked of wants it."""
        catalog = self.retriever.library.catalog
        return max((catalog.base(base).settings.refusal for base in scope.bases), key=LEVELS.index)

    def read(self, question: Question, k: int) -> Reading:
        """The best `k` hits of the question's own words and, in a conversation, of those before it.

        Raises ModelError if the reranker cannot be used.
        """
        reading = self._weighed(question, question.text, question.wordings, k)
        if not question.history:
            return reading
        enough = reading.enough and self._holds(reading, question)
        if question.leans:
            return reading if enough else _refused(reading, reading.found)
        if enough and not question.stands_alone:
            return reading
        alone = replace(self._weighed(question, question.text, (question.text,), k), alone=True)
        if enough:
            return alone if self._elsewhere(question, alone, reading) else reading
        # It may be about another matter. By itself it must be answered surely, for it may lean on that turn all the
        # same; the less it names, the more surely.
        if (question.stands_alone and self._surely(alone)) or (alone.sure and self._changes(question, alone)):
            return alone
        return _refused(reading, _mixed(alone.found, reading.found, k))

    def read_closer(self, question: Question, reading: Reading, k: int, cancel: Event, clock: Clock) -> Reading:
        """The same, or what other words find where those of the question did not find enough; the model has them.

        A follow-up is written out, and what only documents in the other language may answer is asked in that.
        Without a model, or where that finds no more, it stays as it is. Raises ModelError.
        """
        follows = bool(question.history) and not reading.enough
        if not (follows or reading.foreign):
            return reading
        with ExitStack() as held:
            with clock.loading():
                llm = held.enter_context(self.llm())
            if llm is None:
                return reading
            full = question.text if reading.alone else question.wordings[-1]
            if follows and (text := written_out(llm, question, cancel)):
                full = text
                other = self._weighed(question, text, (text,), k)
                reading = other if other.enough else reading
            if reading.foreign and (text := translated(llm, full, cancel)):
                other = replace(self._weighed(question, text, (text,), k), translated=True, alone=reading.alone)
                reading = other if other.enough else reading
        return reading

    def _surely(self, reading: Reading) -> bool:
        """Whether it is answered as surely as the strictest bases want it."""
        return reading.score >= self.calibrations.of(reading.found.fingerprint).strict

    def _changes(self, question: Question, alone: Reading) -> bool:
        """Whether a question that names little is about another matter than the turn before it.

        Where that is about somebody, it may be about the same one; where what answers it was found for that turn too,
        as the report of another company is, it may mean the first.
        """
        return not question.follows_a_name and _first(alone.found) not in self._before(question)

    def _elsewhere(self, question: Question, alone: Reading, joined: Reading) -> bool:
        """Whether a question that names much is answered by other documents than those of the turn before it.

        By itself it is answered surely, and more so than with that turn, and those documents hold clearly less of what
        it names. Where it leaves out whom it is about, theirs hold as much of it as those of somebody else.
        """
        if alone.found.partial is not None or not self._surely(alone) or alone.score <= joined.score:
            return False
        before = self._before(question)
        if not before or _first(alone.found) in before:
            return False
        theirs = replace(question.scope, documents=tuple(sorted(before)))
        own = self.retriever.search((question.text,), theirs, SHOWN, rerank=False)
        words = content_words(question.text)
        weights = self.retriever.rarity(words, question.scope)

        def held(found: Found) -> float:
            return max((folded(hit.chunk).coverage(words, weights).whole for hit in found.hits[:SHOWN]), default=0.0)

        return held(own) < _CLEARLY_LESS * held(alone.found)

    def _before(self, question: Question) -> frozenset[str]:
        """The documents that are found for the turn before. A reranker need not put these in order."""
        found = self.retriever.search(question.before.wordings, question.scope, SHOWN, rerank=False)
        return frozenset(hit.chunk.document_id for hit in found.hits)

    def _holds(self, reading: Reading, question: Question) -> bool:
        """Whether what was found has to do with what the question names beside the turns before it."""
        words = question.news
        if not words:
            return True
        text = "\n".join(folded(hit.chunk).whole for hit in reading.found.hits[:SHOWN])
        return weighted_coverage(words, self.retriever.rarity(words, question.scope), text) >= _LEAST_OWN

    def _weighed(self, question: Question, text: str, wordings: tuple[str, ...], k: int) -> Reading:
        found = self.retriever.search(wordings, question.scope, k)
        evidence = weigh(replace(found, hits=found.hits[:SHOWN]), text)
        calibration = self.calibrations.of(found.fingerprint)
        score = HOPELESS if evidence is None else evidence.score(calibration)
        level = self.refusal(question.scope) if found.partial is None else LEVELS[-1]
        enough = evidence is not None and evidence.enough(calibration, level)
        sure = score >= calibration.confident and found.partial is None
        return Reading(text, found, evidence, score, enough, sure)


def _first(found: Found) -> str:
    """The document of the best hit. There must be one."""
    return found.hits[0].chunk.document_id


def _refused(reading: Reading, found: Found) -> Reading:
    """With what is shown instead of an answer. What only the turn before names is no evidence."""
    score = HOPELESS if reading.enough else reading.score
    return replace(reading, found=found, score=score, enough=False, sure=False)


def _mixed(found: Found, other: Found, k: int) -> Found:
    """The second with the hits of both by turns, each once."""
    pairs = zip_longest(found.hits, other.hits)
    hits = {hit.chunk.key: hit for pair in pairs for hit in pair if hit is not None}
    return replace(other, hits=tuple(hits.values())[:k])
