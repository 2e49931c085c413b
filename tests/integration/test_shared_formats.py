"""Real files of every kind but PDF: what must be read is read, in its place, and what must not is not."""

import shutil
from pathlib import Path

import pytest

from ingest.clean import clean
from ingest.errors import ConverterMissing, CorruptFile, NoText
from ingest.parse import parse

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def read(shared_data):
    """Documents by their path in the folder, each read once."""
    known = {}

    def get(name):
        if name not in known:
            known[name] = parse(shared_data / "docs" / name, Path(name).name)
        return known[name]

    return get


@pytest.mark.parametrize(
    ("name", "there", "not_there"),
    [
        (
            "office_docx/rapiddoc-contract.docx",
            ["2.1.1.2 续号标题", "(1) 如有未尽事宜", "① 本合同一式四份", "a. 最里层列表", "x=(-b±√(b^2-4ac))/(2a)"],
            [],
        ),
        (
            "office_docx/mineru-docx_01.docx",
            [
                "1.2.2 Table with nested table",
                "∑_(n=1)^∞",
                "| Category 5 | 4.3 | 2.4 | 2 |",
                "Table 1: This is an easy",
            ],
            [],
        ),
        (
            "office_docx/核电厂定期安全审查指南-第6部分.docx",
            ["5.2.1 安全重要构筑物和系统", "a) 反应堆及反应堆冷却剂系统"],
            [],
        ),
        (
            "office_docx/word_sample.docx",
            ["1. Wear sunglasses", "| Berries | Blueberry, Strawberry, Cranberry | 150 |"],
            [],
        ),
        ("office_pptx/pptx_chart.pptx", ["Wild Duck Observations by Year", "| 2022 | 175 | 130 |"], []),
        ("office_xlsx/easyexcel-t02.xlsx", ["PENTYLENE GLYCOL", "| 序号 | 原料编号 |"], []),
        ("office_doc_legacy/easyexcel-t01.xls", ["| Q235(碳钢) | HV200 | DIN9021 |"], []),
        ("csv/easyexcel-demo.csv", ["| 字符串0 | 2020-01-01 01:01:00 | 1 |"], []),
        ("html/wiki_duck.html", ["common name for numerous species"], ["Create account", "Privacy policy", "Donate"]),
        ("html/debian-reference-ch02.zh-cn.html", ["aptitude", "表 2."], ["起始页", "下一页"]),
        ("epub/debmake-doc.zh-cn.epub", ["debmake", "debian/control"], []),
        ("epub/wasteland.epub", ["April is the cruellest month"], []),
        ("txt_legacy_encodings/gb2312-14.blog.westca.com.xml", ["希望下回可以一举中的"], ["<item>", "\ufffd"]),
        ("txt_legacy_encodings/big5-sanwenji.blogspot.com.xml", ["散文集"], ["<entry>", "\ufffd"]),
        (
            "txt_legacy_encodings/gb2312-chromium_gb18030_with_no_encoding_specified.html.xml",
            ["中国"],
            ["\ufffd", "<p>"],
        ),
        ("corrupt/html-renamed.pdf", ["Debian GNU/Linux"], ["<html"]),
    ],
)
def test_what_is_read(read, name, there, not_there):
    document = clean(read(name))
    assert [text for text in there if text not in document.text] == []
    assert [text for text in not_there if text in document.text] == []
    assert all(anchor.location for anchor in document.anchors)


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("office_docx/word_sample.docx", {"¶1", "Let’s swim! > Let’s eat"}),
        ("office_pptx/pptx_chart.pptx", {"slide 1", "slide 2"}),
        ("office_xlsx/langchain-ChatGLM_closed.xlsx", {"Sheet1!A1:F1", "Sheet1!A173:F173"}),
        ("office_xlsx/xlsx_06_edge_cases_.xlsx", {"Diagonal!A1:F1", "Diagonal!G5:I5"}),
        ("office_doc_legacy/easyexcel-t01.xls", {"产品数据!A1:R1", "产品数据!A3:R3"}),
        ("csv/easyexcel-demo.csv", {"A1:C1", "A11:C11"}),
    ],
)
def test_where_it_stands(read, name, places):
    assert places <= {anchor.location for anchor in clean(read(name)).anchors}


@pytest.mark.parametrize(
    ("name", "error"), [("corrupt/truncated.docx", CorruptFile), ("office_xlsx/empty.xlsx", NoText)]
)
def test_what_cannot_be_read(read, name, error):
    with pytest.raises(error, match=Path(name).name):
        read(name)


def test_an_old_word_file(read):
    name = "office_doc_legacy/legacy_sample.doc"
    if shutil.which("soffice") is None:
        with pytest.raises(ConverterMissing, match="Install LibreOffice"):
            read(name)
    else:
        assert "1. Wear sunglasses" in clean(read(name)).text
