"""Questions made of headings: which headings make one, in which language, and of which documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.answering.events import Scope
from app.answering.language import Language
from app.answering.suggest import LOOKED_AT, first_questions, is_telling, named, next_questions, question_of
from app.answering.terms import content_words
from ingest.document import Block, Line, ParsedDocument
from tests.support.ingesting import Bench, bench

HANDBOOK = """# 员工手册

## 目录

休假……3

## 第一章 总则

本手册适用于全体员工。

## 第二章　休假

### （一）年休假

每年享有十天带薪年休假。

### （二）病假

病假须提交医院证明。

## 第三章 加班费的计算

按小时计算。

## 第四章 离职手续

提前三十日通知。
"""
LEASE = """# Lease

## Contents

1

## 1. Termination

Either party may terminate with notice.

## 2. Security deposit

Two months of rent.

## 3. What happens if the rent is late?

Interest is due.
"""


def parse(path: Path, name: str, **_: Any) -> ParsedDocument:
    """Paragraphs, those that begin with # as headings."""
    paragraphs = path.read_text(encoding="utf-8").strip().split("\n\n")
    return ParsedDocument(tuple(map(block, paragraphs)), ())


def block(text: str) -> Block:
    marks, _, words = text.rpartition("# ")
    level = len(marks) + 1 if text.startswith("#") else 0
    return Block("heading" if level else "text", (Line(words, None),), level=level)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Bench]:
    made = bench(tmp_path, parse=parse)
    for text, name in ((HANDBOOK, "员工手册.md"), (LEASE, "Lease.md")):
        made.taken_in(text, name)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("第三章　休假", "休假"),
        ("第 12 条 违约责任", "违约责任"),
        ("一、适用范围", "适用范围"),
        ("（二）病假", "病假"),
        ("1.2.3 安装步骤", "安装步骤"),
        ("3.质量保证", "质量保证"),
        ("Chapter 3: Termination", "Termination"),
        ("2. Security deposit", "Security deposit"),
        ("2025年经营情况", "2025年经营情况"),
        ("三方协议", "三方协议"),
        ("Particulars", "Particulars"),
    ],
)
def test_a_heading_goes_without_its_number(heading: str, name: str) -> None:
    assert named(heading) == name


@pytest.mark.parametrize(
    "heading", ["年休假", "加班费的计算", "Termination", "2025年经营情况", "租金逾期怎么办？", "違約責任"]
)
def test_a_heading_that_names_something_makes_a_question(heading: str) -> None:
    assert is_telling(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "",
        "假",
        "2025",
        "2025年3月",
        "- 12 -",
        "目录",
        "目 錄",
        "Contents",
        "总则",
        "附則",
        "Introduction",
        "Methods",
        "Related Work",
        "实验结果",
        "討論",
        "相关工作",
        "Sheet1",
        "表 3",
        "是什么",
        "本手册适用于全体员工。",
        "甲方同意，",
        "员工连续工作满一年的每年享有十天带薪年休假满五年的十五天",
    ],
)
def test_one_that_names_nothing_makes_none(heading: str) -> None:
    assert not is_telling(heading)


def test_a_question_is_in_the_language_of_its_heading() -> None:
    assert question_of("离职手续", "zh-Hans") == "关于离职手续，文中是怎么说的？"
    assert question_of("違約責任", "zh-Hant") == "關於違約責任，文中是怎麼說的？"
    assert question_of("Termination", "en") == "What is said about “Termination”?"
    assert question_of("租金逾期怎么办？", "zh-Hans") == "租金逾期怎么办？"


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_headings_are_asked_for_in_several_wordings_each_always_in_the_same(language: Language) -> None:
    headings = [f"Clause {letter}" for letter in "abcdefghijkl"]
    asked = [question_of(heading, language) for heading in headings]
    assert asked == [question_of(heading, language) for heading in headings]
    wordings = {question.replace(heading, "") for question, heading in zip(asked, headings, strict=True)}
    assert 2 <= len(wordings) <= 3
    # A wording has words only that ask: they would be searched for else.
    assert {word for wording in wordings for word in content_words(wording)} == set()


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("怎样申请年假", "怎样申请年假？"),
        ("為什麼選擇知文", "為什麼選擇知文？"),
        ("年休假是什么", "年休假是什么？"),
        ("合同可以转让吗", "合同可以转让吗？"),
        ("How to apply for leave", "How to apply for leave?"),
        ("Why models fail", "Why models fail?"),
        ("How-to guides", "What is said about “How-to guides”?"),
    ],
)
def test_a_heading_that_asks_without_a_mark_is_asked_as_it_is(heading: str, question: str) -> None:
    assert question_of(heading, "zh-Hans" if heading[0] > "z" else "en") == question


def test_of_documents_that_share_their_headings_each_is_asked_for_by_what_is_its_own(tmp_path: Path) -> None:
    made = bench(tmp_path, parse=parse)
    common = "## Methods\n\nWe train.\n\n## Training details\n\nAdam.\n\n## Results\n\nIt works."
    for number in range(30):
        own = "## Sparse gradients\n\nThey are sparse.\n\n" if number == 29 else ""
        made.taken_in(
            f"# Paper\n\nText {number}.\n\n{own}{common}", f"Study of topic {chr(97 + number % 26)}{number}.md"
        )
    catalog = made.library.catalog
    asked = first_questions(catalog, Scope(("default",)), 12)
    assert asked[0].question == question_of("Sparse gradients", "en")
    titles = [each.heading for each in asked[1:]]
    assert [each.question for each in asked[1:]] == [f"What does “{title}” say?" for title in titles]
    numbers = [int("".join(filter(str.isdigit, title))) for title in titles]
    assert len(set(numbers)) == 11
    assert min(numbers) < 5, "documents are of all of the base, not the latest alone"
    assert "Training details" in {each.heading for each in first_questions(catalog, Scope(("default",)), 20)}
    made.close()


def test_a_title_is_asked_for_in_its_language(tmp_path: Path) -> None:
    made = bench(tmp_path, parse=parse)
    for year in (2023, 2024):
        made.taken_in(f"# 员工手册\n\n{year}\n\n## 年休假\n\n十天。", f"员工手册{year}.md")
    first, second, *rest = first_questions(made.library.catalog, Scope(("default",)), 4)
    assert {first.question, second.question} == {"《员工手册2023》讲了什么？", "《员工手册2024》讲了什么？"}
    assert "年休假" in {each.heading for each in rest}
    made.close()


def test_a_document_without_headings_is_asked_for_by_its_name_once_it_was_read(tmp_path: Path) -> None:
    made = bench(tmp_path, parse=parse)
    scope = Scope(
        ("default",), (made.add("十天。", "考勤制度.txt").id, made.add("Two months.", "Deposit rules.txt").id)
    )
    assert first_questions(made.library.catalog, scope, 4) == []
    made.work()
    asked = first_questions(made.library.catalog, scope, 4)
    assert [each.question for each in asked] == ["《考勤制度》讲了什么？", "What does “Deposit rules” say?"]
    assert [each.start for each in asked] == [0, 0]
    made.taken_in("No words in the name.", "12.txt")
    assert len(first_questions(made.library.catalog, Scope(("default",)), 4)) == 2
    made.close()


def test_first_questions_are_of_every_document_in_turn(shelf: Bench) -> None:
    made = first_questions(shelf.library.catalog, Scope(("default",)), 4)
    assert [each.document_name for each in made] == ["Lease.md", "员工手册.md"] * 2
    assert made[0].question == "What is said about “Termination”?"
    assert [each.heading for each in made if each.document_name == "员工手册.md"] == ["年休假", "加班费的计算"]
    everything = first_questions(shelf.library.catalog, Scope(("default",)), 20)
    headings = {each.heading for each in everything}
    assert headings == {
        *("Termination", "Security deposit", "What happens if the rent is late?"),
        *("年休假", "病假", "加班费的计算", "离职手续"),
    }


def test_first_questions_keep_to_the_scope(shelf: Bench) -> None:
    catalog = shelf.library.catalog
    lease = next(each for each in catalog.documents("default").items if each.name == "Lease.md")
    made = first_questions(catalog, Scope(("default",), (lease.id,)), 4)
    assert {each.document_id for each in made} == {lease.id}
    shelf.library.hide(lease.id)
    assert first_questions(catalog, Scope(("default",), (lease.id,)), 4) == []
    assert {each.document_name for each in first_questions(catalog, Scope(("default",)), 4)} == {"员工手册.md"}


def test_next_questions_are_of_what_stands_beside_and_was_not_quoted(shelf: Bench) -> None:
    catalog = shelf.library.catalog
    handbook = next(each for each in catalog.documents("default").items if each.name == "员工手册.md")
    quote = (handbook.id, catalog.text(handbook.id).text.index("享有十天"))
    made = next_questions(catalog, "年休假有几天？", [quote], 3)
    assert [each.heading for each in made] == ["病假", "加班费的计算", "离职手续"]
    assert {each.document_id for each in made} == {handbook.id}
    assert [each.heading for each in next_questions(catalog, "病假和加班费的计算", [quote], 3)] == ["离职手续"]
    shelf.library.hide(handbook.id)
    assert next_questions(catalog, "年休假有几天？", [quote], 3) == next_questions(catalog, "年休假", [], 3) == []


def test_of_a_document_of_many_headings_some_are_looked_at_from_all_over_it_or_near_what_was_read(shelf: Bench) -> None:
    number = 20 * LOOKED_AT
    text = "\n\n".join(f"## 关于编号{n}的违约责任\n\n见合同。" for n in range(number))
    document = shelf.taken_in(text, "合同汇编.md")
    scope = Scope(("default",), (document.id,))
    places = [each.start for each in first_questions(shelf.library.catalog, scope, 4)]
    length = len(text)
    assert [round(4 * place / length) for place in places] == [0, 1, 2, 3]
    near = next_questions(shelf.library.catalog, "违约责任呢？", [(document.id, length // 2)], 3)
    assert len(near) == 3
    assert all(abs(each.start - length // 2) < 200 for each in near)
