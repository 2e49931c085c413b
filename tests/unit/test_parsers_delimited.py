"""CSV in the dialects and encodings in which programs write it."""

import pytest

from ingest.document import ParseLimits
from ingest.errors import CorruptFile, NoText, TooManyCells, UnsupportedFile
from ingest.parsers import delimited
from ingest.parsers.delimited import DelimitedParser, delimiter_of


@pytest.fixture
def parse(tmp_path):
    def write_and_parse(data):
        path = tmp_path / "a.csv"
        path.write_bytes(data)
        return DelimitedParser().parse(path, "a.csv", None, ParseLimits())

    return write_and_parse


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(parse, encoding):
    text = "姓名,城市,备注\r\n张三,北京,我们的第一个用户\r\n李四,上海,这是第二个用户\r\n"
    (block,) = parse(text.encode(encoding)).blocks
    assert block.table.grid()[1] == ["张三", "北京", "我们的第一个用户"]
    assert [row.location for row in block.table.rows] == ["A1:C1", "A2:C2", "A3:C3"]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb\n1,000\t2\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ("sep=;\na;b\n", ";"),
        ('"x;y",1\n"z;w",2\n', ","),
        ("one column\nof text\n", ","),
    ],
)
def test_delimiters(text, delimiter):
    assert delimiter_of(text) == delimiter


def test_quotes_line_breaks_and_the_line_that_names_the_delimiter(parse):
    (block,) = parse(b'sep=;\na;b\n"x; ""y""";"two\nlines"\n').blocks
    assert block.table.grid() == [["a", "b"], ['x; "y"', "two\nlines"]]
    assert block.table.rows[0].location == "A2:B2"


def test_a_title_above_and_a_second_table_below(parse):
    blocks = parse("2024 年报\n项目,金额\n收入,1\n\n项目,人数\n员工,2\n".encode()).blocks
    assert [(block.kind, block.location) for block in blocks] == [
        ("caption", "A1"),
        ("table", "A2:B3"),
        ("table", "A5:B6"),
    ]


def test_what_cannot_be_read(parse, monkeypatch):
    with pytest.raises(NoText):
        parse(b" , \n")
    with pytest.raises(UnsupportedFile):
        parse(bytes(range(256)) * 20)
    with pytest.raises(CorruptFile, match="never closed"):
        parse(b'a,"' + b"x" * 200_000)
    monkeypatch.setattr(delimited, "MAX_CELLS", 3)
    with pytest.raises(TooManyCells):
        parse(b"a,b\n1,2\n")
