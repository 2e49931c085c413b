"""Asks the questions of sets and writes down how each one went."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event

from app.answering.answer import Answerer
from app.answering.events import AnswerSentence, Citation, Citations, Done, Scope, Sources
from app.answering.prompt import Turn
from app.answering.question import Question
from app.evaluation.outcome import Cited, Log, Outcome, Said
from app.evaluation.pool import gold_keys
from app.evaluation.ranking import DEPTH
from app.evaluation.sets import Asked, EvalSet

# Chunks that are looked at: several may be of one passage, and so many hold ten passages nearly always.
_CHUNKS = 30

LEFT_OUT = " (gold left out)"

Ask = Callable[[str, Asked], Outcome]


@dataclass(frozen=True)
class Zhiwen:
    """Questions asked of this program, over one base. `names` gives the gold key of every document by its id."""

    answerer: Answerer
    scope: Scope
    names: Mapping[str, str]
    generate: bool

    def __call__(self, name: str, asked: Asked) -> Outcome:
        """Ask one question of the set with this name."""
        question = Question(asked.question, self.scope, tuple(Turn(q, a) for q, a in asked.before))
        begin = time.perf_counter()
        looked = self.answerer.look(question, _CHUNKS, reword=self.generate)
        searched = time.perf_counter() - begin
        ranking = gold_keys(self.names, [hit.chunk.document_id for hit in looked.hits])[:DEPTH]
        extract = self._cited(looked.extract) if looked.extract else None
        if not self.generate:
            pages = tuple((self._key(hit.chunk.document_id), hit.chunk.page) for hit in looked.hits[:DEPTH])
            refused = looked.evidence < self.answerer.reader.calibration.threshold(
                self.answerer.reader.refusal(self.scope)
            )
            seconds = {"search": searched}
            return Outcome(name, asked.id, ranking, pages, looked.evidence, refused, seconds=seconds, extract=extract)
        return replace(self._answered(name, asked, question, ranking, looked.evidence), extract=extract)

    def _answered(
        self, name: str, asked: Asked, question: Question, ranking: tuple[str, ...], evidence: float
    ) -> Outcome:
        pages: tuple[tuple[str, int | None], ...] = ()
        said: tuple[Said, ...] = ()
        done = None
        for event in self.answerer.answer(question, Event()):
            match event:
                case Sources(sources):
                    pages = tuple(
                        dict.fromkeys(
                            (self._key(source.hit.chunk.document_id), anchor.page)
                            for source in sources
                            for anchor in source.anchors
                        )
                    )
                case Citations(sentences):
                    said = tuple(map(self._said, sentences))
                case Done() as end:
                    done = end
                case _:
                    pass
        assert done is not None
        seconds = {"load": done.timings.load, "search": done.timings.retrieve, "total": done.timings.total}
        if done.timings.first_token is not None:
            seconds["first token"] = done.timings.first_token
        answer = "" if done.refused else done.answer
        return Outcome(name, asked.id, ranking, pages, evidence, done.refused, answer, said, seconds, dict(done.usage))

    def _said(self, sentence: AnswerSentence) -> Said:
        return Said(sentence.text, sentence.support, tuple(map(self._cited, sentence.citations)))

    def _cited(self, citation: Citation) -> Cited:
        return Cited(self._key(citation.document_id), citation.page, citation.quote)

    def _key(self, document_id: str) -> str:
        return self.names.get(document_id, document_id)


def ask_all(sets: Sequence[tuple[EvalSet, Ask]], log: Log, progress: Callable[[int, int], None]) -> None:
    """Ask what the log does not hold yet; every outcome is written down before the next question."""
    waiting = [(each.name, ask, asked) for each, ask in sets for asked in each.questions]
    for done, (name, ask, asked) in enumerate(waiting, start=1):
        if (name, asked.id) not in log:
            log.add(ask(name, asked))
        progress(done, len(waiting))


def limited(each: EvalSet, most: int | None) -> EvalSet:
    """A set with at most so many questions, taken evenly from all of it."""
    count = len(each.questions)
    if most is None or most >= count:
        return each
    return replace(each, questions=tuple(each.questions[i * count // most] for i in range(most)))


def left_out(each: EvalSet) -> EvalSet:
    """The same questions once more, for a scope without what answers them: all are impossible now."""
    asked = tuple(replace(q, gold=frozenset(), impossible=True) for q in each.questions if not q.impossible)
    return replace(each, name=each.name + LEFT_OUT, questions=asked)
