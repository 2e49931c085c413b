"""Hides personal data in cleaned text: Chinese identity numbers, mobile numbers, bank cards, e-mail addresses.

What is replaced is shorter or longer than before: anchors and blocks move along, so that every place stays exact.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

from ingest.document import BlockSpan, CleanDocument, PageReport
from ingest.notices import Notice
from ingest.personal import KINDS, Found, find_emails, find_numbers

REDACTOR_VERSION = 3
_ROW = re.compile(r"^\|.*", re.MULTILINE)
_CUT = re.compile(r"(?:[0-9][0-9 -]{2,}|[\w.%+'’-]{0,64}@[\w.-]*)…\Z")


def redact(cleaned: CleanDocument) -> CleanDocument:
    """The document with marks such as [REDACTED:ID] in place of personal data, and a notice that counts them."""
    counts: Counter[str] = Counter()
    titles = _titles(cleaned)
    # Addresses first: one may begin with a telephone number.
    for find, seen in ((find_emails, _with_line_ends), (find_numbers, _as_it_is)):
        found = find(seen(cleaned))
        counts.update(each.kind for each in found if not each.rest)
        cleaned = _edited(cleaned, Edit(cleaned.text, found)) if found else cleaned
    # What a heading hides is hidden where it is repeated, even if it was seen only by the end of a line.
    hidden = {before: after for before, after in zip(titles, _titles(cleaned), strict=True) if before != after}
    blocks = tuple(
        replace(block, heading_path=tuple(redact_text(hidden.get(title, title)) for title in block.heading_path))
        for block in cleaned.blocks
    )
    places = {location: redact_text(location) for location in {anchor.location for anchor in cleaned.anchors}}
    anchors = tuple(replace(anchor, location=places[anchor.location]) for anchor in cleaned.anchors)
    notices = redact_notices(cleaned.notices)
    if counts:
        numbers = {kind.lower(): counts[kind] for kind in KINDS}
        notices = (*notices, Notice("redacted", {"count": counts.total(), **numbers}))
    return replace(cleaned, blocks=blocks, anchors=anchors, notices=notices)


def _titles(cleaned: CleanDocument) -> list[str]:
    return [cleaned.text[block.start : block.end] for block in cleaned.blocks if block.kind == "heading"]


def _as_it_is(cleaned: CleanDocument) -> str:
    return cleaned.text


def _with_line_ends(cleaned: CleanDocument) -> str:
    """The text with a line break wherever a line of the page may end: between anchors, and within a cell."""
    text = cleaned.text
    joints = (a.end for a, b in pairwise(cleaned.anchors) if b.start == a.end + 1 and text[a.end] == " ")
    parts, at = [], 0
    for joint in joints:
        parts += [text[at:joint], "\n"]
        at = joint + 1
    text = "".join(parts) + text[at:]
    return _ROW.sub(lambda row: row.group().replace(" ", "\n"), text)


def redact_text(text: str) -> str:
    """The same for a text without places, such as a heading above a passage."""
    text = Edit(text, find_emails(text)).text
    return Edit(text, find_numbers(text)).text


def redact_notices(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Notices may quote the document; of a number that a quote cuts short nobody can tell what it is, so it goes."""
    return tuple(Notice(notice.code, {k: _redact_quote(v) for k, v in notice.params.items()}) for notice in notices)


def _redact_quote(value: str | int | float) -> str | int | float:
    return redact_text(_CUT.sub("…", value)) if isinstance(value, str) else value


def redact_pages(pages: Sequence[PageReport]) -> tuple[PageReport, ...]:
    """Running heads that were taken out of the text are shown in the report."""
    return tuple(replace(page, removed=tuple(map(redact_text, page.removed))) for page in pages)


@dataclass(frozen=True)
class Edit:
    """A text with some spans replaced, and where its characters went."""

    before: str
    found: Sequence[Found]
    text: str = field(init=False)
    _starts: list[int] = field(init=False)
    _shifts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        parts, last = [], 0
        for each in self.found:
            parts += [self.before[last : each.start], each.mark]
            last = each.end
        grown = (len(each.mark) - (each.end - each.start) for each in self.found)
        object.__setattr__(self, "text", "".join(parts) + self.before[last:])
        object.__setattr__(self, "_starts", [each.start for each in self.found])
        object.__setattr__(self, "_shifts", list(accumulate(grown, initial=0)))

    def place(self, position: int) -> int:
        """Where a position of the text before is now; one inside of what was replaced is behind the mark."""
        at = bisect_right(self._starts, position) - 1
        if at < 0:
            return position
        hit = self.found[at]
        if position == hit.start:
            return position + self._shifts[at]
        return max(position, hit.end) + self._shifts[at + 1]


def _edited(cleaned: CleanDocument, edit: Edit) -> CleanDocument:
    anchors = (replace(a, start=edit.place(a.start), end=edit.place(a.end)) for a in cleaned.anchors)
    return replace(
        cleaned,
        text=edit.text,
        anchors=tuple(anchor for anchor in anchors if anchor.start < anchor.end),
        blocks=tuple(_moved(block, edit) for block in cleaned.blocks),
    )


def _moved(block: BlockSpan, edit: Edit) -> BlockSpan:
    heads = tuple((edit.place(start), edit.place(end)) for start, end in block.heads)
    spans = tuple((edit.place(start), edit.place(end), edit.place(reach)) for start, end, reach in block.spans)
    spans = tuple(span for span in spans if span[0] < span[1])
    return replace(block, start=edit.place(block.start), end=edit.place(block.end), heads=heads, spans=spans)
