"""The bench of many documents: what it fills a catalog with, and that everything it asks for is answered."""

from __future__ import annotations

import random
from pathlib import Path

from app.server import create_app
from bench.library import CHUNKS, PER_PAGE, fill, measure, questions
from tests.support.apart import apart
from tests.support.served import services_in


def test_every_question_is_answered_over_as_many_documents_as_were_asked_for(tmp_path: Path) -> None:
    number = 2 * PER_PAGE + 1
    with services_in(tmp_path) as services:
        catalog = services.library.catalog
        fill(catalog, number, random.Random(7))
        base = catalog.base("default")
        assert base.documents == number
        assert base.chunks == CHUNKS * catalog.counts().by_status["ready"] == catalog.counts().chunks
        asked = dict(questions(number))
        assert any("page=3" in address for address in asked.values())
        found = apart(measure(create_app(services), asked, 2))
    assert found.keys() == asked.keys()
    assert all(len(times.clock) == len(times.busy) == 2 for times in found.values())


def test_pages_of_a_list_hold_every_document_once_whatever_it_is_sorted_by(tmp_path: Path) -> None:
    """Many are alike in what they are sorted by."""
    number = 2 * PER_PAGE + 1
    with services_in(tmp_path) as services:
        catalog = services.library.catalog
        fill(catalog, number, random.Random(7))
        for sort in ("status", "chunks", "name", "created_at"):
            for descending in (True, False):
                pages = [catalog.documents("default", page=n, sort=sort, descending=descending) for n in (1, 2, 3)]  # type: ignore[arg-type]
                rows = [document for page in pages for document in page.items]
                assert len({row.id for row in rows}) == number == pages[0].total
                values = [getattr(row, sort) for row in rows]
                assert values == sorted(values, reverse=descending)
