"""What the symbol fonts of Office draw: a ticked box is no letter R, and an alpha no letter a.

The tables give the code of a character in its font (0x20 to 0xFF; Office writes it at U+F000 plus the
code) and what is drawn there: for Symbol as in Adobe's encoding of that font (PDF 32000-1, annex D.5),
for Wingdings as Unicode's mapping of its characters (document L2/12-368).
"""

from __future__ import annotations

import re
from functools import lru_cache

_SYMBOL = dict(
    zip(
        "\"$'*@\\^`~" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + "abcdefghijklmnopqrstuvwxyz",
        "∀∃∋∗≅∴⊥‾∼" + "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ" + "αβχδεφγηιϕκλμνοπθρστυϖωξψζ",
        strict=True,
    )
) | {
    chr(0xA1 + i): drawn
    for i, drawn in enumerate(
        "ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\uf8ff〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭"
    )
}
_SYMBOL["\xa0"] = "€"
_WINGDINGS = {
    **dict(zip("\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a", "⓪①②③④⑤⑥⑦⑧⑨⑩", strict=True)),
    **dict(zip("\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95", "⓿❶❷❸❹❺❻❼❽❾❿", strict=True)),
    **dict(zip('"(*FEHGJKL', "✂☎✉☞☜☟☝☺😐☹", strict=True)),
    **dict(zip("lmnopqrtuvw", "●❍■□□□□◆◆❖◆", strict=True)),
    **dict(zip("\x9e\x9f\xa1\xa7\xa8\xaa\xab", "·•○▪□✦★", strict=True)),
    **dict(zip("\xd5\xd6\xd8\xdc\xdf\xe0\xe1\xe2\xe7\xe8\xe9\xea\xef\xf0\xf1\xf2", "⌫⌦➢➲←→↑↓←→↑↓⇐⇒⇑⇓", strict=True)),
    **dict(zip("\xfb\xfc\xfd\xfe", "✗✓☒☑", strict=True)),
}
_WINGDINGS_2 = {
    **dict(zip("OPQRSTUV", "✗✓☒☑☒☒⊗⊗", strict=True)),
    **dict(zip("ijklmnopqrs", "⓪①②③④⑤⑥⑦⑧⑨⑩", strict=True)),
    **dict(zip("tuvwxyz{|}~", "⓿❶❷❸❹❺❻❼❽❾❿", strict=True)),
    **dict(zip("\x96\x97\x98\x99\xa3", "•●●○□", strict=True)),
}
_FONTS = {"symbol": _SYMBOL, "symbolmt": _SYMBOL, "wingdings": _WINGDINGS, "wingdings2": _WINGDINGS_2}
_SUBSET = re.compile(r"^[a-z]{6}\+")
_REGULAR = re.compile(r"[\s_,-]|regular$")


def drawn(font: str, char: str) -> str:
    """What a font draws for a character; the character itself for every other font and what is not known."""
    table = _table(font)
    code = ord(char)
    if not table or not (0xF020 <= code <= 0xF0FF or (code < 0x100 and table is not _SYMBOL)):
        return char
    plain = chr(code & 0xFF)
    return table.get(plain, plain if table is _SYMBOL and plain.isascii() else char)


def is_symbol_font(font: str) -> bool:
    """Whether a font draws signs in the places of letters."""
    return bool(_table(font))


@lru_cache(maxsize=1000)
def _table(font: str) -> dict[str, str]:
    name = _REGULAR.sub("", _SUBSET.sub("", font.lower()).replace("-regular", ""))
    return _FONTS.get(name, {})
