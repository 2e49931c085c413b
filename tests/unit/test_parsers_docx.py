"""DOCX: headings, lists, tables and boxes in the order of the document."""

from zipfile import ZipFile

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.clean import clean
from ingest.document import ParseLimits
from ingest.errors import CorruptFile, NoText
from ingest.parsers.docx import DocxParser


@pytest.fixture
def parse(tmp_path):
    def save_and_parse(document):
        path = tmp_path / "blob"
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
        "<w:moveFrom {}><w:r><w:t>moved away</w:t></w:r></w:moveFrom>",
        "<w:moveTo {}><w:r><w:t>c</w:t></w:r></w:moveTo>",
        "<w:r {}><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>",
        "<w:r {}><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>d</w:t></w:r>",
        "<w:r {}><w:instrText>PAGE</w:instrText></w:r>",
        "<w:r {}><w:sym w:font='Wingdings' w:char='F0FE'/></w:r>",
        "<w:r {}><w:sym w:font='Wingdings 2' w:char='F0A3'/><w:sym w:font='MS Gothic' w:char='2612'/></w:r>",
        "<w:r {}><w:rPr><w:rFonts w:ascii='Symbol'/></w:rPr><w:t>\uf061</w:t></w:r>",
        "<w:r {}><w:sym w:font='Unknown' w:char='F052'/><w:sym w:font='Unknown' w:char='odd'/></w:r>",
        "<w:r {}><w:ruby><w:rt><w:r><w:t>pīn</w:t></w:r></w:rt>"
        "<w:rubyBase><w:r><w:t>拼</w:t></w:r></w:rubyBase></w:ruby></w:r>",
        "<w:hyperlink {} w:anchor='x'><w:r><w:t>link</w:t></w:r></w:hyperlink>",
    ):
        paragraph._p.append(parse_xml(xml.format(nsdecls("w"))))
    assert shown(parse(document)) == [("text", 0, ["abcd☑□☒α拼link"])]


def test_raised_and_lowered_figures(parse):
    document = docx.Document()
    paragraph = document.add_paragraph()
    for text, shift in (
        ("1.5×10", ""),
        ("-", "superscript"),
        ("8", "superscript"),
        (" 元，H", ""),
        ("2", "subscript"),
        ("O", ""),
    ):
        run = paragraph.add_run(text)
        if shift:
            setattr(run.font, shift, True)
    shifted = "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>{}</w:t></w:r>"
    linked = f"<w:hyperlink {nsdecls('w')} w:anchor='note'>{shifted.format('1')}</w:hyperlink>"
    paragraph._p.append(parse_xml(linked))
    assert shown(parse(document)) == [("text", 0, ["1.5×10⁻⁸ 元，H₂O1"])]


def test_code_keeps_its_spaces_and_its_lines_stand_together(parse):
    document = docx.Document()
    document.styles.add_style("Source Code", WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("before")
    for line in ("if ｘ：", "    y  =  1 ", "", "第一章 end"):
        document.add_paragraph(line, style="Source Code")
    document.add_paragraph("after  all")
    parsed = parse(document)
    assert shown(parsed) == [
        ("text", 0, ["before"]),
        ("code", 0, ["if ｘ：", "    y  =  1", "第一章 end"]),
        ("text", 0, ["after all"]),
    ]
    assert clean(parsed).text == "before\n\nif ｘ：\n    y  =  1\n第一章 end\n\nafter all"


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


def test_a_table_header_of_several_rows_and_slivers_of_the_grid(parse):
    document = docx.Document()
    table = document.add_table(3, 4)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "项目"
    table.cell(0, 1).merge(table.cell(0, 3)).text = "金额"
    table.cell(1, 1).merge(table.cell(1, 2)).text = "本期"
    table.cell(1, 3).text = "上期"
    table.cell(2, 0).text = "收入"
    table.cell(2, 1).merge(table.cell(2, 2)).text = "1"
    (block,) = parse(document).blocks
    assert block.table.grid() == [["项目", "金额", ""], ["", "本期", "上期"], ["收入", "1", ""]]
    assert block.table.header_rows == 2
    assert [(cell.rows, cell.columns) for cell in block.table.rows[0].cells] == [(2, 1), (1, 2)]


def test_header_rows_that_word_repeats(parse):
    document = docx.Document()
    table = document.add_table(3, 2)
    for i, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = str(i)
    for row in table.rows[:2]:
        row._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    assert parse(document).blocks[0].table.header_rows == 2


def test_tables_inside_tables_and_frames(parse):
    document = docx.Document()
    outer = document.add_table(1, 2)
    outer.cell(0, 0).text = "outside"
    inner = outer.cell(0, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "in", "side"
    frame = document.add_table(2, 1)
    frame.cell(0, 0).text = "第一章 总则"
    frame.cell(1, 0).text = "framed"
    assert shown(parse(document)) == [
        ("table", 0, [["outside", ""]]),
        ("table", 0, [["in", "side"]]),
        ("heading", 2, ["第一章 总则"]),
        ("text", 0, ["framed"]),
    ]


def test_captions_by_style_and_by_their_words(parse):
    document = docx.Document()
    for text in ("表 1 见下文", "表 2-1 资产负债表"):
        document.add_paragraph(text)
    cells = document.add_table(1, 2).rows[0].cells
    cells[0].text, cells[1].text = "a", "b"
    document.add_paragraph("图 1 流程", style="Caption")
    kinds = [block.kind for block in parse(document).blocks]
    assert kinds == ["text", "caption", "table", "caption"]


def test_a_table_of_contents_is_not_headings(parse):
    document = docx.Document()
    style = document.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("第一章 总则\t1", style=style)
    document.add_heading("第一章 总则", 1)
    assert shown(parse(document)) == [("text", 0, ["第一章 总则 1"]), ("heading", 1, ["第一章 总则"])]


def test_formulas_are_one_line(parse):
    document = docx.Document()
    fraction = "<m:f><m:num><m:r><m:t>-b±</m:t></m:r>{root}</m:num><m:den><m:r><m:t>2a</m:t></m:r></m:den></m:f>"
    power = "<m:sSup><m:e><m:r><m:t>b</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>"
    root = f"<m:rad><m:deg/><m:e>{power}<m:r><m:t>-4ac</m:t></m:r></m:e></m:rad>"
    math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    formula = f"<m:oMath xmlns:m='{math}'><m:r><m:t>x=</m:t></m:r>{fraction.format(root=root)}</m:oMath>"
    document.add_paragraph("解：")._p.append(parse_xml(formula))
    assert shown(parse(document)) == [("text", 0, ["解：x=(-b±√(b^2-4ac))/(2a)"])]


def notes_part(document, kind, texts):
    """Footnotes or endnotes of our own, from number 1 on."""
    notes = "".join(
        f"<w:{kind} w:id='{i}'><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{kind}>" for i, text in enumerate(texts, 1)
    )
    xml = f"<w:{kind}s {nsdecls('w')}><w:{kind} w:id='-1' w:type='separator'><w:p/></w:{kind}>{notes}</w:{kind}s>"
    name = PackURI(f"/word/{kind}s.xml")
    content = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}s+xml"
    part = Part(name, content, xml.encode(), document.part.package)
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    document.part.relate_to(part, f"{base}/{kind}s")


def refer(paragraph, kind, number):
    paragraph._p.append(parse_xml(f"<w:r {nsdecls('w')}><w:{kind}Reference w:id='{number}'/></w:r>"))


def test_notes_stand_below_what_refers_to_them(parse):
    document = docx.Document()
    notes_part(document, "footnote", ["first", "second"])
    notes_part(document, "endnote", ["last"])
    document.add_heading("A", 1)
    paragraph = document.add_paragraph("one")
    refer(paragraph, "footnote", 1)
    refer(paragraph, "endnote", 1)
    document.add_heading("B", 1)
    table = document.add_table(1, 2)
    table.cell(0, 1).text = "cell"
    refer(table.cell(0, 1).paragraphs[0], "footnote", 2)
    blocks = parse(document).blocks
    assert [(b.kind, b.location, b.lines[0].text) for b in blocks if b.kind == "footnote"] == [
        ("footnote", "A", "first"),
        ("footnote", "A", "last"),
        ("footnote", "B", "second"),
    ]
    assert [b.kind for b in blocks] == ["heading", "text", "footnote", "footnote", "heading", "table", "footnote"]


def test_pictures_are_counted_and_said(parse, tmp_path):
    from PIL import Image

    Image.new("RGB", (9, 9)).save(tmp_path / "x.png")
    document = docx.Document()
    document.add_paragraph("text")
    document.add_picture(str(tmp_path / "x.png"))
    (notice,) = parse(document).warnings
    assert (notice.code, dict(notice.params)) == ("pictures-unread", {"count": 1})


def test_templates_and_documents_with_macros(parse, tmp_path):
    parse_before = docx.Document()
    parse_before.add_paragraph("text")
    parse(parse_before)
    plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    path = tmp_path / "b.docm"
    with ZipFile(tmp_path / "blob") as good, ZipFile(path, "w") as other:
        for name in good.namelist():
            macro = b"application/vnd.ms-word.document.macroEnabled.main+xml"
            other.writestr(name, good.read(name).replace(plain, macro))
    assert shown(DocxParser().parse(path, "b.docm", None, ParseLimits())) == [("text", 0, ["text"])]


def test_empty_and_damaged(parse, tmp_path):
    with pytest.raises(NoText):
        parse(docx.Document())
    path = tmp_path / "b.docx"
    with ZipFile(tmp_path / "blob") as good, ZipFile(path, "w") as bad:
        for name in good.namelist():
            data = good.read(name)
            bad.writestr(name, data[: len(data) // 2] if name == "word/document.xml" else data)
    with pytest.raises(CorruptFile):
        DocxParser().parse(path, "b.docx", None, ParseLimits())
