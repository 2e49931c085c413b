"""What is kept of an answer when documents that it was written from are deleted.

The model may have copied words of every passage that it read. An answer stays if each of its sentences is supported,
and by other documents alone; else its words go with the documents. The question is the person's own and stays.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

# What is left of an answer whose words are gone.
_ERASED = {"answer": "", "sentences": "[]", "extract": None, "state": "erased"}


def without(stored: Mapping[Any, Any], gone: Collection[str]) -> dict[str, Any]:
    """The columns of an answer that change when these documents are gone; none if it never saw them.

    `stored` has the columns sources, sentences and extract, as JSON, and state.
    """
    sources = json.loads(stored["sources"])
    kept = [source for source in sources if source["document"] not in gone]
    sentences = json.loads(stored["sentences"])
    extract = json.loads(stored["extract"]) if stored["extract"] else None
    cited = [citation for sentence in sentences for citation in sentence["citations"]]
    named = [*sources, *cited, *([extract] if extract else [])]
    if not any(place["document"] in gone for place in named):
        return {}
    changed: dict[str, Any] = {"sources": json.dumps(kept)}
    if stored["state"] == "refused":
        # A refusal is in the program's own words.
        return changed
    safe = sentences and not any(citation["document"] in gone for citation in cited)
    if not safe or any(sentence["support"] != "supported" for sentence in sentences):
        return changed | _ERASED
    if extract and extract["document"] in gone:
        changed["extract"] = None
    return changed
