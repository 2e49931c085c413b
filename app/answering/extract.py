"""Picks the one sentence or table row of the found chunks that answers a question best: the extractive answer.

It is shown before anything is written, and is the answer where there is no language model.

The weights of the five signs maximise the likelihood of a sentence that holds a known answer (cmrc2018_dev, 250
questions, and xquad_en, 250) or is the known evidence (expmrc_cmrc_dev, 200) under a softmax over all sentences of six
found chunks, on one half of the articles. On the other half the chosen sentence holds the answer for 80 % and 80 %, and
is the evidence for 87 % of the questions; without `beyond` that is 74 %, 79 % and 80 %. How long a sentence is, and how
near the vector of the part that it stands in, added nothing that could be told from chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Literal

from app.answering.events import Source
from app.answering.figures import dates, years
from app.answering.quotes import Quote, quotes_of
from app.answering.terms import content_words, covered, weighted_coverage, with_digits
from ingest.store.analyse import fold, names
from ingest.title import title_of

Asks = Literal["amount", "time", "name", "reason", "anything"]
# Of named, beyond, near, typed, placed, as shares of one: 3.17, 3.73, 3.87, 1.11 and 5.44, divided by their sum.
WEIGHTS = (0.183, 0.215, 0.224, 0.064, 0.314)
# Less than this much beside what the question says already, and a sentence only repeats the question.
_LEAST_NEWS = 2

_TIME = re.compile(
    r"什么时候|甚么时候|何时|哪一?年|哪一?天|几[年月日号点]|日期|年份|时间|\bwhen\b"
    r"|\b(?:what|which) (?:year|date|day|month|century)\b"
)
_AMOUNT = re.compile(
    r"多少|几(?!乎|何|内亚|里得)|(?<!伦)多[大高长远久重快宽深]|比例|百分之"
    r"|\bhow (?:many|much|long|far|old|tall|high|large|big|often)\b"
    r"|\bwhat (?:percent|percentage|number|amount|share|proportion)"
)
_NAME = re.compile(
    r"谁|何人|哪[里裡儿兒些个位家种]|什么地方|何地|何处|叫什么|名字|名称|\bwho(?:m|se)?\b|\bwhere\b|\bwhich\b"
    r"|\bwhat (?:city|country|name|team|company|place)\b"
)
_REASON = re.compile(r"为什么|为何|原因|怎么会|\bwhy\b")
_BECAUSE = re.compile(
    r"因为|由于|因此|所以|原因|为了|导致|使得|以免|故而"
    r"|\b(?:because|due to|since|therefore|so that|in order to)\b"
)
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)|世纪|\bcentur")
_NUMBER = re.compile(r"\d|[零一二两三四五六七八九十百千万亿]|%")
# 第五十九条 numbers an article, and counts nothing.
_ARTICLE = re.compile(r"第[\d零〇一二三四五六七八九十百千、至]+[条章节款项编]|\b(?:article|section|chapter) \d+")
_ENGLISH_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+|[A-Z]{2,}")


def asks_for(question: str) -> Asks:
    """What kind of thing must stand in an answer."""
    folded = fold(question)
    kinds: tuple[tuple[Asks, re.Pattern[str]], ...] = (
        ("reason", _REASON),
        ("time", _TIME),
        ("amount", _AMOUNT),
        ("name", _NAME),
    )
    return next((kind for kind, pattern in kinds if pattern.search(folded)), "anything")


@dataclass(frozen=True)
class Signs:
    """How one quote bears on a question; each between 0 and 1.

    `named` is the share of what the question names that it holds by itself; `beyond` the share of what its document's
    name and headings do not say already; `near` that of all, with what it is read with. `typed` is whether it holds the
    kind of thing that is asked for beside what the question says, `placed` how near its chunk comes to the best one.
    """

    named: float
    beyond: float
    near: float
    typed: float
    placed: float

    @property
    def score(self) -> float:
        """At most 1, the higher the better."""
        score: float = sum(weight * sign for weight, sign in zip(WEIGHTS, astuple(self), strict=True))
        return score


def extract(question: str, weighted_words: Sequence[tuple[str, float]], sources: Sequence[Source]) -> Quote | None:
    """The best quote of the sources, or None if there is none that says more than the question."""
    return max(candidates(question, weighted_words, sources), key=lambda found: found[1].score, default=(None, None))[0]


def holds_what_is_asked(question: str, text: str) -> bool:
    """Whether a text holds the kind of thing that a question asks for: a number, a date, a name, a reason."""
    return _typed(asks_for(question), text, with_digits(fold(text)), frozenset(content_words(question))) == 1.0


def candidates(
    question: str, weighted_words: Sequence[tuple[str, float]], sources: Sequence[Source]
) -> list[tuple[Quote, Signs]]:
    """Every quote that may answer, as it is shown, with its signs."""
    asks, asked, asked_years = asks_for(question), frozenset(content_words(question)), years(question)
    best = max((source.hit.score for source in sources), default=0.0)
    beyond = {source.n: _beyond(source, weighted_words) for source in sources}
    found = []
    for quote, whole in _told(quotes_of(sources)):
        folded = with_digits(fold(quote.text))
        news = [word for word in content_words(_ARTICLE.sub(" ", fold(quote.text))) if word not in asked]
        of_other_years = asked_years and quote.years and not quote.years & asked_years
        if quote.is_heading or sum(map(len, news)) < _LEAST_NEWS or of_other_years:
            continue
        signs = Signs(
            named=_share(weighted_words, folded),
            beyond=_share(beyond[quote.source.n] or weighted_words, folded),
            near=_share(weighted_words, quote.folded),
            typed=_typed(asks, quote.text, folded, asked),
            placed=max(0.0, 1.0 - (best - quote.source.hit.score)),
        )
        # What only introduces is an answer where what is asked for is a thing of a kind, and stands in it.
        says_nothing = whole.introduces and (asks == "anything" or signs.typed < 1)
        # A title, say, that has to do with nothing of the question is no answer.
        if signs.near > 0 and not says_nothing:
            together = quote.introduces or _share(weighted_words, with_digits(fold(whole.text))) > signs.named
            found.append((whole if together else quote, signs))
    return found


def _told(quotes: Sequence[Quote]) -> Iterator[tuple[Quote, Quote]]:
    """Each quote as it is judged, and with what it may be shown.

    One that introduces what follows is shown with the item behind it, and read with that, not with what stands before
    it; rows and headings are no such items. The item may be shown with what introduces it.
    """
    leads: list[Quote] = []
    for quote in quotes:
        if leads and leads[0].source is not quote.source:
            yield from _alone(leads)
            leads = []
        if quote.introduces:
            leads.append(quote)
        elif quote.is_row or quote.is_heading:
            yield from _alone(leads)
            yield quote, quote
            leads = []
        else:
            yield from ((_read_with(lead, quote.text), _joined(lead, quote)) for lead in leads)
            yield quote, _joined(leads[0], quote) if leads else quote
            leads = []
    yield from _alone(leads)


def _alone(leads: Sequence[Quote]) -> Iterator[tuple[Quote, Quote]]:
    return ((_read_with(lead), lead) for lead in leads)


def _read_with(lead: Quote, *items: str) -> Quote:
    chunk = lead.source.hit.chunk
    return replace(lead, near="\n".join((chunk.document_name, *chunk.heading_path, *items)))


def _joined(lead: Quote, item: Quote) -> Quote:
    return replace(item, start=lead.start, text=lead.source.hit.chunk.text[lead.start : item.end])


def _share(weighted_words: Sequence[tuple[str, float]], folded: str) -> float:
    return weighted_coverage([word for word, _ in weighted_words], [weight for _, weight in weighted_words], folded)


def _beyond(source: Source, weighted_words: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """The words of the question that stand neither in the name of the source's document nor in its headings."""
    chunk = source.hit.chunk
    above = with_digits(fold(" ".join((title_of(chunk.document_name), *chunk.heading_path))))
    return [(word, weight) for word, weight in weighted_words if covered(word, above) < 1]


def _typed(asks: Asks, text: str, folded: str, asked: frozenset[str]) -> float:
    """Whether a text holds the kind of thing that is asked for, and not only what the question says of it."""
    rest = _without(asked, folded)
    match asks:
        case "time":
            return 1.0 if dates(text) or _YEAR.search(rest) else 0.5 * bool(_NUMBER.search(rest))
        case "amount":
            return float(bool(_NUMBER.search(_without(asked, _ARTICLE.sub(" ", fold(text))))))
        case "name":
            return float(_holds_name(text, asked))
        case "reason":
            return float(bool(_BECAUSE.search(folded)))
        case "anything":
            return 1.0


def _without(words: frozenset[str], folded: str) -> str:
    # The longest first: 2025年 is gone as a whole, and not 年 alone.
    for word in sorted(words, key=lambda word: (-len(word), word)):
        folded = folded.replace(word, " ")
    return folded


def _holds_name(text: str, asked: frozenset[str]) -> bool:
    spans = [*names(text), *(match.span() for match in _ENGLISH_NAME.finditer(text))]
    return any(fold(text[start:end]) not in asked for start, end in spans)
