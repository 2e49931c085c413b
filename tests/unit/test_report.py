"""Which pages a person should look at, and what a document's pages come to."""

import pytest

from app.report import look_of, totals_of
from ingest.document import PageReport


def page(number: int = 1, **values: object) -> PageReport:
    return PageReport(number, 595, 842, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("look", "values"),
    [
        ("", {"text_chars": 800}),
        ("", {"read_as": "ocr", "images": 1, "confidence": 0.97}),
        ("unsure", {"read_as": "ocr", "images": 1, "confidence": 0.6}),
        ("garbled", {"read_as": "ocr", "text_chars": 800, "garbled": "unmapped", "confidence": 0.99}),
        ("mixed", {"text_chars": 800, "garbled": "unmapped"}),
        ("unread", {"images": 1}),
        ("unread", {"images": 1, "read_as": "none", "text_chars": 3}),
        ("empty", {}),
    ],
)
def test_a_page_needs_a_look_for_a_reason(look: str, values: dict[str, object]) -> None:
    assert look_of(page(**values)) == look


def test_totals_count_each_page_once() -> None:
    pages = [
        page(1, text_chars=800, columns=2, tables=2, removed=("甲", "1")),
        page(2, read_as="ocr", images=1, confidence=0.9),
        page(3, read_as="ocr", images=1, confidence=0.5, garbled="unmapped", text_chars=9),
        page(4, images=1),
        page(5),
    ]
    totals = totals_of(pages, ["text", "text", "table"])
    assert (totals.pages, totals.text, totals.ocr, totals.empty) == (5, 1, 2, 2)
    assert (totals.garbled, totals.look, totals.columns, totals.tables, totals.removed) == (1, 3, 2, 1, 2)
    assert (totals.confidence, totals.blocks) == (0.7, {"text": 2, "table": 1})
    assert totals_of([], []).confidence is None
