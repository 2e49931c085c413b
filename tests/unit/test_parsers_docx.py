"""DOCX: headings, lists, tables and boxes in the order of the document."""

from zipfile import ZipFile

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.document import ParseLimits
from ingest.errors import CorruptFile, NoText
from ingest.parsers.docx import DocxParser


@pytest.fixture
def parse(tmp_path):
    def save_and_parse(document):
        path = tmp_path / "a.docx"
        document.save(path)
        return DocxParser().parse(path, "a.docx", None, ParseLimits())

    return save_and_parse


def shown(document):
    return [
        (block.kind, block.level, block.table.grid() if block.table else [line.text for line in block.lines])
        for block in document.blocks
    ]


def test_order_headings_and_places(parse):
    document = docx.Document()
    document.add_paragraph("before")
    document.add_heading("第一章 总则", 1)
    document.add_paragraph("text")
    table = document.add_table(2, 2)
    for cell, text in zip((c for row in table.rows for c in row.cells), "ab|d", strict=True):
        cell.text = text
    document.add_heading("细则", 2)
    parsed = parse(document)
    assert shown(parsed) == [
        ("text", 0, ["before"]),
        ("heading", 1, ["第一章 总则"]),
        ("text", 0, ["text"]),
        ("table", 0, [["a", "b"], ["|", "d"]]),
        ("heading", 2, ["细则"]),
    ]
    assert [block.location for block in parsed.blocks] == [
        "¶1",
        "第一章 总则",
        "第一章 总则",
        "第一章 总则",
        "第一章 总则 > 细则",
    ]


def test_a_style_that_is_based_on_a_heading(parse):
    document = docx.Document()
    style = document.styles.add_style("公司标题", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 2"]
    document.add_paragraph("范围", style="公司标题")
    assert shown(parse(document)) == [("heading", 2, ["范围"])]


def test_lists_and_line_breaks(parse):
    document = docx.Document()
    paragraph = document.add_paragraph("one\ttwo")
    paragraph.add_run().add_break()
    paragraph.add_run("three")
    item = document.add_paragraph("item")
    item._p.get_or_add_pPr().append(parse_xml(f"<w:numPr {nsdecls('w')}><w:numId w:val='1'/></w:numPr>"))
    assert shown(parse(document)) == [("text", 0, ["one two", "three"]), ("text", 0, ["- item"])]


def test_insertions_count_and_deletions_do_not(parse):
    document = docx.Document()
    paragraph = document.add_paragraph("a")
    for xml in (
        "<w:ins {}><w:r><w:t>b</w:t></w:r></w:ins>",
        "<w:del {}><w:r><w:delText>c</w:delText></w:r></w:del>",
    ):
        paragraph._p.append(parse_xml(xml.format(nsdecls("w"))))
    assert shown(parse(document)) == [("text", 0, ["ab"])]


def test_content_controls_and_text_boxes_are_read(parse):
    document = docx.Document()
    body = document.element.body
    inside = "<w:p><w:r><w:t>controlled</w:t></w:r></w:p>"
    body.insert(0, parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent>{inside}</w:sdtContent></w:sdt>"))
    box = "<w:r {}><w:pict><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>"
    document.add_paragraph("around")._p.append(parse_xml(box.format(nsdecls("w"))))
    assert [lines for _, _, lines in shown(parse(document))] == [["controlled"], ["around"], ["boxed"]]


def test_merged_cells(parse):
    document = docx.Document()
    table = document.add_table(2, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
    table.cell(0, 2).merge(table.cell(1, 2)).text = "tall"
    table.cell(1, 0).text = "x"
    assert shown(parse(document)) == [("table", 0, [["wide", "", "tall"], ["x", "", ""]])]


def test_empty_and_damaged(parse, tmp_path):
    with pytest.raises(NoText):
        parse(docx.Document())
    path = tmp_path / "b.docx"
    with ZipFile(tmp_path / "a.docx") as good, ZipFile(path, "w") as bad:
        for name in good.namelist():
            data = good.read(name)
            bad.writestr(name, data[: len(data) // 2] if name == "word/document.xml" else data)
    with pytest.raises(CorruptFile):
        DocxParser().parse(path, "b.docx", None, ParseLimits())
