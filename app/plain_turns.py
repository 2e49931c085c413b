"""Turns of a conversation for a page that no script draws: text as lines with marks, and what is written so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import itemgetter

from app.answering.events import Extract, Failed, Instead, Marked, Queued, Refused, Sources, Stage, Started, Token
from app.answering.run import Run
from app.audience import Audience
from app.errors import UnknownRun
from app.schemas import CitationOut, SentenceOut, SourceOut, Support, TurnOut
from app.wire import citation_out, partial_out, problem, sentence_out, sources_out


@dataclass(frozen=True)
class Piece:
    """A stretch of a line of an answer. `support` is that of the sentence that it is of.

    The `last` piece of a sentence has no text, but the numbers of the passages that stand behind the sentence.
    """

    text: str
    support: Support | None = None
    unfounded: bool = False
    marks: tuple[int, ...] = ()
    last: bool = False


@dataclass(frozen=True)
class Passage:
    """A numbered place of a document, with what is quoted from it, and its whole text where that is known."""

    n: int
    document: str
    name: str
    page: int | None
    location: str
    heading_path: tuple[str, ...]
    text: str
    chunk: str
    quotes: tuple[str, ...]


@dataclass(frozen=True)
class PlainTurn:
    """A turn as it is shown. While it is answered, `stage` is what is done; `position` turns are answered before it."""

    turn: TurnOut
    lines: tuple[tuple[Piece, ...], ...]
    passages: tuple[Passage, ...]
    stage: str = ""
    position: int = 0

    @property
    def quoted(self) -> CitationOut | None:
        """The best quote of the documents. Without a model it is the answer, and need not stand there twice."""
        return None if self.turn.state == "done" and not self.turn.model else self.turn.extract


def plain_turn(turn: TurnOut, running: Callable[[str], Run], to: Audience) -> PlainTurn:
    """The turn with what is written of it so far. `running` gives a run that is in memory, or raises UnknownRun."""
    stage, position = "", 0
    if turn.state == "running":
        stage = "sent"
        # What is not in memory any more was stored a moment ago: the next look finds it.
        with suppress(UnknownRun):
            turn, stage, position = _so_far(turn, running(turn.id), to)
    lines = () if turn.state == "refused" else lines_of(turn.answer, turn.sentences)
    return PlainTurn(turn, lines, tuple(_passages(turn)), stage, position)


def lines_of(answer: str, sentences: Sequence[SentenceOut]) -> tuple[tuple[Piece, ...], ...]:
    """The lines of an answer that are not blank, in pieces. Spans of sentences and claims count code points."""
    pieces, at = [], 0
    for sentence in sorted(sentences, key=lambda each: each.start):
        pieces.append(Piece(answer[at : sentence.start]))
        at = sentence.start + len(answer[sentence.start : sentence.end].rstrip())
        pieces += _said(answer, sentence, at)
    pieces.append(Piece(answer[at:]))
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        for number, text in enumerate(piece.text.split("\n")):
            if number:
                lines.append([])
            if text or piece.last:
                lines[-1].append(replace(piece, text=text))
    return tuple(tuple(line) for line in lines if any(piece.text.strip() for piece in line))


def _said(answer: str, sentence: SentenceOut, end: int) -> Iterator[Piece]:
    """A sentence, cut at the claims that no passage holds, and the marks behind it."""
    # The number of a point in a list says nothing that could be supported.
    support = sentence.support if any(letter.isalpha() for letter in sentence.text) else None
    at = sentence.start
    for claim in sorted(sentence.unfounded, key=lambda each: each.start):
        yield Piece(answer[at : claim.start], support)
        yield Piece(answer[claim.start : claim.end], support, unfounded=support is not None)
        at = claim.end
    yield Piece(answer[at:end], support)
    yield Piece("", support, marks=tuple(sorted({citation.n for citation in sentence.citations})), last=True)


def _so_far(turn: TurnOut, run: Run, to: Audience) -> tuple[TurnOut, str, int]:
    """The turn as its events have it, the latest stage, and the place in the queue."""
    found = turn.model_copy(update={"answer": "", "sentences": []})
    stage, position = "sent", 0
    for event in run.told() or ():
        match event:
            case Started(_, _, position) | Queued(position):
                stage = "queued" if position else stage
            case Stage(stage):
                pass
            case Sources(sources, partial):
                found.sources, found.partial = sources_out(sources), partial_out(partial, to)
            case Extract(quote):
                found.extract = citation_out(quote)
            case Token(text):
                found.answer += text
            case Instead(text):
                found.answer, found.sentences = text, []
            case Marked(sentence):
                found.sentences.append(sentence_out(sentence))
            case Refused():
                found.answer, found.extract = "", None
            case Failed(error):
                # It is told before it is stored, which a full disk may keep from happening.
                found.state, found.error, stage = "failed", problem(error, to), ""
            case _:
                pass
    return found, stage, position


def _passages(turn: TurnOut) -> Iterator[Passage]:
    """Every place that was found or is cited, by number."""
    cited = [citation for sentence in turn.sentences for citation in sentence.citations]
    places: list[CitationOut | SourceOut] = [*([turn.extract] if turn.extract else []), *cited, *turn.sources]
    for n, place in sorted({each.n: each for each in places}.items(), key=itemgetter(0)):
        source = place if isinstance(place, SourceOut) else None
        yield Passage(
            n,
            place.document,
            place.name,
            place.page,
            place.location,
            tuple(source.heading_path) if source else (),
            source.text if source else "",
            source.chunk if source else "",
            tuple(dict.fromkeys(each.quote for each in cited if each.n == n)),
        )
