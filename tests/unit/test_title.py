"""What a file's name says of a document, and what is searched of a chunk."""

import pytest

from ingest.script import columns
from ingest.title import indexed_text, title_of


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("比亚迪2025一季报.pdf", "比亚迪2025一季报"),
        ("Super_Bowl_50.txt", "Super Bowl 50"),
        ("v1.2 release notes", "v1.2 release notes"),
        ("README", "README"),
        ("20240131.pdf", ""),
        ("d41d8cd98f00b204e9800998ecf8427e.pdf", ""),
        ("合同 3f2b8c1d-77aa-4c21.docx", "合同"),
        ("张三 110101199003077758 简历.docx", "张三 简历"),
    ],
)
def test_titles(name: str, title: str) -> None:
    assert title_of(name) == title


def test_a_long_name_is_cut() -> None:
    assert title_of("年" * 100 + ".pdf") == "年" * 40
    assert columns(title_of("word " * 50)) <= 80


def test_a_title_stands_above_the_headings_once() -> None:
    assert indexed_text("年报", ("第一章",), "正文") == "年报 > 第一章\n正文"
    assert indexed_text("年报", ("年报", "第一章"), "正文") == "年报 > 第一章\n正文"
    assert indexed_text("", (), "正文") == "正文"
    assert indexed_text("年报", (), "正文") == "年报\n正文"
