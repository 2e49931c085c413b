"""The one sentence that answers best."""

from dataclasses import replace

import pytest

from app.answering.extract import asks_for, extract, holds_what_is_asked
from app.answering.terms import content_words
from tests.support.found import a_source


def best(question: str, *texts: str, **about: object) -> str | None:
    sources = [a_source(text, n, **about) for n, text in enumerate(texts, start=1)]  # type: ignore[arg-type]
    quote = extract(question, [(word, 3.0) for word in content_words(question)], sources)
    return None if quote is None else quote.text


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("公司何时成立？", "time"),
        ("When was it founded?", "time"),
        ("年休假有几天？", "amount"),
        ("營業收入是多少？", "amount"),
        ("How many people live there?", "amount"),
        ("谁担任董事长？", "name"),
        ("Where does it lie?", "name"),
        ("为什么要改名？", "reason"),
        ("什么是年休假？", "anything"),
        ("几内亚属于什么？", "anything"),
        ("多伦多大学由谁创办？", "name"),
    ],
)
def test_questions_ask_for_something(question: str, kind: str) -> None:
    assert asks_for(question) == kind


def test_the_sentence_that_names_what_is_asked_is_taken() -> None:
    text = "公司设有年休假制度。\n满一年的员工每年享有十天年休假。\n病假另有规定。"
    assert best("员工每年享有几天年休假？", text) == "满一年的员工每年享有十天年休假。"


def test_of_two_that_name_it_the_one_with_a_figure_answers_how_many() -> None:
    text = "公司营业收入的确认遵循会计准则。\n公司营业收入为三百二十亿元。"
    assert best("公司营业收入是多少？", text) == "公司营业收入为三百二十亿元。"


def test_a_sentence_that_only_repeats_the_question_is_no_answer() -> None:
    assert best("年休假有几天？", "年休假有几天？\n满一年的员工享有十天。") == "满一年的员工享有十天。"
    assert best("年休假有几天？", "年休假有几天？") is None


CLAUSE = "任何一方提前终止的，应支付两个月租金。"


@pytest.mark.parametrize(
    ("question", "text", "path", "answer"),
    [
        ("提前终止的条款是怎么规定的？", f"第八条 提前终止\n{CLAUSE}", ("合同", "第八条 提前终止"), CLAUSE),
        ("提前终止的条款是怎么规定的？", f"第八条 提前终止\n{CLAUSE}", (), CLAUSE),
        ("提前终止的条款是怎么规定的？", f"第三章 提前终止与违约\n{CLAUSE}", (), CLAUSE),
        ("怎样备份？", "怎样备份和恢复\n备份用一条命令。", ("怎样备份和恢复",), "备份用一条命令。"),
        ("提前终止怎么办？", "提前终止的后果\n须赔付两个月租金。", ("提前终止的后果",), "须赔付两个月租金。"),
        ("提前终止怎么办？", "第八条 提前终止", (), None),
        # Articles without full stops are what they say themselves.
        ("租期有多长？", "第四条 租期三年\n第五条 月租八千元", (), "第四条 租期三年"),
    ],
)
def test_a_heading_is_never_quoted_alone(question: str, text: str, path: tuple[str, ...], answer: str | None) -> None:
    assert best(question, text, heading_path=path) == answer


def test_a_heading_inside_a_chunk_is_told_by_its_place() -> None:
    source = a_source("费用自付。\n怎样备份和恢复\n备份用一条命令。", page=None)
    first, heading, below = source.anchors
    placed = (
        first,
        replace(heading, location="指南 > 怎样备份和恢复"),
        replace(below, location="指南 > 怎样备份和恢复"),
    )
    quote = extract("怎样备份？", [("备份", 3.0)], [replace(source, anchors=placed)])
    assert quote is not None
    assert quote.text == "备份用一条命令。"


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("怎样备份？", "备份时保留编号。\n标记的颜色表示强弱：\n- 绿色很强。\n备份用一条命令。", "备份时保留编号。"),
        ("备份分哪几步？", "备份分三步：\n\n1. 停止服务。\n2. 复制文件夹。", "备份分三步：\n\n1. 停止服务。"),
        ("请假的规定有哪些？", "请假的规定如下。\n事假提前两天申请。", "请假的规定如下。\n事假提前两天申请。"),
        ("谁签的字？", "签字人：\n王小明", "签字人：\n王小明"),
        ("申請需要什麼文件？", "申請需要的文件包括：\n（一）身分證影本。", "申請需要的文件包括：\n（一）身分證影本。"),
        (
            "How do I restore a backup?",
            "Backups are small.\nTo restore a backup, proceed as follows.\n1. Stop the server.",
            "To restore a backup, proceed as follows.\n1. Stop the server.",
        ),
        (
            "Who audits the harbour?",
            "The harbour is audited by:\nAnna Larsen",
            "The harbour is audited by:\nAnna Larsen",
        ),
        (
            "Which colours mean what?",
            'He said of colours: "green is strong."',
            'He said of colours: "green is strong."',
        ),
    ],
)
def test_what_introduces_is_shown_with_what_it_introduces(question: str, text: str, answer: str) -> None:
    assert best(question, text) == answer


def test_an_item_further_down_is_shown_alone() -> None:
    text = "港口的费用如下：\n泊位费每天五十元。\n引航费每次三百元。"
    assert best("引航费是多少？", text) == "引航费每次三百元。"
    assert best("泊位费是多少？", text) == "泊位费每天五十元。"


def test_what_introduces_a_table_or_nothing_that_is_known_gives_way() -> None:
    table = "港口的费用如下：\n| 费用 | 元 |\n| --- | --- |\n| 泊位费用 | 50 |"
    assert best("港口有哪些费用？", table) == "| 泊位费用 | 50 |"
    assert best("怎样登记船只？", "船只登记分三步：", "登记由港务处办理。") == "登记由港务处办理。"
    assert best("怎样登记船只？", "船只登记分三步：") is None


def test_what_only_introduces_is_an_answer_where_it_holds_what_is_asked_for() -> None:
    text = "港口从1968年开始收费，计费方式如下："
    assert best("港口从哪一年开始收费？", text) == text


def test_a_quote_with_its_item_stands_in_its_document_as_it_is_cited() -> None:
    source = a_source("前言。\n备份分三步：\n\n1. 停止服务。\n2. 复制。")
    quote = extract("备份分哪几步？", [("备份", 3.0)], [source])
    assert quote is not None
    assert source.hit.chunk.text[quote.start : quote.end] == quote.text == "备份分三步：\n\n1. 停止服务。"


def test_a_row_is_read_with_the_header_of_its_table() -> None:
    table = "| 项目 | 2023年 |\n| --- | --- |\n| 营业收入 | 500 |\n| 营业成本 | 300 |"
    assert best("2023年营业成本是多少？", table) == "| 营业成本 | 300 |"


def test_what_the_name_of_the_document_says_need_not_be_repeated() -> None:
    """Nearly every sentence of a manual names what the manual is about."""
    text = "星海手册推荐星海出版社的其他手册。\n学习请用入门程序。"
    assert best("星海手册推荐用什么程序学习船模？", text, name="星海手册.pdf") == "学习请用入门程序。"


def test_of_equal_sentences_the_one_of_the_better_chunk_is_taken() -> None:
    assert best("保管人是谁？", "保管人是王小明。", "保管人是李小红。") == "保管人是王小明。"


def test_without_sources_there_is_none() -> None:
    assert best("多少？") is None


@pytest.mark.parametrize(
    ("question", "text", "holds"),
    [
        ("有多少个股东？", "本法第五十九条第一款关于股东会职权的规定，适用于股份有限公司。", False),
        ("有多少个股东？", "由一个以上五十个以下股东出资设立。", True),
        ("How many members are there?", "See Article 12 on members.", False),
        ("How many members are there?", "The board has 12 members.", True),
        ("公司成立于哪一年？", "基金持有 14,785,435 股。", False),
        ("公司成立于哪一年？", "公司于2020年成立。", True),
        ("什么是年休假？", "年休假是带薪的假期。", True),
    ],
)
def test_an_answer_holds_the_kind_of_thing_that_is_asked_for(question: str, text: str, holds: bool) -> None:
    """An article's number counts nothing, and a number of another kind is no year."""
    assert holds_what_is_asked(question, text) is holds


def test_a_sentence_of_another_year_is_no_answer() -> None:
    text = "公司2023年营业收入为3.5亿元。\n2024年起，酒店标准为每晚五百元。"
    assert best("2023年的营业收入是多少？", text) == "公司2023年营业收入为3.5亿元。"
    assert best("2024年的营业收入是多少？", text) != "公司2023年营业收入为3.5亿元。"


def test_what_has_to_do_with_nothing_of_the_question_is_no_answer() -> None:
    assert best("Who is the president of France?", "员工手册", name="员工手册.md") is None
