"""The sentences and table rows of the sources: what may be quoted, with what stands around each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.answering.events import Citation, Source, Support
from app.answering.figures import Figure, figures, held, years
from app.answering.sentences import sentence_spans
from app.answering.terms import claim_grams, with_digits
from ingest.document import Anchor
from ingest.locate import locate
from ingest.store.analyse import fold


@dataclass(frozen=True)
class Quote:
    """Characters [start, end) of a source's chunk.

    `header` is the header of the table that a row is of. `near` is what it is read with: the document's name, its
    headings, and the sentences before and after it.
    """

    source: Source
    start: int
    end: int
    text: str
    header: str
    near: str

    @property
    def readable(self) -> str:
        """The quote as it is understood alone: a row below the header of its table."""
        return f"{self.header}\n{self.text}" if self.header else self.text

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table."""
        return self.text.startswith("|")

    @cached_property
    def grams(self) -> frozenset[str]:
        """What it claims; a row with the names of its columns."""
        return claim_grams(f"{self.header}\n{self.text}")

    @cached_property
    def near_grams(self) -> frozenset[str]:
        return claim_grams(self.near)

    @cached_property
    def folded(self) -> str:
        """It and what it is read with, folded: what words of a question are looked for in."""
        return with_digits(fold("\n".join((self.header, self.text, self.near))))

    @cached_property
    def held(self) -> frozenset[str]:
        """The numbers that it can be quoted for."""
        return held(f"{self.header}\n{self.text}")

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The figures in it and in what it is read with."""
        return figures(f"{self.header}\n{self.text}\n{self.near}")

    @cached_property
    def years(self) -> frozenset[str]:
        """The years that it speaks of itself."""
        return years(f"{self.header}\n{self.text}")

    @cached_property
    def near_held(self) -> frozenset[str]:
        return held(self.near)


def quotes_of(sources: Sequence[Source]) -> list[Quote]:
    """Every sentence and row of the sources, in order."""
    return [quote for source in sources for quote in _quotes(source)]


def _quotes(source: Source) -> Iterator[Quote]:
    chunk = source.hit.chunk
    spans = list(sentence_spans(chunk.text))
    texts = [chunk.text[start:end] for start, end in spans]
    about = " ".join((chunk.document_name, *chunk.heading_path))
    header = ""
    for i, (start, end) in enumerate(spans):
        row, before = texts[i].startswith("|"), texts[i - 1] if i else ""
        header = (header if before.startswith("|") else texts[i]) if row else ""
        after = texts[i + 1] if i + 1 < len(texts) else ""
        # The rows beside a row hold other things of the same kind; its header says what is in its columns.
        near = (about,) if row else (about, before, after)
        yield Quote(source, start, end, texts[i], header if header != texts[i] else "", "\n".join(near))


def citation(quote: Quote, support: Support, revisions: dict[str, int]) -> Citation:
    """A quote with its place in its document."""
    chunk = quote.source.hit.chunk
    begin, end = chunk.start + quote.start, chunk.start + quote.end
    anchors = locate(quote.source.anchors, begin, end)
    place: Anchor | None = anchors[0] if anchors else None
    return Citation(
        n=quote.source.n,
        document_id=chunk.document_id,
        document_name=chunk.document_name,
        revision=revisions.get(chunk.document_id, 0),
        start=begin,
        end=end,
        quote=quote.text,
        support=support,
        page=place.page if place else chunk.page,
        location=(place.location if place else "") or chunk.location,
        anchors=anchors,
    )
