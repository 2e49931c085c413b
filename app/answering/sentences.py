"""Cuts text into the units that are matched, quoted and marked: sentences and table rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A Chinese end mark ends a sentence by itself. A Latin full stop needs white space behind it, so that 3.12 and
# e.g.this stay whole. Closing quotes and brackets belong to the sentence before them.
_END = re.compile(r"[。！？；!?…]+[”’」』）)\]】》]*|\.(?=\s)[”’)\]]*|\n+")
_RULE = re.compile(r"^\s*\|?[\s:|-]*-{3,}[\s:|-]*$")


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Spans [start, end) of the sentences and lines of `text`, without surrounding white space."""
    begin = 0
    for end in _END.finditer(text):
        yield from _trimmed(text, begin, end.end())
        begin = end.end()
    yield from _trimmed(text, begin, len(text))


def complete_spans(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences that are whole in a text that is still being written: something stands behind them."""
    spans = list(sentence_spans(text))
    yield from spans[:-1]


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if not piece.strip() or _RULE.match(piece.strip()):
        return
    yield start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
