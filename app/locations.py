"""Where something stands in a document without pages, in the reader's language, as `located` in `static/js/text.js`.

`ingest/places.py` writes places as one text, alike for every reader: `slide 3`, `Attached.pdf > p. 2`, `Sheet1!A1:C9`.
Headings and names of sheets are the document's own words and stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_PARTS = re.compile(r"( > | – )")
_COUNTED = (
    (re.compile(r"slides? ([0-9, -]+)"), "common.slide"),
    (re.compile(r"pp?\. ([0-9, -]+)"), "common.page"),
)


def located(location: str, t: Callable[..., str]) -> str:
    """A place in words; `t` gives the message of a key, with parameters."""
    return "".join(_part(part, t) for part in _PARTS.split(location))


def _part(part: str, t: Callable[..., str]) -> str:
    found = ((pattern.fullmatch(part), key) for pattern, key in _COUNTED)
    return next((t(key, page=match[1]) for match, key in found if match), part)
