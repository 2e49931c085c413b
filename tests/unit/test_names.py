"""Names that people give: what may stand in them, and which of them are one."""

from __future__ import annotations

import pytest

from ingest.names import key_of, tidy, visible


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wang", "wang"),
        ("ＷＡＮＧ　１", "wang 1"),
        ("Straße", "STRASSE"),
        ("e\u0301va", "Éva"),
        ("ﬁ", "FI"),
        (" a  b ", "a b"),
    ],
)
def test_names_are_one_however_they_are_written(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(("one", "other"), [("王", "汪"), ("ab", "a b"), ("a1", "al")])
def test_other_names_are_others(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize("name", ["王小明", "O'Neill-Şahin", "a b", "测试 Ａ", "x" * 64])
def test_names_of_people_stay_as_they_are(name: str) -> None:
    assert tidy(f" {name}\u3000", 64) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " \u3000",
        "x" * 65,
        "x" * 1_000_000,
        "a\nb",
        "a\x00b",
        "a\x85b",
        "wang\u202eimda",
        "wang\u2066",
        "wa\u200bng",
        "wang\u2028",
        "wang\ufe0f",
        "wang\u3164",
        "\ue000",
        "\ud800",
        "\U000e0041",
    ],
)
def test_nobody_is_called_what_cannot_be_seen(name: str) -> None:
    assert tidy(name, 64) == ""


def test_half_a_character_can_be_looked_for() -> None:
    assert key_of("a\ud800").encode("utf-8") == b"a?"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("  第一行\n第二行\u2028第三行 ", "第一行 第二行 第三行"),
        ("a\u202eb\u200b\u2066c\x00\u3164", "abc"),
        ("\u200b\u202e", ""),
        ("王小明's 年假", "王小明's 年假"),
    ],
)
def test_what_cannot_be_seen_is_left_out_of_what_nobody_chose_as_a_name(text: str, seen: str) -> None:
    assert visible(text) == seen
