"""Names of users and keys: what may stand in them, and which of them are one."""

from __future__ import annotations

import pytest

from app.auth.names import key_of, tidy


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
