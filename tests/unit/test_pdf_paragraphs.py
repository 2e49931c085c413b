"""Lines to paragraphs: indents, short lines, lists, code, tables of contents; and headings."""

from __future__ import annotations

from ingest.clean import clean
from tests.support.made_pdf import column, lay, read_pages, texts


def headings(document) -> list[tuple[str, int]]:
    return [(" ".join(line.text for line in b.lines), b.level) for b in document.blocks if b.kind == "heading"]


def test_code_keeps_its_lines_and_indents(tmp_path):
    code = ["def area(width):", "    if not width:", "        return 0", "    return width * width"]

    def draw(page):
        lay(page, 60, 100, column("text", 4))
        lay(page, 80, 170, code, fontname="cour")
        lay(page, 60, 240, ["Text that follows the code in the face of the text."])

    document = read_pages(tmp_path, draw)
    assert texts(document, "code") == ["\n".join(code)]
    assert [block.kind for block in document.blocks] == ["text", "code", "text"]


def test_a_word_of_code_in_a_line_makes_no_code(tmp_path):
    def draw(page):
        page.insert_text((60, 100), "Call ", fontsize=10)
        page.insert_text((84, 100), "area()", fontname="cour", fontsize=10)
        page.insert_text((122, 100), "to know how much it is.", fontsize=10)

    assert [block.kind for block in read_pages(tmp_path, draw).blocks] == ["text"]


def test_entries_of_contents_stay_lines(tmp_path):
    entries = [f"{i} What stands in this chapter {'.' * (60 - i)} {i * 12}" for i in range(1, 6)]
    assert texts(read_pages(tmp_path, lambda page: lay(page, 60, 100, entries))) == entries


def test_items_of_a_list_are_apart(tmp_path):
    items = [
        "一是加强管理，落实责任，确保各项工作顺利进行；",
        "（二）健全制度，完善措施，切实提高服务水平；",
        "③严格考核。",
    ]

    def draw(page):
        lay(page, 60, 100, items, fontname="china-s")

    assert texts(read_pages(tmp_path, draw)) == items


def test_an_indent_or_a_short_last_line_begins_a_paragraph(tmp_path):
    def draw(page):
        lay(page, 60, 100, [*column("first", 4), "a short end of it"])
        lay(page, 60, 170, column("second", 3))
        page.insert_text((80, 212), "third paragraph with an indent, as set,", fontsize=10)
        lay(page, 60, 226, column("fourth", 2))

    found = texts(read_pages(tmp_path, draw))
    assert [text.split()[0] for text in found] == ["first00", "second00", "third"]


def test_a_centred_line_stands_alone(tmp_path):
    def draw(page):
        page.insert_text((125, 100), "NOTICE", fontsize=10)
        lay(page, 60, 114, column("text", 6))

    assert texts(read_pages(tmp_path, draw))[0] == "NOTICE"


def test_decimal_numbers_that_count_make_headings(tmp_path):
    def draw(page):
        y = 80
        for title in ("1 Scope", "2 Terms", "2.1 Words", "2.2 Signs", "3 Tests"):
            page.insert_text((60, y), title, fontsize=10)
            lay(page, 60, y + 24, column("text", 3))
            y += 110
        lay(page, 60, y, ["7 Days later"])

    assert [title for title, _ in headings(read_pages(tmp_path, draw))] == [
        "1 Scope",
        "2 Terms",
        "2.1 Words",
        "2.2 Signs",
        "3 Tests",
    ]


def test_roman_numbers_and_small_capitals_make_headings(tmp_path):
    def draw(page):
        for i, (number, rest) in enumerate((("I. I", "NTRODUCTION"), ("II. M", "ETHODS"))):
            y = 100 + 120 * i
            page.insert_text((100, y), number, fontsize=10)
            page.insert_text((100 + 5.2 * len(number), y), rest, fontsize=8)
            lay(page, 60, y + 24, column("text", 4))

    found = [title.replace(" ", "") for title, _ in headings(read_pages(tmp_path, draw))]
    assert found == ["I.INTRODUCTION", "II.METHODS"]


def test_captions_code_and_running_text_are_no_headings(tmp_path):
    def draw(page):
        lay(page, 60, 60, ["Table 1. Loads of the year"], fontsize=14)
        lay(page, 60, 100, ["make install"], fontname="cobo", fontsize=14)
        lay(page, 60, 140, column("text", 8))

    assert headings(read_pages(tmp_path, draw)) == []


def test_items_in_bold_and_scraps_in_large_print_are_no_headings(tmp_path):
    def draw(page):
        lay(page, 60, 60, ["- Bold beginnings"], fontname="hebo")
        lay(page, 60, 100, ["ab"], fontsize=16)
        lay(page, 60, 140, ["总则"], fontname="china-s", fontsize=16)
        lay(page, 60, 180, column("text", 8))

    assert [title for title, _ in headings(read_pages(tmp_path, draw))] == ["总则"]


def test_labels_with_their_values_and_captions_below_one_another_are_apart(tmp_path):
    def draw(page):
        for i, (label, value) in enumerate((("Rating", "buy"), ("Price", "5.65"), ("Volume", "364 million"))):
            page.insert_text((60, 100 + 14 * i), label, fontsize=10)
            page.insert_text((200 - 5 * len(value), 100 + 14 * i), value, fontsize=10)
        lay(
            page,
            60,
            200,
            ["Figure 1: What was sold in all of the years", "Figure 3: What was paid for all that was sold"],
        )

    assert texts(read_pages(tmp_path, draw)) == [
        "Rating buy",
        "Price 5.65",
        "Volume 364 million",
        "Figure 1: What was sold in all of the years",
        "Figure 3: What was paid for all that was sold",
    ]


def test_a_numbered_title_stands_apart_from_the_text_below_it(tmp_path):
    def draw(page):
        lay(page, 80, 100, ["二、授信情况"], fontname="china-s")
        lay(page, 80, 114, ["截至二〇二三年三月末，发行人各类授信额度总额达三百余亿元，其中"], fontname="china-s")
        lay(page, 60, 128, ["已使用额度二百余亿元。"], fontname="china-s")

    document = read_pages(tmp_path, draw)
    assert [title for title, _ in headings(document)] == ["二、授信情况"]


def test_lines_with_labels_stand_for_themselves_on_every_page(tmp_path):
    def slip(name):
        lines = [f"姓名：{name}", "工号：1000", "基本工资：5000.00 元", "奖金：800.50 元", "实发：5500.20 元"]
        return lambda page: lay(page, 60, 100, lines, fontname="china-s", leading=18)

    found = texts(read_pages(tmp_path, slip("张三"), slip("李四")))
    assert found == [
        *("姓名：张三", "工号：1000", "基本工资：5000.00 元", "奖金：800.50 元", "实发：5500.20 元"),
        *("姓名：李四", "工号：1000", "基本工资：5000.00 元", "奖金：800.50 元", "实发：5500.20 元"),
    ]


def test_short_lines_of_a_page_without_long_ones_are_not_run_together(tmp_path):
    def draw(page):
        lay(
            page,
            60,
            100,
            ["营业收入同比增长", "净利润下降", "员工人数增加到一千二百人", "新建三座工厂"],
            fontname="china-s",
        )

    text = clean(read_pages(tmp_path, draw)).text
    assert text.split() == ["营业收入同比增长", "净利润下降", "员工人数增加到一千二百人", "新建三座工厂"]


def test_texts_far_below_one_another_are_apart(tmp_path):
    def draw(page):
        lay(page, 60, 100, ["2019 revenue of the whole group", "up by five in a hundred of it"], leading=320)

    assert len(texts(read_pages(tmp_path, draw))) == 2


def test_prose_in_a_narrow_column_is_joined(tmp_path):
    def draw(page):
        lines = ["为了规范管理制定本办法自发", "布之日起施行各单位应当遵照", "执行并及时上报有关情况以便", "核对。"]
        lay(page, 60, 100, lines, fontname="china-s")

    assert "自发布之日起" in clean(read_pages(tmp_path, draw)).text
    assert "\n" not in clean(read_pages(tmp_path, draw)).text


def test_clauses_with_a_text_of_their_own_have_headings_and_items_of_a_list_do_not(tmp_path):
    text = "为了规范管理制定本办法自发布之日起施行各单位应当遵照执行并及时上报有关情况以便核对和"

    def draw(page):
        for i, title in enumerate(("（一）适用范围", "（二）组织领导")):
            lay(page, 80, 100 + 60 * i, [title], fontname="china-s")
            lay(page, 80, 120 + 60 * i, [text], fontname="china-s")
            lay(page, 60, 134 + 60 * i, ["检查。"], fontname="china-s")
        lay(page, 80, 240, ["（一）国家机关", "（二）事业单位", "（三）其他组织"], fontname="china-s", leading=20)

    assert [title for title, _ in headings(read_pages(tmp_path, draw))] == ["（一）适用范围", "（二）组织领导"]


def test_large_titles_that_end_in_a_number_are_headings(tmp_path):
    def draw(page):
        for i in (1, 2, 3):
            lay(page, 60, 100 * i, [f"{i}. Section {i}"], fontsize=14)
            lay(page, 60, 100 * i + 20, column("text", 4))

    assert [title for title, _ in headings(read_pages(tmp_path, draw))] == [
        "1. Section 1",
        "2. Section 2",
        "3. Section 3",
    ]
