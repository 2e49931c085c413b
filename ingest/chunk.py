"""The unit of search: a span of a document's cleaned text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chunk:
    """Characters [start, end) of a cleaned text: `text == cleaned.text[start:end]`, exactly.

    `heading_path` is embedded and searched together with the text, but is not part of it.
    `tokens` counts what the embedder sees, heading path and prompt included.
    """

    ordinal: int
    start: int
    end: int
    text: str
    heading_path: tuple[str, ...]
    tokens: int

    @property
    def indexed_text(self) -> str:
        """What is embedded: the headings on a line of their own, then the text."""
        if not self.heading_path:
            return self.text
        return " > ".join(self.heading_path) + "\n" + self.text
