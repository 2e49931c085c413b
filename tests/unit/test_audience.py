"""What is left of a value of a sentence for those who need not know where things lie."""

from __future__ import annotations

import pytest

from app.audience import bared

ELSEWHERE = "the owner of this installation can look up why"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/srv/data/catalog.db", "catalog.db"),
        ("/srv/my data/catalog.db", "catalog.db"),
        ("/srv/data/", "data"),
        ("~/models/m3e", "m3e"),
        ("C:\\Users\\li\\m.gguf", "m.gguf"),
        ("\\\\nas\\share\\m.gguf", "m.gguf"),
        ("http://10.1.2.3:8000/v1/chat/completions", "10.1.2.3"),
        ("http://[::1]/v1", "::1"),
        ("http://", ELSEWHERE),
        ("no such file: '/srv/data/x'", ELSEWHERE),
        ("Permission denied (/srv/data/x)", ELSEWHERE),
        ("unable to open file:/srv/data/x", ELSEWHERE),
        ("see https://wiki.internal/x", ELSEWHERE),
        ("D:/data is full", "data is full"),
    ],
)
def test_folders_and_servers_go(text: str, left: str) -> None:
    assert bared(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "报告.pdf",
        "and/or",
        "3/4",
        "kB/s",
        "a.md/b.md",
        "models/m3e",
        "./m3e",
        "database is locked",
        "2026/07/01",
        "10:30",
    ],
)
def test_all_else_stays(text: str) -> None:
    assert bared(text) == text
