"""Events are read from bytes cut anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sse import EventData, EventTooLong

STREAM = ": hi\n\ndata: 知文\n\nevent: x\r\nid: 1\r\ndata:a\r\ndata:  b\r\n\r\nretry: 5\n\ndata: end".encode()
EVENTS = ["知文", "a\n b", "end"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_cut_gives_the_same_events(cuts: list[int]) -> None:
    cuts = sorted(cuts)
    decoder, events = EventData(), []
    for start, end in zip([0, *cuts], [*cuts, len(STREAM)], strict=True):
        events += decoder.feed(STREAM[start:end])
    assert events + decoder.rest() == EVENTS


def test_an_event_without_end_is_refused() -> None:
    decoder = EventData()
    with pytest.raises(EventTooLong):
        for _ in range(20):
            decoder.feed(b"data: " + b"x" * 100_000 + b"\n")
