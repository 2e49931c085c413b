"""Places without pages in the reader's language: what Zhiwen counts is translated, the document's own words are not."""

from __future__ import annotations

from functools import partial

import pytest

from app.audience import Audience
from app.i18n import tell, translate
from app.locations import located
from ingest.notices import Notice
from ingest.places import joined


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("slide 3", "第 3 张幻灯片"),
        (joined(["slide 1", "slide 2", "slide 3", "slide 7"]), "第 1-3, 7 张幻灯片"),
        ("合同.pdf > p. 2", "合同.pdf > 第 2 页"),
        (joined(["合同.pdf > p. 2", "合同.pdf > p. 3"]), "合同.pdf > 第 2-3 页"),
        ("a.pdf > p. 2 – b.pptx > slide 1", "a.pdf > 第 2 页 – b.pptx > 第 1 张幻灯片"),
        ("Sheet1!A1:C9", "Sheet1!A1:C9"),
        ("How to make a slide 3", "How to make a slide 3"),
        ("", ""),
    ],
)
def test_what_is_counted_is_told_in_the_readers_language(location: str, told: str) -> None:
    assert located(location, partial(translate, "zh-Hans")) == told


def test_a_notice_tells_places_so_too() -> None:
    notice = Notice("hidden-read", {"places": "slide 2, 4"})
    assert "第 2, 4 張投影片" in tell(notice, Audience("zh-Hant", owner=True))
