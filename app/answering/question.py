"""What is asked, where to look, and the turns before it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.answering.events import Scope
from app.answering.prompt import Turn
from app.answering.terms import content_words
from app.errors import QuestionEmpty, QuestionTooLong
from ingest.store.analyse import fold

# A longer answer than this many characters is a text; a shorter one is the name or figure that 「他」 stands for.
_SHORT = 60
# A question that names fewer things leaves something out.
_LEAST_NAMED = 3
# What points to the turn before. Written here from the closed classes of both languages.
_LEANING = re.compile(
    r"[呢它他她这那该此其]|^(?:还|又|再|也|and\b|or\b|but\b|also\b|what about\b|how about\b)"
    r"|\b(?:it|its|he|him|his|she|her|they|them|their|this|that|these|those|ones?|there|then|former|latter|same)\b"
)


@dataclass(frozen=True)
class Question:
    """What is asked, where to look, and the turns before it."""

    text: str
    scope: Scope
    history: tuple[Turn, ...] = ()

    @property
    def wordings(self) -> tuple[str, ...]:
        """The question as it stands and, in a conversation, joined with the turn before it."""
        if not self.history:
            return (self.text,)
        before = self.history[-1]
        answer = before.answer if len(before.answer) <= _SHORT else ""
        return (self.text, " ".join(filter(None, (before.question, answer, self.text))))

    @property
    def stands_alone(self) -> bool:
        """Whether it names enough to be asked by itself, and nothing in it points to the turn before."""
        return len(content_words(self.text)) >= _LEAST_NAMED and not _LEANING.search(fold(self.text))


def checked_question(text: str, limit: int) -> str:
    """A question without white space around it. Raises QuestionEmpty, QuestionTooLong."""
    text = text.strip()
    if not text:
        raise QuestionEmpty()
    if len(text) > limit:
        raise QuestionTooLong(length=len(text), limit=limit)
    return text
