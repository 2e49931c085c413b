"""The words of a question that carry its meaning, and how much of them a text holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from operator import add

from app.answering.figures import held, readings
from app.answering.language import CJK
from ingest.numerals import NUMERAL, spelled_out, value
from ingest.store.analyse import fold, words

# Words that ask rather than name. Written here from the closed classes of both languages:
# interrogatives, particles, pronouns, copulas, and the verbs that only introduce a question.
_ASKING = frozenset(
    """
    什么 甚么 谁 哪 哪个 哪些 哪里 哪儿 哪家 哪位 哪种 哪两个 哪几个 多少 几 几个 几年 几种 几次 多久 多长 多大 多高
    多远 多 怎么 怎样 如何 为什么 为何 何 何时 何地 是否 能否 可否 吗 呢 吧 啊 的 了 着 过 地 得 和 与 及 或 或者
    以及 是 为 在 有 没有 也 都 就 而 但 被 把 由 对 从 到 于 以 之 其 这 那 这个 那个 这些 那些 它 他 她 我 你 我们
    你们 他们 请 请问 告诉 说 讲 介绍 一下 一个 一种 可以 能 能够 会 应 应当 应该 要 需要 必须 主要 包括 进行 根据
    按照 关于 有关 中 里 里面 上 下 内 时 时候 后 前 书中 文中 文档 文件 资料 报告 规定 属于 叫 叫做 称为 名字
    什么样 样 百分之 百分之多少 最 最多 最少 至少 年 月 日 元 个 人 次 the a an of in on at to for from by with and
    or is are was were be been do does did has have had what which who whom whose when where why how many much long
    that this these those it its their there any as into about than can could should would may might will shall say
    says said according
    """.split()
)
# Asking words come with any measure word: 哪部, 哪一年, 第几届, 多少岁, 有多远. 几内亚 and 哪吒 are names.
_ASKING_SHAPE = re.compile(
    "哪(?!吒)|.*(?:什么|甚么|怎么|怎样|多少|谁)"
    "|第几|几[个种位层届枚项条辆月张只轮名号座路类场代朝批级班岁辑站分部本册人天日年次倍处所家首篇幅把颗件球列架]$"
    "|有?多[长远大高深久重宽快](?:时间)?$|[有因]何$|[么甚]$"
)
# What a question says of itself: how it is to be answered, and of which documents at once. No document holds these
# words, and as the rarest of all they would weigh most. Those that can be a topic too (表格, 总结, list) are here only
# in the places of a question where they are none: verbs where a part of it begins or ends, the rest in fixed turns.
_PAPER = "(?:文件|文档|档案|资料|材料|合同|合约|协议|报告|文章|论文|制度|邮件)"
_COUNT = r"(?:[这那此]?(?:\d+|[一二两三四五六七八九十]+|[每各])|[这那此][几多]|所有|全部)"
_SHEET = "(?:表格|列表|清单)"
_DO = "(?:比较|对比|比对|列出|列举|找出|找到|指出|总结|概括|归纳|汇总|整理|梳理|简述|概述)"
_PAPERS = "(?:documents?|files?|contracts?|agreements?|reports?|papers?|articles?|policies)"
_COUNT_LATIN = r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten)"
_TASK = re.compile(
    "|".join(
        (
            rf"(?<![式哪]){_COUNT}[份篇封]{_PAPER}?|{_COUNT}个{_PAPER}|几份|[两二三四]者|提到(?=的)",
            rf"(?:所有的?|全部的?|各|[这那]些){_PAPER}(?=[的中里内分各都在]|$)",
            rf"(?:[列做制画写排编]|整理|归纳|汇总|总结)(?:成|出|为|个|一[张个份])(?:一?[张个份])?(?:{_SHEET}|表)",
            rf"(?<![使利])[用以](?:一?[张个份])?{_SHEET}的?(?:形式|方式)?(?:展示|显示|呈现|列出|给出)?|列表(?=[,。;!?\s]|$)",
            rf"(?:^|(?<=[\s,;:。!?请帮我你并且再先否能以]))(?:一一|逐一|逐条)?{_DO}(?:一下|出来?)?|分别(?:说明|{_DO})",
            rf"{_DO}(?:一下|出来|(?=[\s。!?]*$))",
            r"\b(?:these|those|(?:all|both|each|every)(?: of)?(?: the| these| those)?)"
            rf"(?: {_COUNT_LATIN})? {_PAPERS}\b",
            rf"\bthe {_COUNT_LATIN} {_PAPERS}\b|\b(?:in|as|into) (?:a|one) (?:table|list)\b",
            r"(?:^\s*|(?<=[.,;!?:] )|(?<=\band )|(?<=\bplease ))"
            r"(?:compare|contrast|list|find|summari[sz]e|show|tabulate)\b(?: (?:them|it|all))?",
        )
    )
)
_TASK_WORDS = frozenset(
    """
    分别 各自 各 各是 各有 逐一 逐条 一一 条款 区别 差异 差别 异同 不同 相同 不同点 相同点 共同点 之间 respectively
    respective each difference differences between clause clauses
    """.split()
)
# Characters and words that join what is named: a bigram over one of them says nothing.
_JOINING = re.compile("[的了着是为在于和与及或并也都就而但被把由对从到以之其这那该有所将即又等、]")
# 200人: what is counted goes without saying.
_MEASURE = re.compile(r"(?<=\d)\s?[\u3400-\u9fff](?![\u3400-\u9fff])")
_JOINING_LATIN = frozenset(
    "the a an of in on at to for from by with and or is are was were be been it its this that as which who".split()
)
_PERCENT_BEHIND = re.compile(r"(?<=\d)\s?per ?cent\b")
# Whole numerals only: 百分之二十点五 stays as it is.
_PERCENT_BEFORE = re.compile(
    rf"百分之({NUMERAL.pattern}|[一二三四五六七八九十]|\d+(?:\.\d+)?)(?![点.\d零〇一二三四五六七八九十百千万亿])"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def content_words(question: str) -> list[str]:
    """Folded words of a question without those that ask or say how to answer, each once, in order.

    A question of the latter alone (总结这三份文件) names them.
    """
    named = [word for word in _telling(_TASK.sub(" ", fold(question))) if word not in _TASK_WORDS]
    return named or _telling(question)


def _telling(question: str) -> list[str]:
    found = dict.fromkeys(word for word in words(question) if word not in _ASKING and not _ASKING_SHAPE.match(word))
    return [word for word in found if any(unicodedata.category(char)[0] in "LN" for char in word)]


def as_written(word: str, text: str) -> str:
    """A folded word as a text writes it, where that can be told."""
    folded = fold(text)
    at = folded.find(word)
    return text[at : at + len(word)] if at >= 0 and len(folded) == len(text) else word


def covered(word: str, text: str) -> float:
    """How much of a folded word stands in a folded text: 1 whole, else the share of its bigrams.

    A number counts only as a whole: 2026 is not half of 2025.
    """
    if word[:1].isdecimal() and _NUMBER.fullmatch(word):
        return float(_holds_number(text, word))
    if word in text:
        return 1.0
    if len(word) < 3 or not CJK.search(word):
        return 0.0
    pairs = [word[i : i + 2] for i in range(len(word) - 1)]
    return sum(pair in text for pair in pairs) / len(pairs)


def _holds_number(text: str, number: str) -> bool:
    """Whether the digits stand in the text and are no part of a longer number. Quick: a table has hundreds of these."""
    at = text.find(number)
    while at >= 0:
        before, after = text[max(0, at - 1) : at], text[at + len(number) : at + len(number) + 1]
        if not (before.isdecimal() or before == "." or after.isdecimal()):
            return True
        at = text.find(number, at + 1)
    return False


def with_digits(folded: str) -> str:
    """A folded text, and behind it the numbers that it writes otherwise: what `covered` looks for them in."""
    return " ".join((folded, *spelled_out(folded)))


def grams(text: str) -> frozenset[str]:
    """Likeness units of a folded text: bigrams of Chinese runs, single Chinese characters
    that stand alone, Latin words, numbers in every reading."""
    found: set[str] = set(readings(text))
    folded = fold(text)
    found.update(re.findall(r"[a-z][a-z0-9_+-]*", folded))
    for run in re.findall(r"[\u3400-\u9fff]+", folded):
        found.update(map(add, run, run[1:]))
        if len(run) == 1:
            found.add(run)
    return frozenset(found)


def claim_grams(text: str) -> frozenset[str]:
    """Likeness units of what a text claims: as `grams`, but none reaches over a word that only joins others."""
    return grams(_JOINING.sub(" ", _MEASURE.sub(" ", _with_percent_signs(fold(text))))) - _JOINING_LATIN


def _with_percent_signs(folded: str) -> str:
    """百分之二十 and 20 percent as 20%: the words for the sign are no claim of their own."""
    return _PERCENT_BEFORE.sub(_with_sign, _PERCENT_BEHIND.sub("%", folded))


def _with_sign(match: re.Match[str]) -> str:
    (number,) = match.groups()
    digits = number if number[0].isdigit() else value(number) if len(number) > 1 else next(iter(held(number)), None)
    return match.group() if digits is None else f"{digits}%"


def share(part: frozenset[str], whole: frozenset[str]) -> float:
    """Share of `part` that is in `whole`; 0 for an empty part."""
    return len(part & whole) / len(part) if part else 0.0


def weighted_coverage(question_words: Sequence[str], weights: Sequence[float], text: str) -> float:
    """Share of the question's weight that a folded text covers, between 0 and 1."""
    total = sum(weights)
    if total == 0:
        return 0.0
    return sum(w * covered(word, text) for word, w in zip(question_words, weights, strict=True)) / total
