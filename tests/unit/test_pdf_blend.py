"""A text layer and OCR of the same page: which of them is believed, line by line."""

from ingest.pdf.blend import blend
from ingest.pdf.frame import Frame
from ingest.pdf.glyphs import Glyph

FLAT = Frame(1, 0)


def line(text: str, y: float, x: float = 50, sure: float | None = None, size: float = 10) -> list[Glyph]:
    return [
        Glyph(char, (x + size * i, y, x + size * (i + 1), y + size), size, False, sure) for i, char in enumerate(text)
    ]


def layer(*texts: str) -> dict:
    return {FLAT: [line(text, 100 + 20 * i) for i, text in enumerate(texts)]}


def read(*texts: str, sure: float = 0.95) -> dict:
    return {FLAT: [line(text, 100 + 20 * i, sure=sure) for i, text in enumerate(texts) if text]}


def texts(frames: dict) -> list[tuple[str, bool]]:
    """Each line from top to bottom, and whether OCR read it."""
    lines = sorted((one for several in frames.values() for one in several), key=lambda one: one[0].rect[1])
    return [("".join(glyph.text for glyph in one), one[0].confidence is not None) for one in lines]


RIGHT = ("本办法自发布之日起施行", "由办公室负责解释并修订", "联系人见附件中的名单表")


def test_without_doubt_the_layer_stays_and_ocr_adds_what_it_lacks():
    found = blend(layer(RIGHT[0]), read(RIGHT[0], RIGHT[1]), "")
    assert texts(found.frames) == [(RIGHT[0], False), (RIGHT[1], True)]
    assert found.garbled == ""


def test_doubt_that_ocr_refutes_leaves_the_layer_alone():
    found = blend(layer(*RIGHT), read(*RIGHT), "wrong-map")
    assert found.garbled == ""
    assert texts(found.frames) == [(text, False) for text in RIGHT]


def test_a_garbled_page_is_read_by_ocr():
    found = blend(
        layer("乷亖书乱乓乵亖了乷亞嵇", "岉乷亐义乔乶乐互买乗乲", "于乐乭乁亇亇之乁亅于乧"), read(*RIGHT), "wrong-map"
    )
    assert found.garbled == "wrong-map"
    assert texts(found.frames) == [(text, True) for text in RIGHT]


def test_right_lines_of_a_garbled_page_stay():
    found = blend(layer(RIGHT[0], "Ňʚ뻟ƲŇʚ뻟դœ뻡ćƲ", RIGHT[2]), read(*RIGHT), "wrong-map")
    assert found.garbled == "wrong-map"
    assert texts(found.frames) == [(RIGHT[0], False), (RIGHT[1], True), (RIGHT[2], False)]


def test_a_line_with_a_power_of_several_characters_stays():
    found = {FLAT: [line(RIGHT[0], 100), line("Ňʚ뻟ƲŇʚ뻟դœ뻡ćƲ", 120), line(RIGHT[2], 140)]}
    power = found[FLAT][0][-1]
    found[FLAT][0].append(power._replace(text="^(10)", rect=(power.rect[2], 100, power.rect[2] + 20, 110)))
    assert texts(blend(found, read(f"{RIGHT[0]}10", *RIGHT[1:]), "wrong-map").frames)[0] == (f"{RIGHT[0]}^(10)", False)


def test_a_line_with_a_control_character_is_read_by_ocr_though_most_of_it_is_right():
    wrong = "\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b"
    found = blend(layer("第\x12章 总则及适用范围", wrong), read("第1章 总则及适用范围", "1234567890"), "control")
    assert texts(found.frames) == [("第1章 总则及适用范围", True), ("1234567890", True)]


def test_what_ocr_is_not_sure_of_proves_nothing():
    found = blend(
        layer(*RIGHT), read("木亦沄自夂巾之曰赽旆彳", "甶亦公宰贠责觧释井俢汀", RIGHT[2], sure=0.6), "wrong-map"
    )
    assert found.garbled == ""
    assert texts(found.frames) == [(text, False) for text in RIGHT]


def test_a_page_on_which_ocr_finds_nothing_keeps_its_layer():
    found = blend(layer(*RIGHT), {}, "wrong-map")
    assert (texts(found.frames), found.garbled) == ([(text, False) for text in RIGHT], "")


def test_crumbs_beside_kept_lines_are_left_out():
    longer = {FLAT: [line("。。" + RIGHT[0] + "。", 100, x=30, sure=0.95)]}
    assert texts(blend(layer(RIGHT[0]), longer, "").frames) == [(RIGHT[0], False)]


def test_lines_in_a_tilted_frame_keep_it():
    tilted = Frame(1, 0, 2.0)
    found = blend({}, {tilted: [line(RIGHT[0], 100, sure=0.9)]}, "")
    assert list(found.frames) == [tilted]
