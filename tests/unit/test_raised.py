"""Superscripts and subscripts are no longer figures; marks of notes and ordinals are no powers."""

import pytest

from ingest.raised import DOWN, END, UP, lowered, raised, settle


@pytest.mark.parametrize(
    ("before", "text", "written"),
    [
        ("10", "8", "⁸"),
        ("10", "-3", "⁻³"),
        ("10", "−3", "⁻³"),
        ("m", " 2 ", " ² "),
        ("2", "n+1", "ⁿ⁺¹"),
        ("Ca", "2+", "²⁺"),
        ("e", "0.5t", "^(0.5t)"),
        ("x", "k", "^(k)"),
        ("x", "2ⁿ", "^(2ⁿ)"),
        ("x", "²", "²"),
        ("10", "8，", "⁸，"),
        ("表明", "1,3", "¹,³"),
        ("", "[3]", "[3]"),
        ("", "(2)", "(2)"),
        ("数据", "†", "†"),
        ("数据", "注1", "注1"),
        ("1", "st", "st"),
        ("2", "e", "e"),
        ("品牌", "TM", "TM"),
        ("12.5", "a", "a"),
        ("Smith", "a,b", "a,b"),
        ("", "a whole sentence", "a whole sentence"),
        ("10", "", ""),
    ],
)
def test_raised(before, text, written):
    assert raised(text, before) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2", "₂"),
        ("12", "₁₂"),
        ("max", "max"),
        ("n", "n"),
        ("n+1", "_(n+1)"),
        ("1,2", "_(1,2)"),
        ("*", "*"),
        ("内", "内"),
    ],
)
def test_lowered(text, written):
    assert lowered(text) == written


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        (f"10{UP}-{END}{UP}3{END} m", "10⁻³ m"),
        (f"{UP}[{END}{UP}3{END}{UP}]{END}", "[3]"),
        (f"x{DOWN}1{END}{UP}2{END}", "x₁²"),
        (f"x{UP}2{UP}n{END}{END}", "x^(2ⁿ)"),
        (f"never{UP}closed {END}{END}", "neverclosed "),
        (f"x{UP * 9}2{END * 9}", "x²"),
        ("plain", "plain"),
    ],
)
def test_marks_are_written_and_none_is_left(marked, text):
    assert settle(marked) == text
