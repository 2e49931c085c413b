"""Texts that an embedder may be given: of both languages and neither, empty, mixed, broken."""

from __future__ import annotations

TEXTS = [
    "银行的资本充足率不得低于百分之八。",
    "How do I cite a page?",
    "",
    "😀 emoji 和 ＦＵＬＬ　ｗｉｄｔｈ",
    "混合 mixed 文本 text。" * 3,
    "a",
    "lone \ud800 surrogate",
]
