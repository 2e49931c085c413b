"""Paragraphs over columns and pages, and what stands between their parts: footnotes, captions, tables."""

from __future__ import annotations

from ingest.clean import clean
from tests.support.made_pdf import column, lay, read_pages, text_of, texts


def kinds(document) -> list[tuple[str, bool]]:
    return [(block.kind, block.continues) for block in document.blocks]


def test_a_paragraph_goes_on_in_the_next_column_and_on_the_next_page(tmp_path):
    def first(page):
        lay(page, 60, 100, column("left"))
        lay(page, 320, 100, column("right"))

    def second(page):
        lay(
            page, 60, 100, ["ends here with the last word of the sentence.", "Another sentence follows it at once, and"]
        )

    document = read_pages(tmp_path, first, second)
    assert kinds(document) == [("text", False), ("text", True), ("text", True)]
    assert "so right00" in clean(document).text
    assert "so ends here" in clean(document).text


def test_footnotes_come_after_the_paragraph_that_they_interrupt(tmp_path):
    def first(page):
        lay(page, 60, 100, column("text"))
        lay(
            page,
            60,
            700,
            ["1 A note in small print below the text of the page,", "which goes on here."],
            10,
            fontsize=8,
        )

    def second(page):
        lay(page, 60, 100, ["goes on here up to the end of its sentence.", "Then there is another one on this page."])

    document = read_pages(tmp_path, first, second)
    assert kinds(document) == [("text", False), ("text", True), ("footnote", False)]
    assert text_of(document.blocks[2]).startswith("1 A note")


def test_a_broken_word_is_joined_over_a_figure(tmp_path):
    def draw(page):
        lay(page, 60, 100, [*column("text", 5), "and the lines that are set to the mea-"])
        page.insert_text((60, 420), "Figure 2: What the figure shows.", fontsize=9)
        lay(page, 60, 470, ["sure of the column, as they were before.", "And so it goes on to the end."])

    document = read_pages(tmp_path, draw)
    assert "set to the measure of the column" in clean(document).text
    assert kinds(document) == [("text", False), ("text", True), ("caption", False)]


def test_finished_and_indented_paragraphs_are_not_joined(tmp_path):
    def first(page):
        lay(page, 60, 100, [*column("text"), "and here the paragraph ends for good."])

    def second(page):
        lay(page, 80, 100, ["Here begins another one, with an indent,"])
        lay(page, 60, 114, ["that goes on at the margin of the page."])

    assert kinds(read_pages(tmp_path, first, second)) == [("text", False), ("text", False)]


def test_chinese_goes_on_over_pages_without_a_space(tmp_path):
    lines = ["为了规范管理制定本办法自发布之日起施行各单位应当遵照执行" for _ in range(4)]

    def first(page):
        lay(page, 60, 100, lines, fontname="china-s")

    def second(page):
        lay(page, 60, 100, ["并及时上报有关情况。", "特此通知。"], fontname="china-s")

    document = read_pages(tmp_path, first, second)
    assert "遵照执行并及时上报" in clean(document).text


def test_captions_are_not_sentences_about_figures(tmp_path):
    def draw(page):
        lay(page, 60, 60, ["图 2-1　用电量的变化"], fontname="china-s")
        lay(page, 60, 120, ["Fig. 3. The change of the load", "over the year."], fontsize=9)
        lay(page, 60, 180, ["Figure 3 shows that the load has changed, and table 4 says by how much.", "It is a lot."])
        lay(page, 60, 240, ["表1列出了各年的用电量，可见用电量逐年上升，而增速逐年下降。"], fontname="china-s")
        lay(page, 60, 300, ["Table IV"])

    document = read_pages(tmp_path, draw)
    assert texts(document, "caption") == [
        "图 2-1 用电量的变化",
        "Fig. 3. The change of the load\nover the year.",
        "Table IV",
    ]


def test_small_print_without_a_mark_is_no_footnote(tmp_path):
    def draw(page):
        lay(page, 60, 100, column("text"))
        lay(page, 60, 400, ["Source: a survey of the year before"], fontsize=8)

    assert texts(read_pages(tmp_path, draw), "footnote") == []


def ruled(page) -> None:
    """A table of three columns with something on the line above its right end, and text below."""
    for x in (60, 160, 260, 360):
        page.draw_line((x, 130), (x, 190))
    for y in (130, 150, 170, 190):
        page.draw_line((60, y), (360, y))
    for i, row in enumerate((("科目", "本期", "上期"), ("存货", "120", "98"), ("收入", "310", "287"))):
        for j, text in enumerate(row):
            page.insert_text((65 + 100 * j, 144 + 20 * i), text, fontname="china-s", fontsize=10)
    lay(page, 60, 230, ["损益表的各项内容如下并按照规定逐项列出以便核对和查阅不得遗漏"], fontname="china-s")


def test_the_unit_above_a_table_is_its_caption(tmp_path):
    def draw(page):
        lay(page, 60, 110, ["其余各项另行规定"], fontname="china-s")
        page.insert_text((310, 124), "单位：元", fontname="china-s", fontsize=10)
        ruled(page)

    document = read_pages(tmp_path, draw)
    assert [block.kind for block in document.blocks] == ["text", "caption", "table", "text"]
    cleaned = clean(document)
    (table,) = [block for block in cleaned.blocks if block.kind == "table"]
    assert cleaned.text[slice(*table.heads[0])] == "单位：元"


def test_a_few_words_at_the_right_do_not_go_on_below_the_table(tmp_path):
    def draw(page):
        page.insert_text((310, 124), "未经审计", fontname="china-s", fontsize=10)
        ruled(page)

    assert [block.kind for block in read_pages(tmp_path, draw).blocks] == ["text", "table", "text"]
