"""Finding the lines under a span."""

from ingest.document import Anchor
from ingest.locate import first_page, locate

ANCHORS = (
    Anchor(0, 5, page=1, location="a"),
    Anchor(6, 10, page=1),
    Anchor(12, 20, page=2, location="b"),
)


def test_lines_that_share_characters():
    assert locate(ANCHORS, 0, 1) == ANCHORS[:1]
    assert locate(ANCHORS, 4, 7) == ANCHORS[:2]
    assert locate(ANCHORS, 9, 13) == ANCHORS[1:]
    assert locate(ANCHORS, 0, 100) == ANCHORS


def test_touching_is_not_sharing():
    assert locate(ANCHORS, 5, 6) == ()
    assert locate(ANCHORS, 10, 12) == ()
    assert locate(ANCHORS, 20, 30) == ()
    assert locate((), 0, 5) == ()


def test_where_a_span_begins():
    assert first_page(ANCHORS, 7, 15) == 1
    assert first_page(ANCHORS, 10, 15) == 2
    assert first_page(ANCHORS, 10, 12) is None
