"""Cuts a text into the words that keyword search compares, alike for documents and questions.

Traditional and simplified, full-width and half-width, capital and small letters are the same here.
Chinese is cut by dictionary and, so that names no dictionary knows are found, into bigrams too.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from ingest.numerals import NUMERAL, spelled_out, value

# A change of what keyword rows hold makes those that were written before useless.
ANALYSER_VERSION = "5"

_LONGEST = 64
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = _HAN + "\u3040-\u30ff\uac00-\ud7af"
_NUMERAL = "零〇一二两三四五六七八九十百千"
_ARTICLE = re.compile(rf"第([{_NUMERAL}]+|\d+)([条章节款项编页期届次卷篇回])")
_WHOLE = re.compile(rf"{_ARTICLE.pattern}|(?<!\d)(?P<numeral>{NUMERAL.pattern})")
_DIGIT_ARTICLE = re.compile(r"第\d+[条章节款项编页期届次卷篇回]")
_LETTERS = rf"(?:(?![{_RUN}])[^\W_])+"
_TOKEN = re.compile(rf"(?P<run>[{_RUN}]+)|(?P<word>{_LETTERS}(?:(?:[-_.+#]|\^[+-]?){_LETTERS})*[+#]*)")
# Begins with the comma, which is soon looked for; what must stand before it is looked at only then.
_THOUSANDS = re.compile(r",(?<=\d,)(?=\d{3}(?!\d))")
_PARTS = re.compile(r"[-_+#^]+|(?<!\d)\.|\.(?!\d)")
# NFKC would make 108 of 10⁸; m² is m2 to those who look for it, and so is m^2.
_POWER = re.compile(r"(?<=\d)[⁺⁻]?[⁰¹²³⁴-⁹ⁿⁱ]+|(?<=[^\W_])[⁺⁻][⁰¹²³⁴-⁹ⁿⁱ]+")
_PLAIN_POWER = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ", "+-0123456789ni")
# Tags of jieba's dictionary: persons (of several origins), places, bodies, other names.
_NAMING = frozenset({"nr", "nrt", "nrfg", "ns", "nt", "nz"})
# Characters that names hardly have: where words are cut wrongly, one of them is in the piece.
_NAMELESS = set(
    "的了着是为在于和与及或他她它我你们其此这那哪个些出来去上下进回起过不没未无有也都就而但被把由对从到以之将即又等"
    "说称叫做用给让使向往像比后前中内外时年月日第每各另某很更最太再已曾会能可要应该者所并因则与"
)
_CARET = re.compile(r"\^(?:\(([\w.+\-−]{1,12})\)|([+\-−]?\w))")

_WRITTEN_IN_HAN = re.compile(f"[{_HAN}]")
# The wide signs of Chinese texts as NFKC makes them: nearly all that it changes there, and faster so.
_WIDE = [*zip("，：；！？（）％", ",:;!?()%", strict=True), ("…", "...")]

_loading = Lock()


def fold(text: str) -> str:
    """One writing for all: NFKC, small letters, simplified characters, no thousands separators, powers as 10^8."""
    plain = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    for wide, narrow in _WIDE:
        plain = plain.replace(wide, narrow)
    if not unicodedata.is_normalized("NFKC", plain):
        plain = unicodedata.normalize("NFKC", _POWER.sub(_power, plain))
    if "^" in plain:
        plain = _CARET.sub(_caret, plain)
    return _THOUSANDS.sub("", _simplify(plain.casefold()))


def _power(match: re.Match[str]) -> str:
    return "^" + match.group().translate(_PLAIN_POWER)


def _caret(match: re.Match[str]) -> str:
    """What is raised by a caret, without brackets; after a letter a number follows at once, as in m2."""
    power = (match[1] or match[2]).replace("−", "-")
    return power if power[0].isdigit() and match.string[match.start() - 1 : match.start()].isalpha() else "^" + power


def words(text: str) -> list[str]:
    """The folded words of a text in order, each part of it once; article numbers stay whole, numerals become digits."""
    folded = fold(text)
    found: list[str] = []
    start = 0
    for whole in _WHOLE.finditer(folded):
        number = value(whole["numeral"]) if whole["numeral"] else None
        if whole["numeral"] and number is None:
            continue
        found += _words(folded[start : whole.start()])
        found.append(whole.group() if number is None else str(number))
        start = whole.end()
    return found + _words(folded[start:])


def names(text: str) -> list[tuple[int, int]]:
    """Where the Chinese words of two characters or more stand that name a person, a place, a body or a brand.

    They are those that the dictionary tags so and, because it cannot know every name, those that it does not know.
    """
    plain = _simplify(text)
    plain = plain if len(plain) == len(text) else text
    dictionary = _dictionary()
    found, at = [], 0
    for word in dictionary.cut(plain):
        han = len(word) > 1 and re.fullmatch(f"[{_HAN}·]+", word)
        unknown = not dictionary.FREQ.get(word) and not _NAMELESS & set(word)
        if han and (unknown or word in _of_kinds(_NAMING)):
            found.append((at, at + len(word)))
        at += len(word)
    return found


@dataclass(frozen=True)
class Word:
    """A word or sign at characters [start, end) of a text.

    `known` is whether the dictionary has it, or it is a number; `kind` is jieba's tag of it (m, q, t, n…), "" for kinds
    that were not asked for.
    """

    start: int
    end: int
    text: str
    known: bool
    kind: str


def words_in_place(text: str, kinds: frozenset[str]) -> list[Word]:
    """All words and signs of a text in order, with those of their kinds that are asked for."""
    plain = _simplify(text)
    plain = plain if len(plain) == len(text) else text
    dictionary, tags = _dictionary(), _of_kinds(kinds)
    found, at = [], 0
    for word in dictionary.cut(plain):
        end, number = at + len(word), word[0].isdecimal()
        kind = "m" if number and "m" in kinds else tags.get(word, "")
        found.append(Word(at, end, text[at:end], number or bool(dictionary.FREQ.get(word)), kind))
        at = end
    return found


def _words(folded: str) -> list[str]:
    found: list[str] = []
    for match in _TOKEN.finditer(folded):
        found += _dictionary().cut(match["run"]) if match["run"] is not None else [match["word"]]
    return found


def analyse(text: str) -> list[str]:
    """The words under which a text is found; with repetitions, in no order. None has a space in it."""
    folded = fold(text)
    found = [f"第{_arabic(number)}{unit}" for number, unit in _ARTICLE.findall(folded)]
    # 第12条 is one word: 12 by itself would find every number 12.
    plain = _DIGIT_ARTICLE.sub(" ", folded)
    for match in _TOKEN.finditer(plain):
        found.extend(_chinese(match["run"]) if match["run"] is not None else _compound(match["word"]))
    found.extend(spelled_out(_ARTICLE.sub(" ", plain)))
    return [word[:_LONGEST] for word in found]


def _chinese(run: str) -> Iterator[str]:
    yield from (run[i : i + 2] for i in range(len(run) - 1))
    yield from (word for word in _dictionary().cut_for_search(run) if len(word) != 2)
    yield from (article.group() for article in _ARTICLE.finditer(run))


def _compound(word: str) -> Iterator[str]:
    """gpt-4 is found as gpt-4, gpt and 4; a decimal number only as a whole."""
    yield word
    yield from (part for part in _PARTS.split(word) if part and part != word)


def _arabic(number: str) -> str:
    """一百二十三 and 123 are the same number: 123. A row of digits, 二〇二四, is read as one."""
    if number.isdecimal():
        return str(int(number))
    digits = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
    units = {"十": 10, "百": 100, "千": 1000}
    if not any(char in units for char in number):
        return str(int("".join(str(digits[char]) for char in number)))
    total = pending = 0
    for char in number:
        if char in units:
            total += (pending or 1) * units[char]
            pending = 0
        else:
            pending = digits[char]
    return str(total + pending)


def _simplify(text: str) -> str:
    return _converter()(text) if _WRITTEN_IN_HAN.search(text) else text


@cache
def _converter() -> Callable[[str], str]:
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


def load_dictionary(*kinds: frozenset[str]) -> None:
    """Read the dictionary of words now, which takes a second or two, and not with the first text.

    With what `names` looks for, and `words_in_place` for these kinds: each takes some tenths of a second more, in which
    no other thread gets far.
    """
    _dictionary()
    for each in (_NAMING, *kinds) if kinds else ():
        _of_kinds(each)


def _dictionary() -> Any:
    with _loading:
        return _load_dictionary()


@cache
def _load_dictionary() -> Any:
    with warnings.catch_warnings():
        # Its sources have escape sequences that newer Pythons warn of.
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel("ERROR")
    tokenizer = jieba.Tokenizer()
    # What `initialize` does, without its cache: a file in a folder that others may write to, read by marshal, which
    # trusts what it reads. The dictionary itself takes 0.7 s of one core, once a process; its cache would take 0.25 s.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer


@cache
def _of_kinds(kinds: frozenset[str]) -> dict[str, str]:
    """The words of the dictionary that it tags so, with their tags."""
    with _dictionary().get_dict_file() as lines:
        entries = (line.decode("utf-8").split() for line in lines)
        return {word: tag for word, _, tag in entries if tag in kinds}
