"""What is left of an answer when documents that it was written from are deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.answering.let_go import without


def at(document: str) -> dict[str, Any]:
    return {"document": document, "start": 0, "end": 1}


def said(support: str, *documents: str) -> dict[str, Any]:
    return {"support": support, "citations": [at(document) for document in documents]}


def stored(*sentences: dict[str, Any], sources: str = "ab", extract: str = "", state: str = "done") -> dict[str, Any]:
    return {
        "sources": json.dumps([at(name) for name in sources]),
        "sentences": json.dumps(sentences),
        "extract": json.dumps(at(extract)) if extract else None,
        "state": state,
    }


@pytest.mark.parametrize(
    "sentences",
    [
        [said("supported", "a")],
        [said("supported", "b", "a")],
        [said("supported", "b"), said("supported", "a")],
        # What nothing else supports may be copied from it.
        [said("supported", "b"), said("unsupported")],
        [said("weak", "b")],
        [],
    ],
)
def test_an_answer_that_may_hold_its_words_goes(sentences: list[dict[str, Any]]) -> None:
    changed = without(stored(*sentences, extract="b"), {"a"})
    assert (changed["answer"], changed["sentences"], changed["extract"], changed["state"]) == ("", "[]", None, "erased")
    assert json.loads(changed["sources"]) == [at("b")]


def test_one_that_others_support_stays_without_its_source() -> None:
    changed = without(stored(said("supported", "b"), extract="a"), {"a"})
    assert changed == {"sources": json.dumps([at("b")]), "extract": None}


def test_a_refusal_says_nothing_of_it() -> None:
    assert without(stored(sources="a", state="refused"), {"a"}) == {"sources": "[]"}
