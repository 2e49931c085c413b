"""Questions that could be asked, made of the headings of documents without any model.

A heading names what stands below it, so that a question for it can be answered; most of them are nouns, which
every question here fits. What names nothing by itself (numbers, contents, an introduction) makes none, and what many
documents have in common tells none of them: of a document that has no heading of its own, or none at all, the title is
asked for.
"""

from __future__ import annotations

import re
from binascii import crc32
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

from app.answering.events import Scope
from app.answering.language import CJK, Language, language_of
from app.answering.terms import content_words
from app.answering.turns import StoredTurn
from ingest.script import columns
from ingest.store.analyse import fold
from ingest.store.catalog import Catalog
from ingest.store.errors import UnknownDocument
from ingest.store.records import Heading
from ingest.title import title_of

# The headings of so many documents are looked at, from all over a base: unpacking all of a large one takes too long.
_DOCUMENTS = 12
# And so many headings of each: each is segmented into words, and one file may hold tens of thousands.
LOOKED_AT = 400
# In columns: a Chinese character takes two. A shorter heading names nothing, a longer one is a sentence.
_SHORTEST, _LONGEST, _LONGEST_TITLE = 4, 44, 80

_NUMBER = r"[0-9０-９一二三四五六七八九十百零〇两IVXivx]{1,6}"
# What headings begin with beside their words: 第三章, 一、, （二）, 1.2, Chapter 3:, Article 12.
_NUMBERING = re.compile(
    rf"^(?:第\s*{_NUMBER}\s*[编編篇部卷章节節条條款项項]|[(（]\s*{_NUMBER}\s*[)）]"
    r"|\d{1,2}(?:[.．]\d{1,2})+(?![\d%％])[.．]?|\d{1,2}\s+(?=\D)"
    rf"|{_NUMBER}\s*[、.．)）](?!\d)"
    rf"|(?:chapter|part|section|article|appendix|clause)\s+(?:{_NUMBER}|[A-Z])\b)[\s:：.．、—–-]*",
    re.IGNORECASE,
)
# Folded headings that say where in a document one is, not what it says there.
_PLACES = frozenset(
    """
    目录 目次 前言 序 序言 引言 导言 绪论 导论 概述 概论 概要 简介 总则 附则 附录 附件 附表 附图 索引 参考文献 参考资料
    方法 研究方法 结果 实验结果 讨论 结果与讨论 实验 实验设置 相关工作 相关研究 研究背景
    致谢 后记 摘要 关键词 正文 封面 封底 版权页 声明 免责声明 其他 其它 总结 小结 结论 结语 说明 备注 注释 修订记录
    contents overview introduction preface foreword abstract summary conclusion conclusions references bibliography
    acknowledgements acknowledgments appendix appendices annex index glossary notes background general miscellaneous
    other keywords disclaimer copyright method methods methodology result results discussion experiment experiments
    """.split()
) | {
    *("table of contents", "list of figures", "list of tables", "revision history", "related work", "future work"),
    *("materials and methods", "results and discussion", "experimental results", "experimental setup"),
}
_ASKS = re.compile(r"[?？]$")
# Folded headings that ask, though without a mark.
_ASKING = re.compile(
    r"(?:怎样|怎么|如何|为什么|为何|什么是)\S|(?:what|how|why|who|which)\s\S"
    r"|.*(?:是什么|有哪些|怎么办|怎么样|为什么|[^吗]吗)$"
)
# A sheet or slide that nobody named, a date, a figure: no words of its own.
_NAMELESS = re.compile(r"(?:sheet|slide|工作表|幻灯片|表格?|图|figure|table)?\s*[\d\W_年月日]*", re.IGNORECASE)
_SENTENCE = re.compile(r"[。；;！!]|[，,：:]$")
# Of words only that ask and name nothing: what is searched for is the heading.
_WORDINGS: Mapping[Language, tuple[str, ...]] = {
    "zh-Hans": ("关于{heading}，文中是怎么说的？", "文中关于{heading}讲了什么？", "文档中怎样介绍{heading}？"),
    "zh-Hant": ("關於{heading}，文中是怎麼說的？", "文中關於{heading}講了什麼？", "文件中怎樣介紹{heading}？"),
    "en": ("What is said about “{heading}”?", "What is there on “{heading}”?"),
}
_OF_TITLES: Mapping[Language, str] = {
    "zh-Hans": "《{title}》讲了什么？",
    "zh-Hant": "《{title}》講了什麼？",
    "en": "What does “{title}” say?",
}


_T = TypeVar("_T")
# A document's id, and a character of its cleaned text.
Place = tuple[str, int]


@dataclass(frozen=True)
class Suggestion:
    """A question and the heading that it is made of; the text below begins at character `start` of the document."""

    question: str
    heading: str
    document_id: str
    document_name: str
    start: int


def first_questions(catalog: Catalog, scope: Scope, count: int) -> list[Suggestion]:
    """At most `count` questions to begin with, of several documents in turn, and from all over each of them.

    What is a heading of several documents comes last.
    """
    documents = (scope.documents or catalog.some_read(scope.bases, _DOCUMENTS))[:_DOCUMENTS]
    looked_at = [_spread(catalog.headings(document)) for document in documents]
    made = [_made(headings) for headings in looked_at]
    times = Counter(fold(each.heading) for suggestions in made for each in suggestions)
    own = [[each for each in suggestions if times[fold(each.heading)] == 1] for suggestions in made]
    filled = [
        suggestions or _of_title(catalog, document, headings)
        for suggestions, document, headings in zip(own, documents, looked_at, strict=True)
    ]
    filled = _from_all_over([suggestions for suggestions in filled if suggestions], count)
    wanted = -(-count // max(1, len(filled)))
    in_turn = zip_longest(*(_from_all_over(suggestions, wanted) for suggestions in filled))
    first = [each for turn in in_turn for each in turn if each is not None]
    return _unlike((*first, *(each for suggestions in made for each in suggestions)), count)


def next_questions(catalog: Catalog, question: str, places: Sequence[Place], count: int) -> list[Suggestion]:
    """At most `count` questions that an answer leads to: of the headings around what it quotes, the nearest first.

    `places` are those of the quotes; what stands below the same headings was answered, and what the question names was
    asked.
    """
    asked = set(content_words(question))
    near: list[tuple[int, Suggestion]] = []
    for document in list(dict.fromkeys(document for document, _ in places))[:_DOCUMENTS]:
        quotes = [start for other, start in places if other == document]
        made = _made(_near(catalog.headings(document), quotes))
        used = {max((each.start for each in made if each.start <= quote), default=None) for quote in quotes}
        for each in made:
            if each.start not in used and not set(content_words(each.heading)) <= asked:
                near.append((min(abs(each.start - quote) for quote in quotes), each))
    near.sort(key=lambda found: found[0])
    return _unlike((each for _, each in near), count)


def places_of(turn: StoredTurn) -> list[Place]:
    """Where what an answer quotes begins; where it quotes nothing, where its sources do."""
    quotes = [citation for sentence in turn.sentences for citation in sentence.citations]
    if not quotes and turn.extract is not None:
        quotes = [turn.extract]
    found = [(quote.document_id, quote.start) for quote in quotes]
    return found or [(source.hit.chunk.document_id, source.hit.chunk.start) for source in turn.sources]


def named(heading: str) -> str:
    """What a heading names: its words, without its number."""
    return " ".join(_NUMBERING.sub("", " ".join(heading.split())).split())


def is_telling(heading: str) -> bool:
    """Whether a heading without its number names something that can be asked for."""
    return (
        _SHORTEST <= columns(heading) <= _LONGEST
        and not {fold(heading), "".join(fold(heading).split())} & _PLACES
        and not _NAMELESS.fullmatch(heading)
        and not _SENTENCE.search(heading)
        and bool(content_words(heading))
    )


def question_of(heading: str, language: Language) -> str:
    """A question for what stands below a heading, in the language of the document; one that asks is asked as it is."""
    if _ASKS.search(heading):
        return heading
    if _ASKING.match(fold(heading)):
        return f"{heading}{'？' if CJK.search(heading) else '?'}"
    wordings = _WORDINGS[language]
    return wordings[crc32(fold(heading).encode()) % len(wordings)].format(heading=heading)


def _spread(headings: list[Heading]) -> list[Heading]:
    """As many headings as are looked at, from all over a document."""
    return headings[:: -(-len(headings) // LOOKED_AT) or 1]


def _near(headings: list[Heading], places: Sequence[int]) -> list[Heading]:
    """As many headings as are looked at, those before and behind the first of some places, in order."""
    first = bisect_right(headings, min(places), key=lambda heading: heading.start)
    begin = max(0, first - LOOKED_AT // 2)
    return headings[begin : begin + LOOKED_AT]


def _made(headings: Sequence[Heading]) -> list[Suggestion]:
    """The questions of one document, in its order; none for what its name says too."""
    if not headings:
        return []
    script = _script(each.text for each in headings)
    title = fold(title_of(headings[0].document_name))
    found: dict[str, Suggestion] = {}
    for each in headings:
        heading = named(each.text)
        if is_telling(heading) and fold(heading) != title:
            question = question_of(heading, _language(heading, script))
            found.setdefault(
                fold(heading), Suggestion(question, heading, each.document_id, each.document_name, each.start)
            )
    return list(found.values())


def _of_title(catalog: Catalog, document_id: str, headings: Sequence[Heading]) -> list[Suggestion]:
    """What a document says, by its file's name or, where that has no words, by its first heading.

    None of one that is gone, or of which nothing was read.
    """
    try:
        document = catalog.document(document_id)
    except UnknownDocument:
        return []
    title = title_of(document.name) or (named(headings[0].text) if headings else "")
    if not document.chunks or not content_words(title) or columns(title) > _LONGEST_TITLE:
        return []
    wording = _OF_TITLES[_language(title, _script([each.text for each in headings] or [title]))]
    question = wording.format(title=title) if "《" not in title else wording.replace("《{title}》", title)
    start = headings[0].start if headings else 0
    return [Suggestion(question, title, document.id, document.name, start)]


def _script(headings: Iterable[str]) -> Language:
    """The Chinese of a document: it is told from the other by many characters."""
    language = language_of(" ".join(headings))
    return "zh-Hans" if language == "en" else language


def _language(text: str, script: Language) -> Language:
    return script if CJK.search(text) else "en"


def _from_all_over(made: list[_T], wanted: int) -> list[_T]:
    """The same, but first as many as are wanted from all over it."""
    first = made[:: max(1, len(made) // wanted)][:wanted]
    return [*first, *(each for each in made if each not in first)]


def _unlike(suggestions: Iterable[Suggestion], count: int) -> list[Suggestion]:
    found: dict[str, Suggestion] = {}
    for each in suggestions:
        found.setdefault(fold(each.question), each)
    return list(found.values())[:count]
