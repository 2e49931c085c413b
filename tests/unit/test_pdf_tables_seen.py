"""Tables that the layout model sees: where it is asked, and what rules and texts make of its cuts."""

import pytest

from ingest.pdf.frame import Frame
from ingest.pdf.layout_model import Region
from tests.support.table_page import Page, asked, found, glyphs, only, rest, spans

REGION = Region((50, 80, 450, 230), (120, 150, 180, 205), (140, 240, 340))


def booktabs() -> Page:
    page = Page(rules=[(50, 85, 450, 85), (145, 115, 445, 115), (50, 145, 450, 145), (50, 225, 450, 225)])
    page.write(260, 105, "Amount")
    page.write(60, 135, "Kind", "low", "mid", "high")
    page.write(60, 165, "Apples", "1.5", "2.5", "13.5")
    page.write(60, 190, "Pears", "2.5", "", "4.5")
    page.write(60, 215, "All the fruit")
    page.write(160, 215, "4", "2.5", "18")
    return page


def test_a_table_of_a_few_rules_is_read_between_the_cuts_of_the_model():
    page = booktabs()
    assert asked(page)
    table = only(page, REGION)
    assert table.grid() == [
        ["", "Amount", "", ""],
        ["Kind", "low", "mid", "high"],
        ["Apples", "1.5", "2.5", "13.5"],
        ["Pears", "2.5", "", "4.5"],
        ["All the fruit", "4", "2.5", "18"],
    ]
    assert spans(table)["Amount"] == (0, 1, 1, 3)
    assert table.header_rows == 2
    assert found(page, REGION).rest == []


def test_names_over_several_lines_are_one_cell_where_no_rule_parts_them():
    page = Page(rules=[(50, 85, 350, 85), (50, 145, 350, 145)])
    page.write(60, 112, "", "Price", "Price")
    page.write(60, 126, "Fruit", "in 2009", "in 2010")
    page.write(60, 160, "Apples", "1.5", "2.5")
    page.write(60, 180, "Pears", "3.5", "4.5")
    region = Region((50, 80, 350, 190), (119, 145, 170), (140, 240))
    assert only(page, region).grid()[0] == ["Fruit", "Price in 2009", "Price in 2010"]


def test_cuts_that_hit_words_move_to_the_gap_beside_them():
    page = booktabs()
    shifted = Region(REGION.rect, (119, 154, 182, 208), (144, 236, 345))
    assert spans(only(page, shifted)) == spans(only(page, REGION))


def test_figures_side_by_side_are_columns_that_the_model_missed():
    page = Page()
    for i in range(6):
        page.lines.append(glyphs(60, 100 + 20 * i, f"row{i}     {i}10  {i}20  {i}30"))
    region = Region((50, 90, 200, 210), tuple(110 + 20 * i for i in range(5)), (95,))
    assert only(page, region).grid()[2] == ["row2", "210", "220", "230"]


def test_a_ruled_cell_that_holds_rows_of_words_is_parted_by_the_model():
    page = Page()
    page.grid((50, 200, 450), (90, 120, 220))
    page.write(60, 105, "Source", "Definition", step=150)
    for y, name, text in ((135, "Major", "ten tons a year or more"), (180, "Area", "less than ten tons a year")):
        page.write(60, y, name, text, step=150)
        page.write(210, y + 14, "of any one substance")
    table = only(page, Region((50, 85, 450, 225), (120, 165), (200,)))
    assert asked(page)
    assert [row[0] for row in table.grid()] == ["Source", "Major", "Area"]
    assert table.grid()[1][1] == "ten tons a year or more of any one substance"


def test_what_the_model_sees_beside_a_grid_belongs_to_the_table():
    page = Page()
    page.grid((150, 250, 350), (100, 120, 140, 160))
    page.write(60, 90, "", "one", "two")
    for i in range(3):
        page.write(60, 110 + 20 * i, f"label {i}", f"{i}1", f"{i}2")
    region = Region((50, 80, 350, 160), (100, 120, 140), (140, 250))
    assert asked(page)
    assert only(page, region).grid()[1] == ["label 0", "01", "02"]


def test_contents_are_no_table():
    page = Page()
    for i in range(5):
        page.write(60, 100 + 20 * i, f"第{i}章", "标题 . . . . . . . .", f"{i + 1}", step=110)
    region = Region((50, 90, 350, 190), (110, 130, 150, 170), (150, 270))
    assert found(page, region).tables == ()
    assert len(rest(page, region)) == 15


def test_prose_in_two_columns_does_not_ask_the_model():
    page = Page()
    for i in range(20):
        text = "lines of prose that run to the end of it" if i % 5 else "the end of it."
        page.write(50, 100 + 14 * i, text, "lines of prose that run to the end of it", step=230)
    assert not asked(page)


def test_formulas_with_numbers_do_not_ask_the_model():
    page = Page()
    for i in range(6):
        page.write(150, 100 + 20 * i, "tr(A) = Aii", f"(1.{i})", step=150)
        page.write(150, 110 + 20 * i, "0", "1", step=30)
    assert not asked(page)


def listing(code_is_mono: bool, numbers_are_mono: bool) -> Page:
    page = Page()
    for i, code in enumerate(("if ready:", "begin()", "x = 3", "return x", "stop()")):
        page.write(50, 100 + 14 * i, str(i + 1), code, step=40)
        number, text = page.lines[-2:]
        page.lines[-2:] = [
            [glyph._replace(mono=mono) for glyph in line]
            for line, mono in ((number, numbers_are_mono), (text, code_is_mono))
        ]
    return page


def test_code_with_numbered_lines_does_not_ask_the_model():
    assert not asked(listing(code_is_mono=True, numbers_are_mono=False))
    assert asked(listing(code_is_mono=False, numbers_are_mono=False))
    # A typewriter's table.
    assert asked(listing(code_is_mono=True, numbers_are_mono=True))


@pytest.mark.parametrize(("rotation", "frame"), [(0, Frame(0, 1)), (90, Frame(1, 0))])
def test_chinese_from_top_to_bottom_does_not_ask_the_model(rotation, frame):
    page = Page(rotation=rotation)
    for i in range(6):
        page.write(60, 100 + 20 * i, "天地玄黃", "宇宙洪荒", "日月盈昃")
    assert not asked(page, frame)
    assert asked(Page(page.lines))


def test_names_under_a_common_one_in_a_ruled_cell_are_parted():
    page = Page()
    page.grid((50, 150, 350), (90, 130, 190))
    page.write(60, 110, "Age")
    page.write(230, 100, "Other")
    page.write(170, 120, "Male", "Female")
    for y, row in ((140, ("1-2", "10", "20")), (160, ("3-5", "30", "40")), (180, ("6-9", "50", "60"))):
        page.write(60, y, *row, step=110)
    assert asked(page)
    table = only(page, Region((50, 90, 350, 190), (130, 150, 170), (150, 250)))
    assert spans(table)["Other"] == (0, 1, 1, 2)
    assert spans(table)["Age"] == (0, 0, 2, 1)
    assert table.grid()[1:3] == [["", "Male", "Female"], ["1-2", "10", "20"]]
    assert table.header_rows == 2


def test_a_title_in_the_middle_of_a_table_spans_its_columns():
    page = booktabs()
    page.write(180, 190, "of all the kinds")
    page.lines = [line for line in page.lines if line[0].middle[1] != 190 or line[0].text == "o"]
    assert spans(only(page, REGION))["of all the kinds"][3] == 4


def test_names_half_way_between_two_rows_reach_over_both():
    page = Page()
    page.write(250, 100, "数量", step=100)
    for x, text in ((60, "地区"), (150, "品种"), (450, "备注")):
        page.write(x, 110, text)
    page.write(250, 120, "2019", "2020")
    for i, place in enumerate(("长塘", "柳园")):
        y = 150 + 40 * i
        page.write(150, y, "钢材", "26,823", "15,462", "六")
        page.write(60, y + 10, place)
        page.write(150, y + 20, "陶瓷", "50,949", "48,886", "十")
    # The model saw the names as rows of their own, or with the row above.
    region = Region((50, 90, 500, 220), (145.0, 165.0, 205.0), (120, 220, 320, 420))
    table = only(page, region)
    assert spans(table) == {
        "地区": (0, 0, 2, 1),
        "品种": (0, 1, 2, 1),
        "数量": (0, 2, 1, 2),
        "备注": (0, 4, 2, 1),
        "2019": (1, 2, 1, 1),
        "2020": (1, 3, 1, 1),
        "长塘": (2, 0, 2, 1),
        "柳园": (4, 0, 2, 1),
        **{text: (row, column, 1, 1) for row, column, text in _cells_of(table) if row > 1 and column > 0},
    }
    assert table.header_rows == 2


def _cells_of(table):
    return [(r, cell.column, cell.text) for r, row in enumerate(table.rows) for cell in row.cells if cell.text]


def test_a_row_with_a_name_alone_is_a_row():
    page = Page()
    for i in range(3):
        y = 100 + 60 * i
        page.write(60, y, f"部分{i}")
        page.write(150, y + 20, "26,823", "15,462", "11,111")
        page.write(150, y + 40, "50,949", "48,886", "22,222")
    region = Region((50, 90, 500, 270), tuple(110.0 + 20 * i for i in range(8)), (120, 240, 340))
    names = {text: span for text, span in spans(only(page, region)).items() if text.startswith("部分")}
    assert {span[2] for span in names.values()} == {1}


def test_lines_of_figures_in_the_same_columns_are_rows_where_the_model_sees_one():
    page = Page()
    for i, name in enumerate(("cement", "medicine", "paper", "steel")):
        page.write(60, 100 + 20 * i, name, f"{11 + i},283", f"{71 - i},797", "August")
    table = only(page, Region((50, 90, 450, 180), (110.0, 150.0), (140, 240, 340)))
    assert [row[0] for row in table.grid()] == ["cement", "medicine", "paper", "steel"]


def test_figures_beside_the_middle_of_a_wrapped_name_are_one_row_with_it():
    page = Page()
    page.rules = [(50, 72, 490, 72), (50, 262, 490, 262)]
    page.write(60, 80, "Matters", "", "1998", "1999", "2000")
    for i in range(4):
        y = 100 + 40 * i
        page.write(60, y, f"Matters of year {i}")
        page.write(260, y + 7, f"{i}26", f"{i}65", f"{i}85")
        page.write(60, y + 14, "received by all")
    region = Region((50, 70, 500, 250), (90.0, 127.0, 167.0, 207.0), (200, 330, 430))
    assert only(page, region).grid()[1:] == [
        [f"Matters of year {i} received by all", f"{i}26", f"{i}65", f"{i}85"] for i in range(4)
    ]


def three_lines(page: Page, *rows: tuple[str, ...]) -> None:
    page.rules = [(50, y, 450, y) for y in (90, 114, 114 + 24 * (len(rows) - 1))]
    for i, row in enumerate(rows):
        page.write(60, 102 + 24 * i, *row)


def test_three_rules_and_blanks_make_a_table_where_the_model_sees_none():
    page = Page()
    rows = [("指标", "2022年", "2023年"), ("营业收入", "1,200", "1,350"), ("净利润", "120", ""), ("投入", "60", "80")]
    three_lines(page, *rows)
    assert only(page).grid() == [list(row) for row in rows]


def test_names_of_narrow_chinese_columns_are_apart():
    page = Page()
    page.write(60, 100, "模型")
    page.write(160, 100, "训练集", "验证集", "测试集", step=33)
    for i in range(3):
        page.write(60, 120 + 20 * i, f"方法{i}")
        page.write(160, 120 + 20 * i, f"9{i}.2", f"8{i}.0", f"7{i}.5", step=33)
    region = Region((50, 90, 300, 180), (110.0, 130.0, 150.0), (120, 191.5, 224.5))
    assert only(page, region).grid()[0] == ["模型", "训练集", "验证集", "测试集"]
