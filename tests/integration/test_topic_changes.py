"""A question on another matter is answered in a conversation too, and one that may mean the last matter is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from app.answering.events import Scope
from app.answering.prompt import Turn
from app.answering.question import Question
from app.answering.read import SHOWN, Reader, Reading
from models.base import Reranker, Vectors
from tests.support.served import services_in

LAW = "# 公司法\n\n" + "\n\n".join(
    f"## 第{n}条\n\n有限责任公司股东会修改章程或者增减注册资本，须经代表{n}分之二以上表决权的股东通过。"
    for n in range(1, 40)
)
PLANT = "# {0}年报\n\n" + "\n\n".join(
    f"## 第{n}季度\n\n{{0}}水电站第{n}季度发电机组检修后的上网电量为{n}千度，来水比上年偏丰。" for n in range(1, 40)
)
RESEARCH = "\n\n## 研发\n\n研发费用为七十元，都用于新机组的试验。\n"
OF_THE_LAW = Turn("有限责任公司股东会修改章程或者增减注册资本，须经代表多少表决权的股东通过？", "三分之二以上")
OF_A_PLANT = Turn("第3季度发电机组检修后的上网电量为多少，来水比上年怎么样？", "3千度，偏丰")
OF_A_BANK = Turn("招商银行股东会修改章程或者增减注册资本，须经代表多少表决权的股东通过？", "三分之二以上")


class Shelf:
    """A law and the reports of two power plants, of which one tells of its research."""

    def __init__(self, reader: Reader, scope: Scope) -> None:
        self._reader, self._scope = reader, scope

    def reranked_by(self, reranker: Reranker) -> Shelf:
        retriever = replace(self._reader.retriever, reranker=lambda: nullcontext(reranker))
        return Shelf(replace(self._reader, retriever=retriever), self._scope)

    def read(self, text: str, *before: Turn) -> Reading:
        return self._reader.read(Question(text, self._scope, before), SHOWN)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    texts = {
        "公司法.md": LAW,
        "上游电站年报.md": PLANT.format("上游"),
        "下游电站年报.md": PLANT.format("下游") + RESEARCH,
    }
    with services_in(tmp_path_factory.mktemp("shelf"), chunk_tokens=60) as services:
        for name, text in texts.items():
            services.library.add("default", name, BytesIO(text.encode()))
        while services.worker.step():
            pass
        yield Shelf(services.answerer.reader, Scope((services.library.catalog.base("default").id,)))


def names(reading: Reading) -> list[str]:
    return [hit.chunk.document_name for hit in reading.found.hits]


def test_a_short_question_on_another_matter_is_answered_as_in_a_new_conversation(shelf: Shelf) -> None:
    alone, behind = shelf.read("研发费用是多少？"), shelf.read("研发费用是多少？", OF_THE_LAW)
    assert alone.enough
    assert not alone.alone  # there is nothing before it
    assert behind == replace(alone, alone=True)
    assert names(behind)[0] == "下游电站年报.md"


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("下游水电站的研发费用是多少元，用于什么试验？", OF_THE_LAW),
        ("有限责任公司股东会修改章程须经多少表决权的股东通过？", OF_A_PLANT),
        ("有限责任公司股东会增减注册资本，第7条是怎么规定的？", OF_A_PLANT),
    ],
)
def test_what_names_all_itself_is_searched_without_a_turn_about_something_else(
    shelf: Shelf, text: str, before: Turn
) -> None:
    alone, behind = shelf.read(text), shelf.read(text, before)
    assert alone.enough
    assert behind == replace(alone, alone=True)


def test_it_is_searched_with_a_turn_about_the_same(shelf: Shelf) -> None:
    behind = shelf.read("第7季度发电机组检修后的上网电量为多少千度？", OF_A_PLANT)
    assert behind.enough
    assert not behind.alone


def test_a_reranker_puts_in_order_what_is_read_alone(shelf: Shelf) -> None:
    scored: list[str] = []

    class Counting:
        name = "counting"

        def score(self, question: str, texts: Sequence[str]) -> Vectors:
            scored.append(question)
            return -np.arange(len(texts), dtype=np.float32)

    text = "下游水电站的研发费用是多少元，用于什么试验？"
    assert shelf.reranked_by(Counting()).read(text, OF_THE_LAW).alone
    # What is only asked which documents it is found in is not put in order.
    assert scored == [f"{OF_THE_LAW.question} {OF_THE_LAW.answer} {text}", text]


PEOPLE = "张伟 王强 李娜 赵敏 孙悦 周涛 吴磊 郑洁 冯军 陈晨 杨帆 胡静".split()
SCHOOLS = [f"{place}大学" for place in "清华 湖南 武汉 南京 四川 山东 厦门 兰州 吉林 中山 重庆 苏州".split()]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Lives that tell the same of others."""
    with services_in(tmp_path_factory.mktemp("people"), chunk_tokens=60) as services:
        for n, (name, school) in enumerate(zip(PEOPLE, SCHOOLS, strict=True)):
            text = f"# {name}\n\n{name}在星海{n}公司任职。\n\n## 学历\n\n本科毕业于{school}，学的是船舶专业。\n"
            services.library.add("default", f"{name}.md", BytesIO(text.encode()))
        while services.worker.step():
            pass
        yield Shelf(services.answerer.reader, Scope((services.library.catalog.base("default").id,)))


@pytest.mark.parametrize("name", PEOPLE)
def test_what_leaves_out_whom_it_is_about_is_not_told_of_somebody_else(people: Shelf, name: str) -> None:
    behind = people.read("本科毕业于哪所大学，学的什么专业？", Turn(f"{name}在哪家公司任职？", "星海"))
    assert not behind.alone
    assert f"{name}.md" in names(behind)


def test_it_is_not_answered_from_another_document_that_is_near_to_the_turn_before(shelf: Shelf) -> None:
    assert not shelf.read("研发费用是多少？", OF_A_PLANT).enough


def test_it_may_be_about_whom_the_turns_before_name(shelf: Shelf) -> None:
    assert not shelf.read("研发费用是多少？", OF_A_BANK).enough
    assert not shelf.read("研发费用是多少？", OF_A_BANK, OF_THE_LAW).enough


@pytest.mark.parametrize("text", ["研发费用呢？", "那研发费用是多少？", "它的研发费用是多少？"])
def test_what_points_to_the_turn_before_is_no_other_matter(shelf: Shelf, text: str) -> None:
    assert not shelf.read(text, OF_THE_LAW).enough


def test_what_nothing_answers_surely_is_refused_beside_what_is_nearest_to_it(shelf: Shelf) -> None:
    text = "研发实验室租金是多少？"
    alone, behind = shelf.read(text), shelf.read(text, OF_THE_LAW)
    assert not behind.enough
    assert behind.found.hits[0].chunk == alone.found.hits[0].chunk
    # What the turn before is about is there too: the question may have meant that.
    assert "公司法.md" in names(behind)
