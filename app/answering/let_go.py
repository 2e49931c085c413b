"""What is kept of an answer when documents that it was written from are deleted.

The model may have copied words of every passage that it read, and of every earlier answer of the conversation that its
prompt held. An answer stays if each of its sentences is supported, and by other documents alone; else its words go with
the documents. The question is the person's own and stays.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

# What is left of an answer whose words are gone: nobody can tell any more what was rated.
_ERASED = {"answer": "", "sentences": "[]", "extract": None, "rating": None, "state": "erased"}


def without(stored: Mapping[Any, Any], gone: Collection[str]) -> dict[str, Any]:
    """The columns of an answer that change when these documents are gone: its sources, or those of one that it read.

    `stored` has the columns sources, sentences and extract, as JSON, and state.
    """
    kept = [source for source in json.loads(stored["sources"]) if source["document"] not in gone]
    changed: dict[str, Any] = {"sources": json.dumps(kept)}
    if stored["state"] == "refused":
        # A refusal is in the program's own words.
        return changed
    sentences = json.loads(stored["sentences"])
    cited = {citation["document"] for sentence in sentences for citation in sentence["citations"]}
    supported = sentences and all(sentence["support"] == "supported" for sentence in sentences)
    if not supported or not cited.isdisjoint(gone):
        return changed | _ERASED
    if stored["extract"] and json.loads(stored["extract"])["document"] in gone:
        changed["extract"] = None
    return changed
