"""Symbol fonts: what they draw, by font; every other font draws the character itself."""

import pytest

from ingest.symbols import drawn, is_symbol_font
from ingest.units import names_unit


@pytest.mark.parametrize(
    ("font", "char", "sign"),
    [
        ("Wingdings 2", "\uf052", "☑"),
        ("BCDEFG+Wingdings2", "R", "☑"),
        ("Wingdings 2", "\uf0a3", "□"),
        ("Wingdings-Regular", "\uf0fe", "☑"),
        ("Wingdings", "\uf052", "\uf052"),
        ("Wingdings", "\x81", "①"),
        ("Symbol", "\uf061", "α"),
        ("Symbol", "\uf0b3", "≥"),
        ("Symbol", "\uf031", "1"),
        ("Symbol", "a", "a"),
        ("SymbolMT", "\uf0a0", "€"),
        ("SimSun", "\uf052", "\uf052"),
        ("Wingdings 2", "是", "是"),
    ],
)
def test_what_is_drawn(font, char, sign):
    assert drawn(font, char) == sign


def test_which_fonts_draw_signs():
    assert is_symbol_font("ABCDEF+Symbol")
    assert not is_symbol_font("Segoe UI Symbol")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("单位：元", True),
        ("（金额单位：人民币万元）", True),
        ("编制单位：某某股份有限公司 2025年3月31日 单位：元", True),
        ("單位：新台幣千元", True),
        ("单位：元 币种：人民币", True),
        ("(In thousands of US dollars)", True),
        ("Unit: RMB million", True),
        ("(Dollars in millions, except per share data)", True),
        ("本单位：负责人应当对本单位的会计工作和会计资料的真实性、完整性负责。", False),
        ("In thousands of cases it was found that nothing had changed since then, as the report says", False),
        ("各单位应当遵照执行", False),
    ],
)
def test_lines_that_name_a_unit(text, named):
    assert names_unit(text) == named
