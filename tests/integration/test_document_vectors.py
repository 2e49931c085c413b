"""Documents made for one thing each: what must be read from them, where it stands, and what must not be read."""

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.clean import clean
from ingest.errors import PasswordNeeded
from ingest.locate import locate
from ingest.parse import parse
from tests.data.make_documents import FILES

FOLDER = Path(__file__).parents[1] / "data" / "documents"
VECTORS = {vector["file"]: vector for vector in tomllib.loads((FOLDER / "vectors.toml").read_text("utf-8"))["vector"]}
CATEGORIES = {
    *("columns", "vertical text", "turned pages", "headings", "contents", "running heads", "footnotes", "captions"),
    *("lists", "joined lines", "tables", "garbled layer", "unseen text", "password", "scans", "pictures"),
    *("word", "slides", "sheets", "delimited", "web pages", "markdown", "books", "plain text", "mails"),
}
KEYS = {
    *("file", "category", "password", "bug", "include", "exclude", "once", "order", "headings", "not_headings"),
    *("blocks", "kinds", "tables", "boxes", "locations", "report", "notices"),
}
# In points, about half the height of a line of text; for large print, a quarter of it. And in degrees.
NEAR, NEARLY = 6.0, 0.5


@pytest.fixture(scope="module")
def read():
    """Documents by their names, parsed and cleaned; each is read once."""
    known = {}

    def get(name):
        if name not in known:
            parsed = parse(FOLDER / name, name, password=VECTORS[name].get("password"))
            known[name] = parsed, clean(parsed)
        return known[name]

    return get


def vectors(key):
    """Every vector that has a key; where the parser is wrong as yet, the test is expected to fail."""
    return pytest.mark.parametrize(
        "vector",
        [pytest.param(vector, id=name, marks=marks(vector, key)) for name, vector in VECTORS.items() if key in vector],
    )


def marks(vector, key):
    bug = vector.get("bug", {}).get(key)
    return [pytest.mark.xfail(reason=bug, strict=True)] if bug else []


def found(document, text):
    """The anchors of a text where it stands first."""
    assert text in document.text
    at = document.text.index(text)
    return locate(document.anchors, at, at + len(text))


def test_every_file_has_a_vector_and_every_category_a_file():
    assert sorted(VECTORS) == sorted(path.name for path in FOLDER.iterdir() if path.name != "vectors.toml")
    assert sorted(VECTORS) == sorted(FILES)
    assert {vector["category"] for vector in VECTORS.values()} == CATEGORIES
    assert set().union(*VECTORS.values()) <= KEYS
    assert all(set(vector.get("bug", {})) <= set(vector) for vector in VECTORS.values())


@vectors("include")
@pytest.mark.slow
def test_text(read, vector):
    _, document = read(vector["file"])
    assert [text for text in vector["include"] if text not in document.text] == []
    assert [text for text in vector.get("exclude", ()) if text in document.text] == []
    assert [text for text in vector.get("once", ()) if document.text.count(text) != 1] == []


@vectors("order")
def test_order(read, vector):
    _, document = read(vector["file"])
    at = 0
    for text in vector["order"]:
        at = document.text.find(text, at)
        assert at >= 0, f"{text} does not stand where it should"
        at += len(text)


@vectors("file")
def test_spans(read, vector):
    _, document = read(vector["file"])
    for spans in (document.anchors, document.blocks):
        assert all(0 <= span.start < span.end <= len(document.text) for span in spans)
        assert all(before.end <= after.start for before, after in pairwise(spans))
    assert all(found(document, text) for text in vector["include"] if text in document.text)
    assert all(anchor.location or (anchor.page and anchor.box) for anchor in document.anchors)


@vectors("headings")
def test_headings(read, vector):
    _, document = read(vector["file"])
    paths = {" > ".join(block.heading_path) for block in document.blocks}
    assert [path for path in vector["headings"] if not any(f" > {path} > " in f" > {each} > " for each in paths)] == []


@vectors("not_headings")
def test_what_is_no_heading(read, vector):
    _, document = read(vector["file"])
    titles = {document.text[block.start : block.end] for block in document.blocks if block.kind == "heading"}
    titles |= {" > ".join(block.heading_path) for block in document.blocks}
    assert [(text, title) for text in vector["not_headings"] for title in titles if text in title] == []


@vectors("blocks")
def test_blocks(read, vector):
    _, document = read(vector["file"])
    texts = {document.text[block.start : block.end] for block in document.blocks}
    assert set(vector["blocks"]) <= texts


@vectors("kinds")
def test_kinds(read, vector):
    _, document = read(vector["file"])
    for expected in vector["kinds"]:
        at = document.text.index(expected["text"])
        (kind,) = {block.kind for block in document.blocks if block.start <= at < block.end}
        assert (expected["text"], kind) == (expected["text"], expected["kind"])


@vectors("tables")
def test_tables(read, vector):
    parsed, _ = read(vector["file"])
    assert [block.table.grid() for block in parsed.blocks if block.table] == vector["tables"]


@vectors("boxes")
def test_boxes(read, vector):
    """A line or a cell is marked where it stands, whole and with nothing beside it."""
    _, document = read(vector["file"])
    for expected in vector["boxes"]:
        (anchor,) = found(document, expected["text"])
        box = anchor.box
        edges = zip((box.x0, box.y0, box.x1, box.y1), expected["box"], strict=True)
        near = max(NEAR, (expected["box"][3] - expected["box"][1]) / 4)
        assert anchor.page == expected["page"], expected["text"]
        assert all(abs(edge - true) <= near for edge, true in edges), (expected["text"], box)


@vectors("locations")
def test_locations(read, vector):
    _, document = read(vector["file"])
    for expected in vector["locations"]:
        place = found(document, expected["text"])[0].location
        assert f" > {place}".endswith(f" > {expected['location']}"), (expected["text"], place)


@vectors("report")
def test_report(read, vector):
    parsed, _ = read(vector["file"])
    for expected in vector["report"]:
        report = parsed.pages[expected["page"] - 1]
        for key, value in expected.items():
            told = report.number if key == "page" else getattr(report, key)
            if key == "removed":
                assert set(value) <= set(told)
            elif key == "skew":
                assert abs(abs(told) - value) <= NEARLY
            elif key in ("width", "height"):
                assert abs(told - value) <= 1
            else:
                assert (key, told) == (key, value)


@vectors("notices")
def test_notices(read, vector):
    parsed, document = read(vector["file"])
    assert set(vector["notices"]) <= {notice.code for notice in (*parsed.warnings, *document.notices)}


@vectors("password")
def test_without_its_password_nothing_is_read(vector):
    with pytest.raises(PasswordNeeded):
        parse(FOLDER / vector["file"], vector["file"])
