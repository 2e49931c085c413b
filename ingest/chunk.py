"""The unit of search: a span of a document's cleaned text."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.title import indexed_text


@dataclass(frozen=True)
class Chunk:
    """Characters [start, end) of a cleaned text: `text == cleaned.text[start:end]`, exactly.

    `title`, that of the document, and `heading_path` are embedded and searched together with the text,
    but are not part of it. `tokens` counts what the embedder sees, these and the prompt included.
    """

    ordinal: int
    start: int
    end: int
    text: str
    heading_path: tuple[str, ...]
    tokens: int
    title: str = ""

    @property
    def indexed_text(self) -> str:
        """What is embedded and searched."""
        return indexed_text(self.title, self.heading_path, self.text)
