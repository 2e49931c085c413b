"""Whatever the document: chunks are exact, cover everything, and keep the limit."""

import re

from hypothesis import given
from hypothesis import strategies as st

from ingest.characters import tidy, verbatim
from ingest.clean import clean
from ingest.document import Block, Line, ParsedDocument, table_of
from ingest.split import split

TEXT = st.text(
    st.sampled_from("数据安全法第一条。！？；，、：”’）…ab zW.!?-|\\\n\t　0") | st.characters(codec="utf-8"),
    max_size=120,
)
LINES = st.lists(TEXT.map(lambda text: text.replace("\n", " ")), min_size=1, max_size=6)


@st.composite
def blocks(draw):
    kind = draw(st.sampled_from(["text", "text", "heading", "table", "code", "caption", "footnote"]))
    page = draw(st.sampled_from([None, 1, 2]))
    continues = draw(st.booleans())
    if kind == "table":
        rows = draw(st.lists(st.lists(TEXT, min_size=1, max_size=3), max_size=5))
        table = table_of(rows, header_rows=draw(st.integers(0, 2)))
        return Block(kind, (), page=page, table=table, continues=continues)
    lines = draw(LINES)
    if kind == "heading":
        lines = lines[:1]
    level = draw(st.integers(1, 6)) if kind == "heading" else 0
    return Block(kind, tuple(map(Line, lines)), page=page, level=level, continues=continues)


DOCUMENTS = st.lists(blocks(), max_size=12).map(lambda found: ParsedDocument(tuple(found)))


def by_words(texts):
    return [2 + len(re.findall(r"[\u2e80-\u9fff]|[^\s\u2e80-\u9fff]{1,4}", text)) for text in texts]


def by_characters(texts):
    return [3 + len(text) for text in texts]


COUNTS = st.sampled_from([by_words, by_characters])


TITLES = st.sampled_from(["", "年报", "A title of several words that takes more room than a small chunk has"])


@given(DOCUMENTS, COUNTS, st.integers(8, 60), st.integers(0, 60), TITLES)
def test_spans(parsed, count, target, more, title):
    document = clean(parsed)
    limit = target + more
    chunks = split(document, count, target_tokens=target, max_tokens=limit, title=title)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    at = 0
    for chunk in chunks:
        assert chunk.text == document.text[chunk.start : chunk.end]
        assert chunk.text.strip() == chunk.text.strip("\n") or chunk.text.strip()
        assert not document.text[at : chunk.start].strip()
        assert at <= chunk.start < chunk.end
        assert chunk.tokens == count([chunk.indexed_text])[0] <= limit
        at = chunk.end
    assert not document.text[at:].strip()
    assert split(document, count, target_tokens=target, max_tokens=limit, title=title) == chunks


@given(DOCUMENTS)
def test_cleaned_spans(parsed):
    document = clean(parsed)
    at = 0
    for anchor in document.anchors:
        assert at <= anchor.start < anchor.end <= len(document.text)
        assert document.text[anchor.start : anchor.end].strip()
        assert "\n" not in document.text[anchor.start : anchor.end]
        at = anchor.end
    at = 0
    for block in document.blocks:
        assert all(document.text[start:end].strip() for start, end in block.heads)
        assert not document.text[at : block.start].strip()
        assert at <= block.start < block.end
        at = block.end
    assert at == len(document.text)


@given(st.lists(st.text(st.sampled_from("甲乙ab12，。. ("), min_size=1, max_size=40), min_size=1, max_size=8))
def test_nothing_visible_is_lost(lines):
    document = clean(ParsedDocument((Block("text", tuple(map(Line, lines))),)))
    seen = "".join(document.text.split())
    for line in lines:
        shown = "".join(line.split())
        if not re.search(r"(?:\s?\.){6}", line):
            assert shown in seen


@given(st.text(max_size=60), st.booleans())
def test_tidying_twice_changes_nothing(text, indent):
    once = tidy(text, indent=indent)
    assert tidy(once, indent=indent) == once


@given(st.text(max_size=60))
def test_code_twice_changes_nothing(text):
    once = verbatim(text)
    assert verbatim(once) == once
