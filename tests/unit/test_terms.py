"""Content words, numbers and likeness units."""

import pytest

from app.answering.terms import content_words, covered, grams, share, weighted_coverage, with_digits


def test_asking_words_are_dropped() -> None:
    words = content_words("数据安全法从什么时候开始施行？")
    assert "什么" not in words
    assert "施行" in words


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("这部小说是哪一年出版的？", {"小说", "出版"}),
        ("她参加了第几届哪些地方的展览？", {"参加", "展览"}),
        ("有多少岁的人怎么样报名？", {"报名"}),
        ("几内亚的首都是什么地方？", {"几内亚", "首都", "地方"}),
        ("哪吒是谁的儿子？", {"哪吒", "儿子"}),
    ],
)
def test_asking_words_are_dropped_with_any_measure_word(question: str, expected: set[str]) -> None:
    """None of them stands in an answer, and as the rarest of all they would weigh most."""
    found = set(content_words(question))
    assert found >= expected
    assert not [word for word in found - expected if set(word) & set("什谁怎") or word.startswith(("哪", "第几", "多"))]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("这三份合同提前终止分别要赔多少？", ["提前", "终止", "赔"]),
        ("找出三份合同里关于提前终止的条款", ["提前", "终止"]),
        ("把這三份合約的違約金列成一張表", ["违约金"]),
        ("用表格展示各合同的押金", ["押金"]),
        ("对比一下这三个合同的租期有什么不同", ["租期"]),
        ("每份合同的押金各是多少", ["押金"]),
        ("一一列举所有文件中提到的罚则", ["罚则"]),
        ("请总结这几份文件的付款方式", ["付款", "方式"]),
        ("Compare the termination clauses of these three contracts", ["termination"]),
        ("What are the respective penalties in each contract? List them in a table.", ["penalties"]),
        ("Summarize the payment dates of both files", ["payment", "dates"]),
    ],
)
def test_how_to_answer_and_of_which_documents_names_nothing(question: str, expected: list[str]) -> None:
    """No document says that it is one of three, or to be compared."""
    assert content_words(question) == expected


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("怎么使用表格功能？", "表格"),
        ("人员清单在哪里？", "清单"),
        ("去年的工作总结是谁写的？", "总结"),
        ("三个月的租金是多少？", "三个"),
        ("合同的车位号是多少？", "合同"),
        ("一式三份的是什么？", "三份"),
        ("命名是根据哪两篇文章？", "文章"),
        ("Who signed the contract?", "contract"),
        ("What is a linked list?", "list"),
        ("What is on the table?", "table"),
    ],
)
def test_the_same_words_as_a_topic_are_named(question: str, topic: str) -> None:
    assert topic in content_words(question)


def test_a_question_of_nothing_else_names_what_is_to_be_done() -> None:
    assert content_words("总结这三份文件")


def test_content_words_fold_script_and_width() -> None:
    assert "进口" in content_words("能源進口")
    assert "abc" in content_words("ＡＢＣ 是什么")


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        ("2026", "2025 年营业收入", 0.0),
        ("2025", "12025", 0.0),
        ("2025", "0.2025和20251", 0.0),
        ("2025", "12025和2025", 1.0),
        ("2025", "2025年", 1.0),
        ("营业收入", "营业总收入和营业成本", 2 / 3),
        ("股东", "股东名册", 1.0),
        ("vim", "use vim", 1.0),
    ],
)
def test_covered(word: str, text: str, expected: float) -> None:
    assert covered(word, text) == pytest.approx(expected)


def test_a_number_is_covered_in_whatever_way_it_is_written() -> None:
    (word,) = (word for word in content_words("一千二百三十四户") if word.isdigit())
    assert word == "1234"
    assert covered(word, with_digits("共1234户")) == covered(word, with_digits("共一千二百三十四户")) == 1
    assert covered(word, with_digits("共一千二百三十五户")) == 0


def test_grams_hold_bigrams_words_and_numbers() -> None:
    assert grams("营业收入 3.5% revenue") == {"营业", "业收", "收入", "3.5", "revenue"}


def test_share_and_coverage() -> None:
    assert share(frozenset(), frozenset({"a"})) == 0
    assert share(frozenset({"a", "b"}), frozenset({"a"})) == 0.5
    assert weighted_coverage(["股东", "火星"], [1.0, 3.0], "股东名册") == 0.25
    assert weighted_coverage([], [], "股东") == 0.0
