"""Is a page's text layer to be believed? Cheap signs of doubt, for OCR to confirm or to refute."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Literal
from unicodedata import category, name

Doubt = Literal["", "unmapped", "private-use", "control", "mojibake", "wrong-map", "bad-ocr"]

_FEW = 40
# What stands most often in running text, old and new, simplified and traditional: two characters in five.
_FREQUENT = frozenset(
    "的一是不了在人有我他这個个们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于於着下自之"
    "年过過发發后後作里用道行所然家种種事成方多经經么去法学學如都同现現当當没動动面起看定天分还進进好小部其些主样樣"
    "理心本前开開但因只从從想实實日军者意无無力它与與长長把机機十民第公此已工使情明性知全三又关關点點正业業外将將两兩"
)
# Pairs of letters that make up most of any European text; random letters have them two times in five.
_PAIRS = frozenset(
    "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro "
    "ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so "
    "rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl "
    "ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp rd do uc bu ei ov by rm ep tt "
    "oc fa ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht ru ug ds lt pi rc rr eg au ck "
    "ew mu br bi pt ak pu ui rg ib tl ny ki rk ys ob mm fu ph og ms ye ud mb ip ub oi rl gu dr hr cc tw ft wn nu af "
    "hu nn eo vo rv nf xp gn sm fl iz ok nl my gl aw ju oa eq sy sl ps jo lf nv je nk kn gs dy hy ze ks xt bs ik dd "
    "rp".split()
)
_WORD = re.compile(r"[A-Za-z]{2,}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_LATIN1_RUN = re.compile(r"[\x80-\xff]{4,}")
_MARKS = frozenset("!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~")


def doubt(text: str) -> Doubt:
    """Why the text layer of a page may not be what stands there; empty for nearly every page."""
    counts = Counter(text)
    for white in (" ", "\n", "\t", "\xa0", "\u3000", "\xad", "\u200b"):
        counts.pop(white, None)
    total = sum(counts.values())
    if not total:
        return ""
    kinds = Counter[str]()
    for char, count in counts.items():
        kinds[_kind(char)] += count
    if _many(kinds["control"], total):
        return "control"
    if _many(kinds["unmapped"], total):
        return "unmapped"
    if kinds["private"] >= 3 and kinds["private"] >= 0.03 * total:
        return "private-use"
    if _is_mojibake(text, total):
        return "mojibake"
    return "wrong-map" if _is_wrong_map(text, counts, kinds, total) else ""


def strange(char: str) -> bool:
    """Whether a character stands for nothing that can be seen on a page."""
    return _kind(char) in ("control", "unmapped", "private")


def foreign(char: str) -> bool:
    """Whether a letter is of a script that is rare among Chinese and English."""
    kind = _kind(char)
    return kind.startswith("script") and kind not in ("script GREEK", "script CYRILLIC")


@cache
def _kind(char: str) -> str:
    """The class of a character that these judgements ask for."""
    code, group = ord(char), category(char)
    if group == "Cc":
        return "control"
    if char == "\ufffd" or group in ("Cn", "Cs"):
        return "unmapped"
    if group == "Co":
        return "private"
    if 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or code >= 0x20000:
        return "han" if usual(char) else "rare han"
    if char in _MARKS:
        return "mark"
    if group[0] not in "LM" or _is_common_letter(code):
        return "latin" if char.isascii() and char.isalpha() else "other"
    return "kana" if 0x3040 <= code < 0x3400 else f"script {name(char, '').split(' ')[0]}"


def _is_common_letter(code: int) -> bool:
    """European letters, marks over letters, and letters of formulas."""
    ranges = ((0, 0x180), (0x300, 0x370), (0x1E00, 0x1F00), (0x2070, 0x2190), (0xFB00, 0xFB07), (0x1D400, 0x1D800))
    return any(first <= code < end for first, end in ranges)


@cache
def usual(char: str) -> bool:
    """Whether a Chinese character is among the common ones of GB 2312 or Big5."""
    for encoding, first, last in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6)):
        try:
            if first <= char.encode(encoding)[0] <= last:
                return True
        except UnicodeEncodeError:
            continue
    return False


def _many(count: int, total: int) -> bool:
    return count > 0 and count >= 0.01 * total


def _is_mojibake(text: str, total: int) -> bool:
    """Chinese in a wrong encoding is long runs of accented letters and signs."""
    runs = sum(len(match) for match in _LATIN1_RUN.findall(text))
    return runs >= 8 and runs >= 0.2 * total


def _is_wrong_map(text: str, counts: Counter[str], kinds: Counter[str], total: int) -> bool:
    han, rare = kinds["han"], kinds["rare han"]
    if han + rare >= 20 and rare >= 0.15 * (han + rare):
        return True
    frequent = sum(count for char, count in counts.items() if char in _FREQUENT)
    if han >= 80 and frequent < 0.05 * han:
        return True
    # A few letters of many scripts among Chinese or Latin: a text in another script would have most of its own.
    scripts = [count for kind, count in kinds.items() if kind.startswith("script")]
    if len(scripts) >= 2 and sum(scripts) >= 0.02 * total and max(scripts) < 0.3 * total and sum(scripts) >= 8:
        return True
    return _is_wrong_latin(text, kinds, total)


def _is_wrong_latin(text: str, kinds: Counter[str], total: int) -> bool:
    pairs = list(_pairs(text))
    if len(pairs) >= _FEW:
        return sum(pair in _PAIRS for pair in pairs) < 0.6 * len(pairs)
    if kinds["mark"] >= _FEW and kinds["mark"] > max(0.25 * total, kinds["latin"]):
        return True
    return total < 3 * _FEW and total - kinds["han"] >= 12 and _mixed(text)


def _pairs(text: str) -> Iterator[str]:
    for word in _WORD.findall(text[:2000]):
        lower = word.lower()
        yield from (a + b for a, b in pairwise(lower))


def _mixed(text: str) -> bool:
    """Whether most words of a short text have capitals, digits or marks in their middle."""
    words = [word for word in text.split() if len(word) >= 4]
    odd = sum(bool(re.search(r"[a-zà-ž][A-Z]|[A-Za-z]\d[A-Za-z]|[a-z]{2}[^\w\s.,;:'’-][a-z]", word)) for word in words)
    return 2 * odd > len(words)
