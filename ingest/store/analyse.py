"""Cuts a text into the words that keyword search compares, alike for documents and questions.

Traditional and simplified, full-width and half-width, capital and small letters are the same here.
Chinese is cut by dictionary and, so that names no dictionary knows are found, into bigrams too.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

ANALYSER_VERSION = "3"

_LONGEST = 64
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = _HAN + "\u3040-\u30ff\uac00-\ud7af"
_NUMERAL = "零〇一二两三四五六七八九十百千"
_ARTICLE = re.compile(rf"第([{_NUMERAL}]+|\d+)([条章节款项编页期届次卷篇回])")
_DIGIT_ARTICLE = re.compile(r"第\d+[条章节款项编页期届次卷篇回]")
_LETTERS = rf"(?:(?![{_RUN}])[^\W_])+"
_TOKEN = re.compile(rf"(?P<run>[{_RUN}]+)|(?P<word>{_LETTERS}(?:(?:[-_.+#]|\^[+-]?){_LETTERS})*[+#]*)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PARTS = re.compile(r"[-_+#^]+|(?<!\d)\.|\.(?!\d)")
# NFKC would make 108 of 10⁸; m² is m2 to those who look for it, and so is m^2.
_POWER = re.compile(r"(?<=\d)[⁺⁻]?[⁰¹²³⁴-⁹ⁿⁱ]+|(?<=[^\W_])[⁺⁻][⁰¹²³⁴-⁹ⁿⁱ]+")
_PLAIN_POWER = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ", "+-0123456789ni")
_CARET = re.compile(r"\^(?:\(([\w.+\-−]{1,12})\)|([+\-−]?\w))")

_loading = Lock()
_cache_folder: list[Path] = []


def keep_cache_in(folder: Path) -> None:
    """Where the dictionary, once compiled, is kept; without a folder it is compiled in every process."""
    _cache_folder[:] = [folder]


def fold(text: str) -> str:
    """One writing for all: NFKC, small letters, simplified characters, no thousands separators, powers as 10^8."""
    text = _POWER.sub(_power, text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8"))
    plain = unicodedata.normalize("NFKC", text)
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
    """The folded words of a text in order, each part of it once; article numbers stay whole."""
    folded = fold(text)
    found: list[str] = []
    start = 0
    for article in _ARTICLE.finditer(folded):
        found += _words(folded[start : article.start()])
        found.append(article.group())
        start = article.end()
    return found + _words(folded[start:])


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
    for match in _TOKEN.finditer(_DIGIT_ARTICLE.sub(" ", folded)):
        found.extend(_chinese(match["run"]) if match["run"] is not None else _compound(match["word"]))
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
    return _converter()(text) if re.search(rf"[{_HAN}]", text) else text


@cache
def _converter() -> Callable[[str], str]:
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


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
    if _cache_folder:
        _cache_folder[0].mkdir(parents=True, exist_ok=True)
        tokenizer.tmp_dir = str(_cache_folder[0])
        tokenizer.initialize()
    else:
        # What `initialize` does, without the file that it would leave in the system's temporary folder.
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
        tokenizer.initialized = True
    return tokenizer
