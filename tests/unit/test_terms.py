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
