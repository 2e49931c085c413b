"""What a person should know about a document that was read all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# One sentence a code; the browser's other languages have theirs under `notice.<code>`.
TEMPLATES = {
    "earlier": "{text}",
    "characters-unreadable": "Characters that could not be read as {encoding}: {count}.",
    "page-damaged": "Page {page}: {reason}.",
    "tables-not-sought": "Page {page}: tables were not looked for among {edges} ruling lines.",
    "pages-images-only": "Pages that are images without text, not read: {pages}.",
    "pages-garbled": "Pages whose text layer is not what they show, read by OCR where it differs: {pages}.",
    "ocr-unsure": "Pages that OCR read with low confidence: {pages}.",
    "ocr-unavailable": "Text in images was not read: {reason}.",
    "text-unseen": "Characters that nobody can see on the page, left out: {count}. Pages: {pages}.",
    "unseen-left-out": "Characters that nobody can see on the page, left out: {count}.",
    "unseen-read": "Characters that the page hides, read all the same, for much of its text is such: {count}.",
    "pages-empty": "Pages without text: {pages}.",
    "name-disagrees": "The name ends in {ending}, but the content is {kind}: it was read as that.",
    "hidden-read": "Hidden in the file, and read all the same: {places}.",
    "formulas-unsaved": (
        "Formulas without a saved result: {count}. Open the file in a spreadsheet program, save it, and add it again."
    ),
    "formats-unread": (
        "Number formats, formulas and hidden rows of the file could not be read, only its saved values: "
        "numbers and dates may look different in a spreadsheet program."
    ),
    "pictures-unread": "Pictures inside the file that were not read: {count}.",
    "furniture-left-out": "Characters of menus, forms and the like around the content, left out: {count}.",
    "parts-unread": "Parts of the file that were not read: {names}.",
    "repeats-left-out": "Paragraphs that repeat an earlier one word for word, read once: {count}. {text}",
    "redacted": (
        "Personal data hidden: {count} (identity numbers {id}, bank cards {card}, mobile numbers {phone}, "
        "e-mail addresses {email})."
    ),
    "chunks-cut": (
        "Passages longer than the embedding model reads: {count}. Their ends are found by their words only."
    ),
}


@dataclass(frozen=True)
class Notice:
    """A sentence with a stable code, so that it can be shown in any language."""

    code: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)

    def __str__(self) -> str:
        return TEMPLATES[self.code].format(**self.params)


def page_ranges(numbers: list[int]) -> str:
    """`1, 3-5` for 1, 3, 4, 5."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
