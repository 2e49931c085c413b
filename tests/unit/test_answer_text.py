"""Stop strings are found wherever the stream is cut, and nothing else is held back for good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.answer_text import AnswerText


def shown(pieces: list[str], stops: list[str]) -> tuple[str, bool]:
    answer, text = AnswerText(stops), ""
    for piece in pieces:
        text += answer.feed(piece)
        if answer.stopped:
            break
    return text + answer.rest(), answer.stopped


@pytest.mark.parametrize(
    ("pieces", "stops", "expected"),
    [
        (["你好", "。"], [], ("你好。", False)),
        (["a<|e", "nd|>b"], ["<|end|>"], ("a", True)),
        (["a<|e", "xit"], ["<|end|>"], ("a<|exit", False)),
        (["a<|e"], ["<|end|>"], ("a<|e", False)),
        (["aab"], ["ab"], ("a", True)),
        (["one two"], ["two", "one"], ("", True)),
        ([" \n", " ", "x \n"], [], ("x \n", False)),
        (["x"], [""], ("x", False)),
    ],
)
def test_shows(pieces: list[str], stops: list[str], expected: tuple[str, bool]) -> None:
    assert shown(pieces, stops) == expected


def test_shows_as_much_as_it_can_at_once() -> None:
    answer = AnswerText(["</s>"])
    assert [answer.feed(piece) for piece in ("ab", "c<", "/d", "</", "s>")] == ["ab", "c", "</d", "", ""]
    assert answer.stopped


@given(st.text("ab。", max_size=30), st.lists(st.text("ab。", min_size=1, max_size=4), max_size=3), st.data())
def test_cuts_do_not_matter(text: str, stops: list[str], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    # Where one stop string ends before another that began earlier, either end is right.
    answer, stopped = shown(pieces, stops)
    assert stopped == any(stop in text for stop in stops)
    assert text.startswith(answer)
    assert not any(stop in answer for stop in stops)
    if not stopped:
        assert answer == text
