"""Workbooks: every sheet as it is shown, with the place of every row."""

import datetime
import re
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
from openpyxl.styles import NamedStyle

from ingest.document import ParseLimits
from ingest.errors import CellsTooFar, CorruptFile, NoText, TooManyCells
from ingest.parsers import sheet_blocks, xlsx, xlsx_scan
from ingest.parsers.xlsx import XlsxParser


@pytest.fixture
def book():
    return openpyxl.Workbook()


@pytest.fixture
def parse(tmp_path):
    def save_and_parse(book, change=None):
        path = tmp_path / "blob"
        book.save(path)
        if change:
            rewrite(path, change)
        return XlsxParser().parse(path, "a.xlsx", None, ParseLimits())

    return save_and_parse


def rewrite(path, change):
    """Pass every member through `change(name, data)`."""
    with ZipFile(path) as package:
        members = {name: package.read(name) for name in package.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED) as package:
        for name, data in members.items():
            package.writestr(name, change(name, data))


def fill(sheet, rows, top=1, left=1):
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if value is not None:
                sheet.cell(top + i, left + j, value)


def shown(document):
    return [
        (block.kind, block.location, block.table.grid() if block.table else [line.text for line in block.lines])
        for block in document.blocks
    ]


def test_a_table_with_its_title_and_remark(book, parse):
    sheet = book.active
    sheet.title = "资产负债表"
    fill(sheet, [["公司资产负债表"], ["单位：万元"], ["项目", "金额"], ["现金", 12.5], ["注：未经审计"]])
    document = parse(book)
    assert shown(document) == [
        ("heading", "资产负债表", ["资产负债表"]),
        ("caption", "资产负债表!A1:A2", ["公司资产负债表", "单位：万元"]),
        ("table", "资产负债表!A3:B4", [["项目", "金额"], ["现金", "12.5"]]),
        ("text", "资产负债表!A5", ["注：未经审计"]),
    ]
    assert [row.location for row in document.blocks[2].table.rows] == ["资产负债表!A3:B3", "资产负债表!A4:B4"]


def test_blank_rows_and_columns_part_tables(book, parse):
    fill(book.active, [["a", "b"], [1, 2]])
    fill(book.active, [["c", "d"], [3, 4]], left=4)
    fill(book.active, [["e", "f"], [5, 6]], top=5, left=2)
    assert shown(parse(book)) == [
        ("table", "Sheet!A1:B2", [["a", "b"], ["1", "2"]]),
        ("table", "Sheet!D1:E2", [["c", "d"], ["3", "4"]]),
        ("table", "Sheet!B5:C6", [["e", "f"], ["5", "6"]]),
    ]


def test_tables_that_touch_at_a_corner(book, parse):
    fill(book.active, [["a", "b"], [1, 2]])
    fill(book.active, [["c", "d"], [3, 4]], top=3, left=3)
    assert [location for _, location, _ in shown(parse(book))] == ["Sheet!A1:B2", "Sheet!C3:D4"]


def test_a_lone_column_beside_a_gap_stays_with_its_row(book, parse):
    fill(book.active, [["甲方", None, "某某公司", "电话", None, "123"], ["乙方", None, "个人", "电话", None, "456"]])
    assert [location for _, location, _ in shown(parse(book))] == ["Sheet!A1:F2"]


def test_merged_cells_and_a_header_of_two_rows(book, parse):
    sheet = book.active
    fill(sheet, [["项目", "2024", None], [None, "收入", "成本"], ["甲", 1, 2], [None, 3, 4]])
    for cells in ("A1:A2", "B1:C1", "A3:A4"):
        sheet.merge_cells(cells)
    (block,) = parse(book).blocks
    assert block.table.header_rows == 2
    assert block.table.grid() == [["项目", "2024", ""], ["", "收入", "成本"], ["甲", "1", "2"], ["", "3", "4"]]
    spans = {cell.text: (cell.rows, cell.columns) for row in block.table.rows for cell in row.cells}
    assert (spans["项目"], spans["2024"], spans["甲"], spans["1"]) == ((2, 1), (1, 2), (2, 1), (1, 1))


def test_rows_that_stay_in_sight_are_the_header(book, parse):
    fill(book.active, [["a", "b"], ["c", "d"], [1, 2], [3, 4]])
    book.active.freeze_panes = "A3"
    assert parse(book).blocks[0].table.header_rows == 2


def test_a_merge_down_to_the_last_row_of_a_sheet_costs_nothing(book, parse):
    fill(book.active, [["a", "b"], [1, 2]])
    book.active.merge_cells("B2:C2")

    def widen(name, data):
        return data.replace(b'ref="B2:C2"', b'ref="B2:XFD1048576"')

    assert parse(book, widen).blocks[0].table.grid() == [["a", "b"], ["1", "2"]]


def test_a_cell_at_the_far_end_costs_nothing(book, parse):
    fill(book.active, [["a", "b"]])
    book.active.cell(1048576, 16384, "far")
    assert shown(parse(book))[1] == ("text", "Sheet!XFD1048576", ["far"])


def whole_sheet_merged(name, data):
    cells = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048575"/></mergeCells>'
    return data.replace(b"</sheetData>", b"</sheetData>" + cells) if "sheet1" in name else data


def break_styles(name, data):
    return data.replace(b"<fonts", b"<fontz").replace(b"</fonts", b"</fontz") if name == "xl/styles.xml" else data


def without_styles(name, data):
    return b"<styleSheet" if name == "xl/styles.xml" else data


def test_merged_cells_without_end_reach_as_far_as_there_are_cells(book, parse):
    fill(book.active, [["组", "值"], ["甲", 0.5], [None, 1], [None, 2]])
    book.active["B2"].number_format = "0%"

    def columns_merged(name, data):
        cells = b'<mergeCells count="1"><mergeCell ref="A2:A1048576"/></mergeCells>'
        return data.replace(b"</sheetData>", b"</sheetData>" + cells) if "sheet1" in name else data

    (block,) = parse(book, columns_merged).blocks
    assert block.location == "Sheet!A1:B4"
    assert [(cell.text, cell.rows) for cell in block.table.rows[1].cells] == [("甲", 3), ("50%", 1)]


def test_a_cell_at_the_far_end_of_a_sheet_merged_as_a_whole(book, parse):
    fill(book.active, [["头"]])
    book.active.cell(1048576, 16384, 0.05).number_format = "0%"
    assert shown(parse(book, whole_sheet_merged)) == [
        ("text", "Sheet!A1", ["头"]),
        ("text", "Sheet!XFD1048576", ["5%"]),
    ]


def test_merged_cells_beyond_the_limit_are_read_as_the_first_of_them(book, parse, monkeypatch):
    fill(book.active, [["a", "b"], ["c", "d"], ["e", "f"]])
    book.active.merge_cells("A1:A2")
    book.active.merge_cells("B1:B3")
    monkeypatch.setattr(xlsx_scan, "MAX_CELLS", 6)
    monkeypatch.setattr(xlsx, "MAX_CELLS", 4)
    assert parse(book).blocks[0].table.rows[0].cells[1].rows == 3
    monkeypatch.setattr(sheet_blocks, "MAX_CELLS", 4)
    assert [cell.rows for cell in parse(book).blocks[0].table.rows[0].cells] == [2, 1]


def test_a_broken_workbook_with_a_cell_at_the_far_end_is_refused(book, parse):
    fill(book.active, [["头"]])
    book.active.cell(1048576, 16384, 5)
    with pytest.raises(CellsTooFar, match="more than 50000000"):
        parse(book, without_styles)


def test_values_are_as_they_are_shown(book, parse):
    sheet = book.active
    values = [
        (0.153, "0.0%"),
        (1234.5, '"¥"#,##0.00'),
        (datetime.datetime(2024, 3, 5), 'yyyy"年"m"月"d"日"'),
        (datetime.datetime(2024, 3, 5), "mm-dd-yy"),
        (True, "General"),
        ("007", "@"),
        ("=1/0", "General"),
        ("多\n行", "General"),
    ]
    for column, (value, code) in enumerate(values, 1):
        sheet.cell(1, column, value).number_format = code
    sheet.cell(1, 7).value, sheet.cell(1, 7).data_type = "#DIV/0!", "e"
    (block,) = parse(book).blocks
    assert block.table.grid() == [
        ["15.3%", "¥1,234.50", "2024年3月5日", "2024-03-05", "TRUE", "007", "#DIV/0!", "多\n行"]
    ]


def test_raised_and_lowered_figures(book, parse):
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    raised, lowered = (TextBlock(InlineFont(vertAlign=align), "2") for align in ("superscript", "subscript"))
    bold = TextBlock(InlineFont(b=True), "粗")
    fill(book.active, [["面积", "气体"], [CellRichText("m", raised, " 内"), CellRichText("CO", lowered, bold)]])
    (block,) = [block for block in parse(book).blocks if block.table]
    assert block.table.grid() == [["面积", "气体"], ["m² 内", "CO₂粗"]]


def test_date_formats_that_only_east_asian_excel_knows(book, parse):
    fill(book.active, [["日期", "x"], [45356, 1]])
    book.active["A2"].number_format = "0.0"

    def to_builtin(name, data):
        data = re.sub(rb"<numFmts.*?</numFmts>", b"", data, flags=re.DOTALL)
        return data.replace(b'numFmtId="164"', b'numFmtId="31"')

    assert parse(book, to_builtin).blocks[0].table.grid()[1] == ["2024年3月5日", "1"]


def test_formulas_give_their_saved_results_and_those_without_are_counted(book, parse):
    fill(book.active, [["a", "sum"], [1, "=A2*2"], [3, "=A3*2"]])

    def save_result(name, data):
        return data.replace(b"<f>A2*2</f><v></v>", b"<f>A2*2</f><v>2</v>").replace(
            b"<f>A2*2</f><v />", b"<f>A2*2</f><v>2</v>"
        )

    document = parse(book, save_result)
    assert document.blocks[0].table.grid() == [["a", "sum"], ["1", "2"], ["3", ""]]
    assert [(w.code, dict(w.params)) for w in document.warnings] == [("formulas-unsaved", {"count": 1})]


def test_hidden_parts_are_read_and_said(book, parse):
    fill(book.active, [["a", "b"], [1, 2], [3, 4]])
    book.active.row_dimensions[2].hidden = True
    book.active.column_dimensions["B"].hidden = True
    secret = book.create_sheet("secret")
    fill(secret, [["c", "d"]])
    secret.sheet_state = "hidden"
    document = parse(book)
    assert len([block for block in document.blocks if block.table]) == 2
    (notice,) = document.warnings
    assert (notice.code, notice.params["places"]) == ("hidden-read", "Sheet!2; Sheet!B:B; secret")


def test_a_workbook_whose_styles_are_broken_is_read_without_them(book, parse):
    fill(book.active, [["a", "b"], [0.5, 2]])
    book.add_named_style(NamedStyle("mine"))
    document = parse(book, break_styles)
    assert document.blocks[0].table.grid() == [["a", "b"], ["0.5", "2"]]
    assert [notice.code for notice in document.warnings] == ["formats-unread"]


def test_formulas_without_results_are_counted_without_styles_too(book, parse):
    fill(book.active, [["a", "b"], ["=1+1", 2]])
    book.add_named_style(NamedStyle("mine"))
    document = parse(book, break_styles)
    assert [notice.code for notice in document.warnings] == ["formats-unread", "formulas-unsaved"]


def test_a_chart_sheet_without_a_chart_costs_no_formats(book, parse):
    fill(book.active, [["a", "b"], [0.5, 2]])
    book.active["A2"].number_format = "0%"
    book.create_chartsheet("图")
    relations = "xl/chartsheets/_rels/sheet1.xml.rels"
    document = parse(book, lambda name, data: b"" if name == relations else data)
    assert document.blocks[0].table.grid() == [["a", "b"], ["50%", "2"]]
    assert not document.warnings


def test_limits_emptiness_and_damage(book, parse, monkeypatch):
    with pytest.raises(NoText):
        parse(book)
    fill(book.active, [[1] * 10] * 10)
    monkeypatch.setattr(xlsx_scan, "MAX_CELLS", 99)
    with pytest.raises(TooManyCells, match="99 cells"):
        parse(book)
    monkeypatch.setattr(xlsx_scan, "MAX_CELLS", 100)
    with pytest.raises(CorruptFile):
        parse(book, lambda name, data: data[: len(data) // 2] if "sheet1" in name or "workbook.xml" in name else data)


def test_columns_have_their_letters():
    names = {0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD"}
    assert [sheet_blocks.letters(number) for number in names] == list(names.values())
    assert [sheet_blocks.number_of(name) for name in names.values()] == list(names)
