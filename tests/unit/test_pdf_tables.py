"""Tables that ruling lines draw: their cells, their spans, and what is none."""

from ingest.document import Box
from tests.support.table_page import Page, asked, found, only, rest, spans


def test_merged_cells_of_a_ruled_table():
    page = Page()
    page.rules = [(50, y, 350, y) for y in (90, 150, 180)] + [(150, 120, 350, 120)]
    page.rules += [(x, 90, x, 180) for x in (50, 150, 350)] + [(250, 120, 250, 180)]
    page.write(60, 120, "项目")
    page.write(200, 105, "金额（万元）")
    page.write(160, 135, "本期", "上期")
    page.write(60, 165, "收入", "12.5", "11.0")
    table = only(page)
    assert spans(table) == {
        "项目": (0, 0, 2, 1),
        "金额（万元）": (0, 1, 1, 2),
        "本期": (1, 1, 1, 1),
        "上期": (1, 2, 1, 1),
        "收入": (2, 0, 1, 1),
        "12.5": (2, 1, 1, 1),
        "11.0": (2, 2, 1, 1),
    }
    assert table.header_rows == 2
    assert table.rows[0].cells[1].box == Box(150, 90, 350, 120)
    assert not asked(page)


def test_double_rules_and_ragged_sides_make_no_columns():
    page = Page()
    page.grid((50, 55, 150, 250), (90, 120))
    page.grid((50, 55, 156, 250), (120, 150))
    page.write(60, 105, "a", "1")
    page.write(60, 135, "b", "2")
    assert only(page).grid() == [["a", "1"], ["b", "2"]]


def test_a_row_without_text_does_not_count_in_spans():
    page = Page()
    page.rules = [(50, y, 250, y) for y in (90, 180)] + [(150, y, 250, y) for y in (120, 150)]
    page.rules += [(x, 90, x, 180) for x in (50, 150, 250)] + [(50, 210, 250, 210)]
    page.rules += [(x, 180, x, 210) for x in (50, 150, 250)]
    page.write(60, 135, "both")
    page.write(160, 105, "first")
    page.write(160, 165, "third")
    page.write(60, 195, "c", "d")
    assert spans(only(page))["both"] == (0, 0, 2, 1)
    assert len(only(page).rows) == 3


def test_a_word_that_juts_out_of_its_cell_stays_whole():
    page = Page()
    page.grid((50, 100, 200), (90, 120, 150))
    page.write(60, 105, "overflow")
    page.write(60, 135, "x", "y", step=60)
    page.write(150, 105, "z")
    assert only(page).grid() == [["overflow", "z"], ["x", "y"]]


def test_lines_of_figures_in_one_ruled_row_are_rows():
    page = Page()
    page.grid((50, 150, 250, 350, 450), (90, 120, 160, 200))
    page.write(60, 105, "行业", "指标", "大型", "小型")
    page.write(60, 140, "工业")
    page.write(160, 130, "人员", "1000", "20")
    page.write(160, 150, "收入", "4000", "30")
    page.write(60, 180, "其他", "人员", "300", "10")
    table = only(page)
    assert spans(table)["工业"] == (1, 0, 2, 1)
    assert table.grid()[1:3] == [["工业", "人员", "1000", "20"], ["", "收入", "4000", "30"]]


def test_a_name_in_two_lines_stays_one_cell():
    page = Page()
    page.grid((50, 150, 250, 350), (90, 130, 160))
    page.write(60, 102, "Margin", "Number", "Change")
    page.write(60, 118, "of error", "of people", "in people")
    page.write(60, 145, "1.5", "12", "3")
    assert only(page).grid()[0] == ["Margin of error", "Number of people", "Change in people"]


def test_a_missing_rule_is_made_up_for_by_texts_far_apart():
    page = Page()
    page.rules = [(50, y, 450, y) for y in (90, 120, 150)] + [(x, 120, x, 150) for x in (150, 250, 350)]
    page.rules += [(x, 90, x, 150) for x in (50, 450)]
    page.write(110, 105, "12/31/2009", "", "12/31/2010")
    page.write(60, 135, "1", "2", "3", "4")
    assert spans(only(page))["12/31/2009"] == (0, 0, 1, 2)
    assert spans(only(page))["12/31/2010"] == (0, 2, 1, 2)


def test_captions_units_and_notes_in_the_frame_are_text():
    page = Page()
    page.rules = [(50, y, 350, y) for y in (60, 90, 120, 150, 180, 210)]
    page.rules += [(x, 60, x, 210) for x in (50, 350)] + [(x, 120, x, 180) for x in (150, 250)]
    page.write(60, 75, "表 3 各年收入")
    page.write(60, 105, "单位：万元")
    page.write(60, 135, "年", "收入", "支出")
    page.write(60, 165, "2020", "1", "2")
    page.write(60, 195, "注：未经审计")
    assert only(page).grid()[-1] == ["2020", "1", "2"]
    assert rest(page)[0] == "表 3 各年收入"
    assert rest(page)[-1] == "注：未经审计"


def test_a_chart_is_no_table():
    page = Page()
    page.grid((50, 100, 150, 200, 250), (90, 120, 150, 180))
    for y in (105, 135, 165):
        page.write(75, y, "percentage", "of persons", step=90)
    assert found(page).tables == ()


def test_two_grids_one_upon_the_other_are_one_table():
    page = Page()
    page.grid((50, 150, 250), (90, 120, 150))
    page.grid((50, 150, 250), (154, 184, 214))
    for y, row in ((105, "ab"), (135, "cd"), (169, "ef"), (199, "gh")):
        page.write(60, y, *row)
    assert only(page).grid() == [["a", "b"], ["c", "d"], ["e", "f"], ["g", "h"]]


def test_a_lower_border_that_is_not_drawn_is_closed():
    page = Page()
    page.grid((50, 150, 250), (90, 120, 150))
    page.rules += [(x, 150, x, 180) for x in (50, 150, 250)]
    for y, row in ((105, "ab"), (135, "cd"), (165, "ef")):
        page.write(60, y, *row)
    assert only(page).grid()[-1] == ["e", "f"]


def test_prose_between_two_rules_is_no_table():
    page = Page()
    page.rules = [(50, 90, 450, 90), (50, 190, 450, 190)]
    for i in range(5):
        page.write(60, 102 + 16 * i, "lines of prose that run to the end of it", "and on", step=202)
    assert found(page).tables == ()
