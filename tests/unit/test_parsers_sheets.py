"""Spreadsheets of other programs: values, merged cells, hidden sheets, and sizes that are not believed."""

from zipfile import ZipFile

import pytest

from ingest.document import ParseLimits
from ingest.errors import CellsTooFar, CorruptFile, NoText, TooManyCells
from ingest.parsers import sheets
from ingest.parsers.sheet_extent import largest_grid
from ingest.parsers.sheets import SheetsParser

KIND = "application/vnd.oasis.opendocument.spreadsheet"
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{KIND}"/></manifest:manifest>'
)


def cell(value, more=""):
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string" {more}><text:p>{value}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}" {more}/>'


def row(*cells, more=""):
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


@pytest.fixture
def parse(tmp_path):
    def write_and_parse(*tables):
        path = tmp_path / "blob"
        inner = "".join(f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in tables)
        body = f"<office:body><office:spreadsheet>{inner}</office:spreadsheet></office:body>"
        with ZipFile(path, "w") as package:
            package.writestr("mimetype", KIND)
            package.writestr("META-INF/manifest.xml", MANIFEST)
            package.writestr(
                "content.xml",
                f'<office:document-content {SPACES} office:version="1.2">{body}</office:document-content>',
            )
        return SheetsParser().parse(path, "a.ods", None, ParseLimits())

    return write_and_parse


def test_sheets_with_their_rows_and_values(parse):
    rows = row(cell("项目"), cell("金额")) + row(cell("收入"), cell(12.50)) + row(cell("人数"), cell(3))
    document = parse(("预算", rows), ("空", ""))
    assert [(block.kind, block.location) for block in document.blocks] == [("heading", "预算"), ("table", "预算!A1:B3")]
    assert document.blocks[1].table.grid() == [["项目", "金额"], ["收入", "12.5"], ["人数", "3"]]
    assert document.blocks[1].table.rows[1].location == "预算!A2:B2"


def test_values_that_do_not_begin_in_the_corner(parse):
    blank = row("<table:table-cell/>")
    values = row("<table:table-cell/>", cell("a"), cell("b")) + row("<table:table-cell/>", cell("c"), cell("d"))
    (block,) = parse(("Sheet1", blank + blank + values)).blocks
    assert block.location == "Sheet1!B3:C4"
    assert block.table.grid() == [["a", "b"], ["c", "d"]]


def test_a_few_cells_far_apart_are_few(parse, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_CELLS", 4)
    far = row(cell("a"), cell("b")) + row("<table:table-cell/>", more='table:number-rows-repeated="9000"')
    document = parse(("Sheet1", far + row(cell("c"), cell("d"))))
    assert [block.location for block in document.blocks] == ["Sheet1!A1:B1", "Sheet1!A9002:B9002"]


def blanks(columns=1):
    return f'<table:table-cell table:number-columns-repeated="{columns}"/>'


def test_a_cell_at_the_far_end_is_refused_before_the_library_makes_room_for_it(parse):
    far = row(cell("头")) + row(blanks(16384), more='table:number-rows-repeated="1048574"')
    with pytest.raises(CellsTooFar, match="more than 50000000"):
        parse(("Sheet1", far + row(blanks(16383), cell(5))))
    with pytest.raises(CellsTooFar):
        parse(
            ("Sheet1", row(cell(5, 'table:number-columns-repeated="16384"'), more='table:number-rows-repeated="9999"'))
        )


def test_blank_rows_and_columns_to_the_end_of_a_sheet_are_no_cells(parse):
    end = row(blanks(16384), more='table:number-rows-repeated="1048574"')
    (block,) = parse(("Sheet1", row(cell("a"), cell("b"), blanks(16382)) + row(cell(1), cell(2)) + end)).blocks
    assert block.location == "Sheet1!A1:B2"


def test_the_cells_of_binary_workbooks_are_told_from_their_records(tmp_path):
    def record(kind, data):
        return bytes([kind, len(data)]) + data

    cells = (record(0, (row - 1).to_bytes(4, "little") + bytes(13)) + record(5, bytes(16)) for row in (1, 1048576))
    path = tmp_path / "blob"
    with ZipFile(path, "w") as package:
        package.writestr("xl/worksheets/sheet1.bin", bytes([0x94, 1, 16]) + bytes(16) + b"".join(cells))
    assert largest_grid(path, "a.xlsb") == 1048576


def test_limits_emptiness_and_damage(parse, tmp_path, monkeypatch):
    with pytest.raises(NoText):
        parse(("Sheet1", ""))
    monkeypatch.setattr(sheets, "MAX_CELLS", 3)
    with pytest.raises(TooManyCells):
        parse(("Sheet1", row(cell(1), cell(2)) + row(cell(3), cell(4))))
    monkeypatch.setattr(sheets, "_MAX_GRID", 3)
    with pytest.raises(CellsTooFar):
        parse(("Sheet1", row(cell("a"), cell("b")) * 2))
    path = tmp_path / "b.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(CorruptFile):
        SheetsParser().parse(path, "b.xls", None, ParseLimits())
