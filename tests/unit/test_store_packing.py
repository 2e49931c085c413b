"""What is packed comes back as it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Anchor, BlockSpan, Box, PageReport
from ingest.store import packing

number = st.integers(0, 10_000)
points = st.integers(-100_000, 100_000).map(lambda hundredths: hundredths / 100)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
anchors = st.builds(
    Anchor,
    number,
    number,
    st.none() | st.integers(1, 9999),
    st.none() | st.builds(Box, points, points, points, points),
    words,
)
spans = st.builds(
    BlockSpan,
    number,
    number,
    st.sampled_from(["heading", "text", "table", "figure"]),
    st.lists(words, max_size=3).map(tuple),
    st.lists(st.tuples(number, number), max_size=2).map(tuple),
    st.lists(st.tuples(number, number, number), max_size=2).map(tuple),
)


@given(st.lists(anchors, max_size=8).map(tuple))
def test_anchors(value: tuple[Anchor, ...]) -> None:
    assert packing.unpack_anchors(packing.pack_anchors(value)) == value


@given(words, st.lists(anchors, max_size=3).map(tuple), st.lists(spans, max_size=5).map(tuple))
def test_a_whole_document(text: str, some: tuple[Anchor, ...], blocks: tuple[BlockSpan, ...]) -> None:
    found = packing.unpack_clean(packing.pack_text(text), packing.pack_anchors(some), packing.pack_blocks(blocks))
    assert (found.text, found.anchors, found.blocks) == (text, some, blocks)


@given(st.lists(st.builds(PageReport, number, points, points, number, number, number), max_size=5).map(tuple))
def test_pages(value: tuple[PageReport, ...]) -> None:
    assert packing.unpack_pages(packing.pack_pages(value)) == value


def test_boxes_are_kept_to_a_hundredth_of_a_point() -> None:
    packed = packing.pack_anchors([Anchor(0, 1, 1, Box(1.23456, 2, 3, 4))])
    assert packing.unpack_anchors(packed)[0].box == Box(1.23, 2, 3, 4)
