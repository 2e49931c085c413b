"""What stands behind a sentence in another language."""

import pytest

from app.answering.cite import Citer
from app.answering.events import AnswerSentence
from app.answering.terms import content_words
from tests.support.fakes import BilingualEmbedder
from tests.support.found import a_source

PAPER = a_source(
    "Weather in the hills was mild.\nThe QWEN models were trained on up to 3 trillion tokens.\n"
    "Lunch is served at noon.\nThe licence allows commercial use of the models.\nParking is free on Sundays.",
    name="paper.pdf",
)
QUESTION = "模型训练用了多少 token？"
MEANINGS = {"训练": "trained", "许可": "licence", "天气": "Weather", "午餐": "Lunch", "停车": "Parking"}


def judge(answer: str, question: str = QUESTION, *, abroad: bool = True) -> AnswerSentence:
    words = [(word, 1.0) for word in content_words(question)]
    embedder = BilingualEmbedder(MEANINGS) if abroad else None
    (sentence,) = Citer(question, words, [PAPER], {}, embedder).all(answer)
    return sentence


def test_the_near_sentence_with_the_same_number_supports() -> None:
    sentence = judge("模型训练用了3万亿 token。")
    assert sentence.support == "supported"
    assert [citation.quote for citation in sentence.citations] == [
        "The QWEN models were trained on up to 3 trillion tokens."
    ]


def test_words_alone_find_nothing_there() -> None:
    assert judge("模型训练用了3万亿 token。", abroad=False).support == "unsupported"


@pytest.mark.parametrize("answer", ["模型训练用了4万亿 token。", "模型训练用了3亿 token。"])
def test_another_number_has_nothing_behind_it(answer: str) -> None:
    sentence = judge(answer)
    assert (sentence.support, sentence.citations) == ("unsupported", ())


def test_nearness_alone_is_weak_support() -> None:
    sentence = judge("许可说明了可以怎样使用。", "许可是怎样的？")
    assert sentence.support == "weak"
    assert sentence.citations[0].quote == "The licence allows commercial use of the models."
    assert sentence.citations[0].support == "weak"


def test_a_name_that_the_near_sentence_lacks_is_no_support() -> None:
    assert judge("训练的是 QWEN 模型。").support == "supported"
    assert judge("训练的是 LLaMA 模型。").support == "weak"


def test_what_nothing_is_near_to_has_nothing_behind_it() -> None:
    assert judge("这里没有说明。", "发动机怎样？").support == "unsupported"
