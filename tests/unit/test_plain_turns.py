"""What a page shows of a turn where no script draws it."""

from __future__ import annotations

from app.answering.events import Failed, Instead, Queued, Refused, Scope, Stage, Started, Token
from app.answering.question import Question
from app.answering.run import Run
from app.audience import Audience
from app.errors import Interrupted, UnknownRun
from app.plain_turns import Piece, lines_of, plain_turn
from app.schemas import CitationOut, ClaimOut, SentenceOut, SourceOut, TimingsOut, TurnOut

ANSWER = "收入为三百元。\n\n月球上有42座金矿。完"


def citation(n: int, quote: str) -> CitationOut:
    return CitationOut(
        n=n, document="d", name="年报.pdf", page=3, location="", quote=quote, boxes=[], support="supported"
    )


def source(n: int) -> SourceOut:
    return SourceOut(
        n=n, chunk=f"c{n}", document="d", name="年报.pdf", base="b", page=3, location="", heading_path=["收入"],
        text=f"段落 {n}", boxes=[], score=1.0, found_by=["dense"],
    )  # fmt: skip


FOUND = SentenceOut(
    start=0, end=9, text="收入为三百元。\n\n", support="supported", citations=[citation(2, "乙"), citation(1, "甲")],
    unfounded=[],
)  # fmt: skip
MADE_UP = SentenceOut(
    start=9, end=19, text="月球上有42座金矿。", support="unsupported", citations=[],
    unfounded=[ClaimOut(start=13, end=15, text="42", kind="number")],
)  # fmt: skip


def turn(**values: object) -> TurnOut:
    given = {
        "id": "r", "question": "问", "answer": "", "state": "done", "sources": [], "partial": None, "extract": None,
        "sentences": [], "timings": TimingsOut(load=0, retrieve=0, first_token=None, total=1), "model": "m",
        "error": None, "rating": None, "documents": [], "absent": [], "created_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return TurnOut.model_validate(given | values)


def missing(run: str) -> Run:
    raise UnknownRun(id=run)


def running(*events: object) -> Run:
    run = Run(Question("问", Scope(("b",))), "c")
    for event in events:
        run.publish(event)  # type: ignore[arg-type]
    return run


def test_marks_stand_behind_their_sentence_and_claims_by_themselves() -> None:
    first, second = lines_of(ANSWER, [MADE_UP, FOUND])
    assert first == (Piece("收入为三百元。", "supported"), Piece("", "supported", marks=(1, 2), last=True))
    assert second == (
        Piece("月球上有", "unsupported"),
        Piece("42", "unsupported", unfounded=True),
        Piece("座金矿。", "unsupported"),
        Piece("", "unsupported", last=True),
        Piece("完"),
    )


def test_no_word_is_lost_and_blank_lines_are() -> None:
    for sentences in ([], [FOUND], [FOUND, MADE_UP]):
        lines = lines_of(ANSWER, sentences)
        assert ["".join(piece.text for piece in line) for line in lines] == ["收入为三百元。", "月球上有42座金矿。完"]


def test_the_number_of_a_point_is_not_called_unsupported() -> None:
    number = SentenceOut(start=0, end=2, text="1.", support="unsupported", citations=[], unfounded=[])
    assert lines_of("1. 收入", [number]) == ((Piece("1."), Piece("", last=True), Piece(" 收入")),)


def test_every_passage_is_numbered_with_what_is_quoted_from_it() -> None:
    plain = plain_turn(turn(answer=ANSWER, sentences=[FOUND], sources=[source(1), source(3)]), missing, Audience("en"))
    assert [(each.n, each.text, each.quotes) for each in plain.passages] == [
        (1, "段落 1", ("甲",)),
        (2, "", ("乙",)),  # of a document that lost the passage since
        (3, "段落 3", ()),
    ]


def test_what_is_written_so_far_is_shown() -> None:
    run = running(Queued(2), Stage("write"), Token("错"), Instead("收入"), Token("为三百元。"))
    plain = plain_turn(turn(state="running"), lambda _: run, Audience("en"))
    assert (plain.stage, plain.position) == ("write", 2)
    assert plain.lines == ((Piece("收入为三百元。"),),)
    for waits in (Started("r", "c", 2), Queued(2)):
        plain = plain_turn(turn(state="running"), {"r": running(waits)}.__getitem__, Audience("en"))
        assert (plain.stage, plain.position) == ("queued", 2)
    assert plain_turn(turn(state="running"), missing, Audience("en")).stage == "sent"


def test_what_is_refused_after_all_is_not_shown_as_an_answer() -> None:
    run = running(Token("收入"), Refused("没有答案。", ()))
    assert plain_turn(turn(state="running"), lambda _: run, Audience("en")).lines == ()
    assert plain_turn(turn(state="refused", answer="没有答案。"), missing, Audience("en")).lines == ()


def test_a_failure_is_shown_whether_or_not_it_could_be_stored() -> None:
    plain = plain_turn(turn(state="running"), lambda _: running(Stage("write"), Failed(Interrupted())), Audience("en"))
    assert (plain.turn.state, plain.stage) == ("failed", "")
    assert plain.turn.error is not None and plain.turn.error.detail == Interrupted.template


def test_a_quote_that_is_the_answer_stands_there_once() -> None:
    extract = citation(1, "甲")
    assert plain_turn(turn(extract=extract, model=""), missing, Audience("en")).quoted is None
    assert plain_turn(turn(extract=extract), missing, Audience("en")).quoted == extract
    assert plain_turn(turn(extract=extract, model="", state="running"), missing, Audience("en")).quoted == extract
