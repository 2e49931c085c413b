"""Keeps the words of documents from posing as anything but words of documents in a prompt.

The parts of a prompt are told by lines: one begins a passage, another the question. No line of a document may look
like one of them, nor like a turn of a chat: it gets a mark of quotation in front. All other lines stay as they are, so
that it costs nothing where nothing poses, and the model copies what it reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ingest.store.analyse import fold

QUOTED = "> "
# What chats call those who speak: a turn begins with it and a colon, or with it in a tag.
_ROLES = "system|assistant|user|human|developer|ai|instructions?|response|系统|助手|助理|用户|使用者|人工智能|指令"
_TURN = re.compile(rf"(?:{_ROLES})\s*:|<+/?(?:{_ROLES}|sys)>+|\[/?inst\]")
_NUMBER = re.compile(r"[\[【〔]\s*\d+\s*[\]】〕]")
# What may stand before a word without hiding it: white space and the marks of Markdown, but for that of quotation.
_DECORATION = " \t#*_~`=+.:-–—·•"
# <|im_start|>, </s>, <start_of_turn>, [INST], <<SYS>>: a server may read them as tokens wherever they stand.
_TOKEN = re.compile(r"<(?=[|｜][^\s<>]{1,40}[|｜]>|/?s>|/?(?:start|end)_of_turn>|/?SYS>)|\[(?=/?INST\])", re.IGNORECASE)
# Controls, formats, what is assigned to nothing, and marks upon other characters.
_UNSEEN = "CM"


class Delimiter:
    """Delimits by the `labels` that lines of a prompt begin with. Width, case and unseen characters hide none."""

    def __init__(self, labels: Iterable[str]) -> None:
        folded = sorted({_folded(label).strip() for label in labels})
        self._label = re.compile("|".join(re.escape(label).replace(":", r"\s*:") for label in folded))

    def lines(self, text: str) -> str:
        """Text of several lines, none of which poses. Whatever breaks a line becomes a plain line break."""
        return "\n".join((QUOTED if self.poses(line) else "") + _apart(line) for line in text.splitlines())

    def line(self, text: str) -> str:
        """Text for the inside of a line: without breaks, and without anything that poses as a token."""
        return " ".join(_apart(text).splitlines())

    def poses(self, line: str) -> bool:
        """Whether a line looks like one that a prompt, or a chat, begins something with."""
        bare = _folded(line).lstrip(_DECORATION)
        return any(pattern.match(bare) for pattern in (self._label, _NUMBER, _TURN))


def _folded(text: str) -> str:
    """In one width, case and script, without what cannot be seen."""
    plain = unicodedata.normalize("NFKC", text)
    return fold("".join(char for char in plain if char == "\t" or unicodedata.category(char)[0] not in _UNSEEN))


def _apart(text: str) -> str:
    """With the first character of every special token apart from the rest of it."""
    return _TOKEN.sub(lambda match: match[0] + " ", text)
