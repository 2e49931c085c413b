"""The sentences and table rows of the sources: what may be quoted, with what stands around each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.answering.events import Citation, Source, Support
from app.answering.figures import Figure, figures, held, years
from app.answering.sentences import sentence_spans
from app.answering.terms import claim_grams, with_digits
from ingest.document import Anchor
from ingest.locate import locate
from ingest.parsers.outline import ARTICLE, chapter_level
from ingest.store.analyse import fold

# In characters, with the number: a longer line says something.
_LONGEST_TITLE = 24
_SENTENCE = re.compile(r"[。；，：！？,;:!?]|\.$")
# A colon, behind which quotes, brackets and marks of emphasis may be closed; and the number of an item.
_INTRODUCES = re.compile(r"(?:[：:]|如下。|\bas follows\.)[”’」』）)\]】》\"'*_]*$|^\(?\d{1,2}[.)]$", re.IGNORECASE)


@dataclass(frozen=True)
class Quote:
    """Characters [start, end) of a source's chunk.

    `header` is the header of the table that a row is of. `near` is what it is read with: the document's name, its
    headings, and the sentences before and after it. One that `is_heading` says nothing by itself.
    """

    source: Source
    start: int
    end: int
    text: str
    header: str
    near: str
    is_heading: bool = False

    @property
    def readable(self) -> str:
        """The quote as it is understood alone: a row below the header of its table."""
        return f"{self.header}\n{self.text}" if self.header else self.text

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table."""
        return self.text.startswith("|")

    @property
    def introduces(self) -> bool:
        """Whether it leads to what follows, and says nothing without it: 备份分三步："""
        return not self.is_row and bool(_INTRODUCES.search(self.text))

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


def is_heading(answer: str, sources: Sequence[Source]) -> bool:
    """Whether an answer is nothing but a heading of the sources."""
    return answer.strip() in {quote.text for quote in quotes_of(sources) if quote.is_heading}


def _quotes(source: Source) -> Iterator[Quote]:
    chunk = source.hit.chunk
    spans = list(sentence_spans(chunk.text))
    texts = [chunk.text[start:end] for start, end in spans]
    about = " ".join((chunk.document_name, *chunk.heading_path))
    header, headings = "", [_is_heading(source, *span) for span in spans]
    for i, (start, end) in enumerate(spans):
        row, before = texts[i].startswith("|"), texts[i - 1] if i else ""
        header = (header if before.startswith("|") else texts[i]) if row else ""
        after = texts[i + 1] if i + 1 < len(texts) else ""
        # The rows beside a row hold other things of the same kind; its header says what is in its columns.
        near = (about,) if row else (about, before, after)
        # An article without a full stop is its own text, unless there is text below it.
        below = texts[i + 1 : i + 2]
        heading = headings[i] or (_is_titled(texts[i]) and bool(below) and not (headings[i + 1] or _is_titled(*below)))
        yield Quote(source, start, end, texts[i], header if header != texts[i] else "", "\n".join(near), heading)


def _is_heading(source: Source, start: int, end: int) -> bool:
    """Whether characters [start, end) of a source's chunk are a heading of its document.

    A chunk of several small sections has the headings inside: where a format has an outline, the place of a heading
    ends with it; where it has none, the words 第三章 tell.
    """
    chunk = source.hit.chunk
    text = " ".join(chunk.text[start:end].split())
    places = locate(source.anchors, chunk.start + start, chunk.start + end)
    return (
        text in (" ".join(heading.split()) for heading in chunk.heading_path)
        or any(place.location == text or place.location.endswith(f" > {text}") for place in places[:1])
        or chapter_level(text) > 0
    )


def _is_titled(text: str) -> bool:
    """Whether a line has the shape of an article's number with its title: 第八条 提前终止."""
    return bool(ARTICLE.match(text)) and len(text) <= _LONGEST_TITLE and not _SENTENCE.search(text)


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
