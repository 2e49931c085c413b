"""Cuts text into the units that are matched, quoted and marked: sentences and table rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A Chinese end mark ends a sentence by itself. A Latin full stop needs white space behind it, so that 3.12 and
# e.g.this stay whole. Closing quotes and brackets belong to the sentence before them.
# The pattern begins with all that may be an end, which is looked for much faster than one alternative after the other.
_END = re.compile(
    r"[。！？；!?….\n](?:(?<=[。！？；!?…])[。！？；!?…]*[”’」』）)\]】》]*|(?<=\.)(?=\s)[”’)\]]*|(?<=\n)\n*)"
)
_RULE = re.compile(r"^\s*\|?[\s:|-]*-{3,}[\s:|-]*$")


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Spans [start, end) of the sentences and lines of `text`, without surrounding white space."""
    begin = 0
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        begun = text[begin:end].lstrip()
        piece = begun.rstrip()
        if piece and not ("---" in piece and _RULE.match(piece)):
            yield end - len(begun), end - len(begun) + len(piece)
        begin = end


def complete_spans(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences that are whole in a text that is still being written: something stands behind them."""
    spans = list(sentence_spans(text))
    yield from spans[:-1]
