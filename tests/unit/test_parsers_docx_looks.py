"""Word documents whose headings have no style: what any reader takes for one is one, and nothing else."""

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from ingest.document import ParseLimits
from ingest.parsers.docx import DocxParser

BODY = "这是正文内容，介绍相关情况和安排，文字较长以便区分标题和正文的长度差别。"


@pytest.fixture
def headings(tmp_path):
    def read(*paragraphs):
        document = docx.Document()
        for paragraph in paragraphs:
            add(document, *((paragraph,) if isinstance(paragraph, str) else paragraph))
        document.save(tmp_path / "blob")
        blocks = DocxParser().parse(tmp_path / "blob", "a.docx", None, ParseLimits()).blocks
        return [(block.level, block.lines[0].text) for block in blocks if block.kind == "heading"]

    return read


def add(document, text, looks="", style=None):
    """A paragraph; `looks` names its size, `bold`, `centred` or a font."""
    paragraph = document.add_paragraph(style=style)
    run = paragraph.add_run(text)
    for look in looks.split():
        if look.isdigit():
            run.font.size = Pt(int(look))
        elif look == "bold":
            run.bold = True
        elif look == "centred":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        else:
            run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), look)


def test_numbers_weight_and_size(headings):
    document = []
    for number, title in zip("一二", ("总体要求", "重点任务"), strict=True):
        document += [(f"{number}、{title}", "16 bold"), BODY, ("（一）子项", "bold"), BODY]
    found = [(1, "一、总体要求"), (2, "（一）子项"), (1, "二、重点任务"), (2, "（一）子项")]
    assert headings(*document) == found
    titled = [(level + 1, title) for level, title in found]
    assert headings(("关于工作的通知", "22 centred"), *document) == [(1, "关于工作的通知"), *titled]
    assert headings(("关于工作的通知", "", "Title"), *document) == [(1, "关于工作的通知"), *titled]


def test_fonts_of_official_documents(headings):
    document = (("一、总体要求", "黑体"), (BODY, "仿宋"), ("（一）子项", "楷体"), (BODY, "仿宋"))
    assert headings(*document) == [(1, "一、总体要求"), (2, "（一）子项")]


def test_one_kind_of_number_is_one_level(headings):
    sizes = ("16", "15", "16")
    document = [(f"{i}. Part of the whole", f"{size} bold") for i, size in enumerate(sizes, 1)]
    assert [level for level, _ in headings(*(each for part in document for each in (part, BODY)))] == [1, 1, 1]


def test_bold_and_larger_without_a_number(headings):
    assert headings(("Overview", "14 bold"), BODY, ("Details", "14 bold"), BODY) == [(1, "Overview"), (1, "Details")]


@pytest.mark.parametrize(
    "paragraph",
    [
        ("注意事项", "bold"),
        ("更大的一行字", "14"),
        ("加粗的一句话，说完了。", "14 bold"),
        ("一、普通的一项", ""),
        ("一、普通的一项说完了；", "bold"),
        ("- 加粗的一项", "14 bold"),
        ("总则 ........ 12", "14 bold"),
        ("2024", "14 bold"),
        ("很长的一行加粗文字" * 5, "14 bold"),
        ("Bold item", "14 bold", "List Bullet"),
        ("图 1 风向", "14 bold", "Caption"),
    ],
)
def test_what_is_no_heading(headings, paragraph):
    assert headings(BODY, paragraph, BODY) == []


def test_what_ends_a_document_is_no_heading(headings):
    assert headings(BODY, BODY, ("一、某某委员会", "16 bold"), ("二〇二四年三月", "16 bold")) == []


def test_a_document_of_large_bold_lines_has_no_headings(headings):
    assert headings(*[("欢迎光临本店", "20 bold"), "短文"] * 4, "完") == []


def test_beside_styles_only_numbered_ones_are_headings_and_stand_below(headings):
    document = (
        ("封面上的标题", "22 bold"),
        ("总则", "", "Heading 1"),
        BODY,
        ("（一）子项", "bold"),
        BODY,
        ("更大的话", "16 bold"),
        ("附则", "", "Heading 1"),
        BODY,
    )
    assert headings(*document) == [(1, "封面上的标题"), (1, "总则"), (2, "（一）子项"), (1, "附则")]


def test_boxes_and_frames_hold_no_headings(tmp_path):
    document = docx.Document()
    document.add_paragraph(BODY)
    cell = document.add_table(1, 1).cell(0, 0)
    run = cell.paragraphs[0].add_run("一、框里的话")
    run.bold, run.font.size = True, Pt(16)
    document.add_paragraph(BODY)
    document.save(tmp_path / "blob")
    blocks = DocxParser().parse(tmp_path / "blob", "a.docx", None, ParseLimits()).blocks
    assert [block.kind for block in blocks] == ["text", "text", "text"]


def test_places_and_automatic_numbers_are_those_of_one_reading(tmp_path):
    document = docx.Document()
    for text in ("Scope", "Terms"):
        paragraph = document.add_paragraph(style="List Number")
        run = paragraph.add_run(text)
        run.bold, run.font.size = True, Pt(16)
        document.add_paragraph(BODY)
    document.save(tmp_path / "blob")
    blocks = DocxParser().parse(tmp_path / "blob", "a.docx", None, ParseLimits()).blocks
    assert [block.location for block in blocks] == ["1. Scope", "1. Scope", "2. Terms", "2. Terms"]
