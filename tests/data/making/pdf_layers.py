"""PDFs whose text layer says something else than the page shows, and one that is encrypted."""

from __future__ import annotations

from collections.abc import Callable

import pymupdf

from tests.data.making.paper import HAN, SERIF, Made, Paper, font, wrap, wrap_han

_TEXT = (
    "水库的闸门由值班人员每天检查两次，检查的时间是上午七点和下午五点。发现漏水或者异响，应当立即报告站长，并且在记录本上写明时间和位置。",
    "大雨以后要增加检查的次数。夜里检查必须两个人同行，带好手电和哨子，不得单独走到闸门下面。",
)
_LAMPS = (
    "The lamps along the canal are lit at dusk by the keeper of each lock. Oil is fetched from the store on Mondays, "
    "and every lamp is cleaned before it is filled. When fog lies on the water the lamps burn through the day, and the "
    "keeper writes the hours into the book that hangs beside the door."
)


def _page() -> Paper:
    paper = Paper(420, 300).new_page()
    paper.line(50, 60, "闸门检查的规定", 16)
    y = 92.0
    for text in _TEXT:
        y = paper.lines(50, y, wrap_han("　　" + text, 28), 11) + 4
    return paper


def without_map() -> Made:
    """No ToUnicode: the file does not say which character a glyph is."""
    paper = _page()
    document = paper.finish()
    for xref in range(1, document.xref_length()):
        if document.xref_get_key(xref, "ToUnicode")[0] == "xref":
            document.xref_set_key(xref, "ToUnicode", "null")
    return paper.made()


def with_wrong_map() -> Made:
    """Every glyph is mapped to a Chinese character that it is not."""
    return _mapped(_page(), HAN, lambda char: chr(0x4E00 + (ord(char) * 7 + 1234) % 0x5000))


def with_private_map() -> Made:
    """Every glyph is mapped to a code for private use, as fonts made against copying do."""
    codes: dict[str, str] = {}
    return _mapped(_page(), HAN, lambda char: codes.setdefault(char, chr(0xE000 + len(codes))))


def with_mojibake() -> Made:
    """Every glyph is mapped to its two bytes of GB 2312, each taken for a letter."""
    return _mapped(_page(), HAN, lambda char: char.encode("gb2312").decode("latin-1"))


def with_shifted_letters() -> Made:
    """English in which every letter is mapped to the third one after it."""
    paper = Paper(420, 300).new_page()
    paper.lines(50, 70, wrap(_LAMPS, 320), face=SERIF)
    return _mapped(paper, SERIF, _shifted)


def _shifted(char: str) -> str:
    first = ord("a") if char.islower() else ord("A")
    return chr(first + (ord(char) - first + 11) % 26) if char.isalpha() else char


def _mapped(paper: Paper, face: str, change: Callable[[str], str]) -> Made:
    """The same page, its glyphs mapped to other characters."""
    document = paper.finish()
    chars = sorted({char for place in paper.places for char in place.text})
    pairs = [f"<{font(face).has_glyph(ord(char)):04X}> <{change(char).encode('utf-16-be').hex()}>" for char in chars]
    blocks = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
    body = "".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks)
    text = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Made def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{body}"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    )
    for xref in range(1, document.xref_length()):
        kind, value = document.xref_get_key(xref, "ToUnicode")
        if kind == "xref":
            document.update_stream(int(value.split()[0]), text.encode())
    return paper.made()


def letters_apart() -> Made:
    """A space in the file after every letter, and none on the page."""
    paper = Paper(420, 300).new_page()
    y = 70.0
    for line in wrap(_LAMPS, 320):
        paper.apart(50, y, line)
        y += 17.6
    return paper.made()


def encrypted() -> Made:
    """A password is needed to open it. The bytes differ each time: encryption needs chance."""
    paper = _page()
    return paper.made(encryption=pymupdf.PDF_ENCRYPT_AES_128, user_pw="river-gate-7", owner_pw="owner-of-the-gate")


FILES: dict[str, Callable[[], Made]] = {
    "no-unicode-map-zh.pdf": without_map,
    "wrong-map-zh.pdf": with_wrong_map,
    "private-use-zh.pdf": with_private_map,
    "mojibake-zh.pdf": with_mojibake,
    "wrong-map-en.pdf": with_shifted_letters,
    "letters-apart-en.pdf": letters_apart,
    "encrypted-zh.pdf": encrypted,
}
