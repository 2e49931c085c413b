"""Matching answer sentences to sources."""

import pytest

from app.answering.cite import MOST_CITATIONS, Citer
from app.answering.events import AnswerSentence, Source
from app.answering.terms import content_words
from tests.support.found import a_source

REVENUE = a_source("公司概况如下。\n营业收入为 170,360,448,000.00 元。\n净利润增长 100.38%。", 1, page=2, start=50)
LAW = a_source("保护期为作者终生及其死亡后五十年。", 2, name="著作权法.md", page=None)


def words_of(question: str) -> list[tuple[str, float]]:
    return [(word, 1.0) for word in content_words(question)]


def judge(answer: str, question: str, *sources: Source) -> AnswerSentence:
    (sentence,) = Citer(question, words_of(question), sources or (REVENUE, LAW), {"document-年报.pdf": 3}).all(answer)
    return sentence


@pytest.mark.parametrize(
    ("answer", "support"),
    [
        ("借款总额为3万元。", "supported"),
        ("借款总额为30,000元。", "supported"),
        ("借款总额为3亿元。", "unsupported"),
        ("存款总额为5万元。", "supported"),
        ("借款总额的3%。", "unsupported"),
    ],
)
def test_the_same_digits_in_another_unit_are_another_figure(answer: str, support: str) -> None:
    """What has no unit of its own, as in a table that says it elsewhere, may have any."""
    source = a_source("借款总额为3万元。\n存款总额为5。")
    sentence = judge(answer, "总额各为多少？", source)
    assert sentence.support == support
    assert bool(sentence.unfounded) == (support == "unsupported")


def test_a_true_sentence_is_supported_by_an_exact_quote_with_its_place() -> None:
    sentence = judge("营业收入是170360448000元。", "营业收入是多少？")
    best = sentence.citations[0]
    assert sentence.support == "supported"
    assert best.quote == "营业收入为 170,360,448,000.00 元。"
    assert (best.page, best.document_name, best.revision) == (2, "年报.pdf", 3)
    assert REVENUE.hit.chunk.text[best.start - 50 : best.end - 50] == best.quote
    assert [anchor.box.y0 for anchor in best.anchors if anchor.box] == [10]


def test_a_number_that_stands_nowhere_supports_nothing() -> None:
    sentence = judge("营业收入是180360448000元。", "营业收入是多少？")
    assert sentence.support == "unsupported"
    assert sentence.citations == ()


def test_repeating_the_question_proves_nothing() -> None:
    assert judge("营业收入是火星人提供的。", "营业收入是谁提供的？").support == "unsupported"


def test_a_bare_figure_is_found() -> None:
    sentence = judge("100.38%", "净利润增长了多少？")
    assert sentence.support == "supported"
    assert sentence.citations[0].quote == "净利润增长 100.38%。"


@pytest.mark.parametrize(
    ("answer", "written", "support"),
    [
        ("52.2 percent", "52.2%", "supported"),
        ("52.2 per cent", "52.2%", "supported"),
        ("百分之二十", "20%", "supported"),
        ("百分之五", "5％", "supported"),
        ("百分之20", "20%", "supported"),
        ("5%", "百分之五", "supported"),
        ("百分之二十", "百分之二十", "supported"),
        ("百分之二十点五", "百分之二十点五", "supported"),
        ("百分之二十五点三", "20%", "unsupported"),
        ("百分之三十", "20%", "unsupported"),
        ("52.3 percent", "52.2%", "unsupported"),
    ],
)
def test_a_percentage_is_the_same_in_words_and_with_a_sign(answer: str, written: str, support: str) -> None:
    source = a_source(f"合同的违约金为{written}。")
    assert judge(answer, "合同的违约金是多少？", source).support == support


def test_a_bare_figure_of_another_matter_is_not_supported() -> None:
    words = [("研发投入", 6.0), ("增长", 2.0)]
    (sentence,) = Citer("研发投入增长了多少？", words, (REVENUE, LAW), {}).all("100.38%")
    assert sentence.support == "unsupported"


def test_a_name_of_another_matter_is_weakly_supported_at_most() -> None:
    source = a_source("《将夜》的作者是猫腻。", name="书单.md")
    words = [("剑客", 8.0), ("生涯", 6.0), ("作者", 4.0)]
    (sentence,) = Citer("剑客生涯的作者是谁？", words, (source,), {}).all("猫腻")
    assert (sentence.support, sentence.citations[0].support) == ("weak", "weak")
    (sentence,) = Citer("将夜的作者是谁？", [("将夜", 8.0), ("作者", 4.0)], (source,), {}).all("猫腻")
    assert sentence.support == "supported"


def test_what_is_said_of_another_year_is_weakly_supported_at_most() -> None:
    source = a_source("2011年，罗迪奇加盟松江队。\n\n2013年，他转会谢菲联队。\n\n他司职前锋。", 1)
    assert judge("松江队", "罗迪奇在2013年加盟了什么队？", source).support == "weak"
    assert judge("谢菲联队", "罗迪奇在2013年加盟了什么队？", source).support == "supported"
    assert judge("前锋", "罗迪奇在2013年司职什么位置？", source).support == "supported"


def test_only_what_begins_an_answer_is_read_with_the_question() -> None:
    words = [("研发投入", 6.0), ("增长", 2.0)]
    judged = Citer("研发投入增长了多少？", words, (REVENUE, LAW), {}).all("没有说明。100.38%。")
    assert [sentence.support for sentence in judged] == ["unsupported", "supported"]


def test_formats_without_pages_give_a_location() -> None:
    best = judge("作者终生及其死亡后五十年。", "保护期是多久？").citations[0]
    assert (best.page, best.location) == (None, "第一章")


def test_spans_cover_every_sentence_and_at_most_three_citations() -> None:
    copies = [a_source("净利润增长 100.38%。", n, name=f"{n}.pdf") for n in range(1, 6)]
    answer = "净利润增长100.38%。另有说法。"
    sentences = Citer("净利润增长多少？", words_of("净利润增长多少？"), copies, {}).all(answer)
    assert [answer[s.start : s.end] for s in sentences] == ["净利润增长100.38%。", "另有说法。"]
    assert len(sentences[0].citations) == MOST_CITATIONS
    assert sentences[1].support == "unsupported"


def test_what_no_passage_holds_is_flagged_where_it_stands_in_the_answer() -> None:
    first, second = Citer("营业收入是多少？", words_of("营业收入是多少？"), (REVENUE,), {}).all(
        "净利润增长100.38%。营业收入为 170,360,448,001 元。"
    )
    assert first.unfounded == ()
    (claim,) = second.unfounded
    assert (claim.text, claim.kind) == ("170,360,448,001", "number")
    assert second.start < claim.start < claim.end <= second.end


def test_a_sentence_with_a_name_from_nowhere_is_not_supported() -> None:
    source = a_source("北京大学的校长在开学典礼上致辞，欢迎全体新生。", 1)
    assert judge("北京大学的校长在开学典礼上致辞。", "谁致辞？", source).support == "supported"
    wrong = judge("清华大学的校长在开学典礼上致辞。", "谁致辞？", source)
    assert wrong.support != "supported"
    assert [claim.text for claim in wrong.unfounded] == ["清华大学"]
    assert all(citation.support != "supported" for citation in wrong.citations)


def test_two_quotes_of_a_source_support_what_neither_says_alone() -> None:
    source = a_source("张华出生于绍兴的一个书香门第。\n\n后来他东渡扶桑攻读医学。\n\n文学成就影响深远。", 1)
    sentence = judge("他出生于绍兴书香门第，后来东渡扶桑攻读医学。", "张华的生平？", source)
    assert sentence.support == "supported"
    assert {citation.quote for citation in sentence.citations} == {
        "张华出生于绍兴的一个书香门第。",
        "后来他东渡扶桑攻读医学。",
    }


def test_a_number_in_the_header_of_a_table_counts_for_its_rows_and_one_of_another_row_does_not() -> None:
    table = a_source("| 项目 | 2023年 | 2022年 |\n| --- | --- | --- |\n| 收入 | 500 | 400 |\n| 成本 | 300 | 200 |", 1)
    assert judge("2023年收入为500。", "收入是多少？", table).support == "supported"
    assert judge("收入为300。", "收入是多少？", table).support == "unsupported"


BRANCHES = a_source(
    "| 行业名称 | 指标名称 | 大型 | 中型 |\n| --- | --- | --- | --- |\n| 工业 | 从业人员 | X≥1000 | 300≤X＜1000 |\n"
    "| 批发业 | 从业人员 | X≥200 | 20≤X＜200 |",
    1,
)
RATES = a_source(
    "| 指标 | 2024E | 2025E | 2026E |\n| --- | --- | --- | --- |\n| 不良贷款率（%） | 0.95 | 0.93 | 0.92 |", 1
)


EARNINGS = a_source(
    "| 项目 | 本报告期 | 上年同期 | 本报告期比上年同期增减幅度(%) |\n| --- | --- | --- | --- |\n"
    "| 基本每股收益（元/股） | 3.12 | 1.57 | 98.73% |",
    1,
)


@pytest.mark.parametrize(
    ("answer", "question", "source", "right"),
    [
        ("98.73%", "基本每股收益是多少？", EARNINGS, False),
        ("3.12", "基本每股收益是多少？", EARNINGS, True),
        ("98.73%", "基本每股收益增长了百分之多少？", EARNINGS, True),
        ("98.73%", "基本每股收益的變動幅度是多少？", EARNINGS, True),
        ("批发业大型企业的从业人员要达到200人。", "批发业大型企业的从业人员要达到多少人？", BRANCHES, True),
        ("批发业大型企业的从业人员要达到1000人。", "批发业大型企业的从业人员要达到多少人？", BRANCHES, False),
        ("1000人。", "批发业大型企业的从业人员要达到多少人？", BRANCHES, False),
        ("2025年的不良贷款率是0.93%。", "预计2025年的不良贷款率是多少？", RATES, True),
        ("2025年的不良贷款率是0.92%。", "预计2025年的不良贷款率是多少？", RATES, False),
        ("0.92%", "预计2025年的不良贷款率是多少？", RATES, False),
    ],
)
def test_a_figure_is_of_its_row_and_its_column(answer: str, question: str, source: Source, right: bool) -> None:
    assert (judge(answer, question, source).support == "supported") is right


def test_the_figure_of_another_year_is_weak_support() -> None:
    source = a_source("公司2023年营业收入为3.5亿元。")
    assert judge("营业收入为3.5亿元。", "2023年的营业收入是多少？", source).support == "supported"
    assert judge("营业收入为3.5亿元。", "2024年的营业收入是多少？", source).support == "weak"
    assert judge("2023年营业收入为3.5亿元。", "2024年的营业收入是多少？", source).support == "supported"


def test_what_was_judged_while_it_was_written_is_not_judged_again() -> None:
    citer = Citer("营业收入是多少？", words_of("营业收入是多少？"), (REVENUE,), {})
    written = "营业收入为三百元。"
    first = citer.judge(written, 0, len(written))
    whole = written + "净利润为二十元。"
    sentences = citer.all(whole)
    assert sentences[0] is first
    assert [sentence.text for sentence in sentences] == [written, "净利润为二十元。"]
    assert citer.judge("净利润为二十元。", 0, 8) is not sentences[1]
