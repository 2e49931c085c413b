"""Whatever the kind of block: cleaning loses nothing that can be seen, joins of lines and undone hyphens apart."""

import re
from unicodedata import category, normalize

from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.characters import verbatim
from ingest.clean import clean
from ingest.document import Block, Line, ParsedDocument, table_of

# Full and half width, figures raised and lowered, signs, spaces of all kinds, what is invisible, and anything else.
TEXT = st.text(
    st.sampled_from(
        "数据第一条，。；（）甲乙 ab\tXy09.·…-–|\\`*_^²⁸₂ⁿ①㎡½±−％ＡＢ１２；＝\u3000\u00a0\u00ad\u200b\0ｶﾞﬁ⼀"
    )
    | st.characters(codec="utf-8", exclude_characters="\n\r"),
    min_size=1,
    max_size=40,
)
KINDS = ["text", "heading", "code", "caption", "footnote", "figure", "table"]


@st.composite
def blocks(draw):
    kind = draw(st.sampled_from(KINDS))
    if kind == "table":
        rows = draw(st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=4))
        return Block(kind, (), table=table_of(rows, header_rows=draw(st.integers(0, 2))))
    lines = draw(st.lists(TEXT, min_size=1, max_size=4))
    return Block(kind, tuple(map(Line, lines)), level=1 if kind == "heading" else 0, continues=draw(st.booleans()))


def seen(text):
    """The characters of a text that take ink, in one writing for all; hyphens apart, which a join may undo."""
    unseen = ("Cc", "Cf", "Zs", "Zl", "Zp", "Cs", "Co", "Mn")
    text = "".join(char for char in normalize("NFKD", text) if category(char) not in unseen)
    return re.sub(r"[-\u2010\u2011\u2212]", "", text)


def shown(block):
    """The texts that a block shows, in order."""
    if block.table:
        return [cell.text for row in block.table.rows for cell in row.cells]
    return [line.text for line in block.lines]


@given(st.lists(blocks(), min_size=1, max_size=6))
def test_nothing_that_can_be_seen_is_lost(found):
    document = clean(ParsedDocument(tuple(found)))
    assume(not document.notices)  # of paragraphs that repeat one another
    text = seen(document.text.replace("\\|", "|"))
    at = 0
    for piece in (piece for block in found for piece in shown(block)):
        # Dots that lead to a page number become one.
        if re.search(r"(?:\s*[.．·…․‥\ufe19]\W*?){6}", piece):
            continue
        wanted = seen(piece.replace("\\|", "|"))
        place = text.find(wanted, at)
        assert place >= 0, (piece, document.text)
        at = place + len(wanted)


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_code_is_lost_in_no_character(lines):
    document = clean(ParsedDocument((Block("code", tuple(map(Line, lines))),)))
    assert document.text.split("\n") == [kept for line in lines if (kept := verbatim(line))] or not document.text
