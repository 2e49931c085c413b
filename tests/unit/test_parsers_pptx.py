"""Slides: titles, texts in reading order, tables, charts, groups, notes; hidden ones are said."""

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.clean import clean
from ingest.document import ParseLimits
from ingest.errors import CorruptFile, NoText, TooManyPages
from ingest.parsers.pptx import PptxParser


@pytest.fixture
def deck():
    return pptx.Presentation()


@pytest.fixture
def parse(tmp_path):
    def save_and_parse(deck, **limits):
        path = tmp_path / "blob"
        deck.save(path)
        return PptxParser().parse(path, "a.pptx", None, ParseLimits(**limits))

    return save_and_parse


def box(shapes, left, top, text):
    shape = shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(1))
    shape.text_frame.text = text
    return shape


def shown(document):
    return [
        (block.kind, block.location, block.table.grid() if block.table else [line.text for line in block.lines])
        for block in document.blocks
    ]


def test_title_points_and_notes(deck, parse):
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "年度\v总结"
    frame = slide.placeholders[1].text_frame
    frame.text = "收入"
    point = frame.add_paragraph()
    point.text, point.level = "增长三成", 1
    frame.add_paragraph().text = "成本"
    slide.notes_slide.notes_text_frame.text = "讲两分钟"
    assert shown(parse(deck)) == [
        ("heading", "slide 1", ["年度 总结"]),
        ("text", "slide 1", ["收入", "- 增长三成"]),
        ("text", "slide 1", ["成本"]),
        ("footnote", "slide 1", ["讲两分钟"]),
    ]


def test_shapes_are_read_by_rows_and_groups_in_their_place(deck, parse):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    box(slide.shapes, 5, 1.05, "right")
    box(slide.shapes, 1, 4, "below")
    box(slide.shapes, 1, 1, "left")
    group = slide.shapes.add_group_shape()
    box(group.shapes, 3, 3, "second")
    box(group.shapes, 1, 3, "first")
    assert [lines for _, _, lines in shown(parse(deck))] == [["left"], ["right"], ["first"], ["second"], ["below"]]


def test_tables_with_merged_cells(deck, parse):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    table = slide.shapes.add_table(3, 2, Inches(1), Inches(1), Inches(4), Inches(2)).table
    table.cell(0, 0).merge(table.cell(0, 1))
    for row, column, text in ((0, 0, "both"), (1, 0, "a"), (1, 1, "b\nc")):
        table.cell(row, column).text = text
    (block,) = parse(deck).blocks
    assert block.table.grid() == [["both", ""], ["a", "b c"]]
    assert block.table.rows[0].cells[0].columns == 2
    assert block.table.header_rows == 1


@pytest.mark.parametrize("kind", [XL_CHART_TYPE.COLUMN_CLUSTERED, XL_CHART_TYPE.THREE_D_COLUMN, XL_CHART_TYPE.PIE])
def test_charts_are_the_tables_they_are_drawn_from(deck, parse, kind):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["一季度", "二季度"]
    data.add_series("销量", (1.5, None) if kind != XL_CHART_TYPE.PIE else (1.5, 2))
    kept = XL_CHART_TYPE.COLUMN_CLUSTERED if kind == XL_CHART_TYPE.THREE_D_COLUMN else kind
    chart = slide.shapes.add_chart(kept, Inches(1), Inches(1), Inches(4), Inches(3), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "销量图"
    if kind == XL_CHART_TYPE.THREE_D_COLUMN:  # the library writes none, and cannot read them
        plot = chart.element.find(".//{*}barChart")
        plot.tag = plot.tag.replace("barChart", "bar3DChart")
    second = "2" if kind == XL_CHART_TYPE.PIE else ""
    assert shown(parse(deck)) == [
        ("caption", "slide 1", ["销量图"]),
        ("table", "slide 1", [["", "销量"], ["一季度", "1.5"], ["二季度", second]]),
    ]


def test_hidden_slides_and_pictures_are_said(deck, parse, tmp_path):
    from PIL import Image

    Image.new("RGB", (9, 9)).save(tmp_path / "x.png")
    for text in ("one", "two"):
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        box(slide.shapes, 1, 1, text)
    slide.element.set("show", "0")
    slide.shapes.add_picture(str(tmp_path / "x.png"), 0, 0)
    document = parse(deck)
    assert clean(document).text == "one\n\ntwo"
    assert [(w.code, dict(w.params)) for w in document.warnings] == [
        ("hidden-read", {"places": "slide 2"}),
        ("pictures-unread", {"count": 1}),
    ]


def test_raised_and_lowered_figures(deck, parse):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    paragraph = box(slide.shapes, 1, 1, "1.5×10").text_frame.paragraphs[0]
    for text, baseline in (("8", "30000"), (" 元，CO", "0"), ("2", "-25000")):
        run = paragraph.add_run()
        run.text = text
        run.font._element.set("baseline", baseline)
    assert clean(parse(deck)).text == "1.5×10⁸ 元，CO₂"


def test_a_text_put_into_the_title_is_text(deck, parse):
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "很长的一段话。" * 30
    assert parse(deck).blocks[0].kind == "text"


def test_limits_and_damage(deck, parse, tmp_path):
    with pytest.raises(NoText):
        parse(deck)
    for _ in range(3):
        deck.slides.add_slide(deck.slide_layouts[6])
    with pytest.raises(TooManyPages, match="3 pages"):
        parse(deck, pages=2)
    path = tmp_path / "blob"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(CorruptFile):
        PptxParser().parse(path, "a.pptx", None, ParseLimits())
