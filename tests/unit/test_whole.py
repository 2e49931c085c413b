"""Answers that were clipped are given whole."""

import pytest

from app.answering.whole import whole


@pytest.mark.parametrize(
    ("answer", "quote", "expected"),
    [
        ("黑龙江", "高速公路全线位于黑龙江省境内。", "黑龙江省"),
        ("春节", "一般只在春节时期生产销售，其他时间无法买到。", "春节时期"),
        ("5,000", "2024年度营业收入为人民币5,000万元，比上年增长。", "5,000万元"),
        ("9月1", "本法自2021年9月1日起施行。", "2021年9月1日"),
        ("3.5", "营业收入增长3.5%，其中出口下降。", "3.5%"),
        ("十。", "可以要求支付价款十倍的赔偿金。", "十倍"),
        ("法国", "克利希广场是法国巴黎的一个广场。", "法国"),
        ("高德纳", "TeX 是由高德纳开发的。", "高德纳"),
        ("79,053户", "股东总数为79,053户", "79,053户"),
        ("不在其中", "股东总数为79,053户", "不在其中"),
        ("approximately 152", "a vocabulary size of approximately 152K tokens", "approximately 152"),
        ("", "股东总数为79,053户", ""),
    ],
)
def test_a_name_or_figure_is_completed_as_the_quote_has_it(answer: str, quote: str, expected: str) -> None:
    assert whole(answer, quote, "是多少？") == expected


def test_what_the_question_says_itself_is_not_said_again() -> None:
    quote = "公司现有员工1200人。"
    assert whole("1200", quote, "现有多少员工？") == "1200人"
    assert whole("1200", quote, "现有员工多少人？") == "1200"


def test_a_long_answer_is_left_as_it_is() -> None:
    quote = "为了兴建行车天桥由佛光街至当时新开辟的红磡道，大环道因此在一带的佛光街天桥分拆，车辆不得通往红磡。"
    assert whole(quote[:-3], quote, "为什么？") == quote[:-3]
