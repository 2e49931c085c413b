"""What is asked, where to look, and the turns before it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.answering.events import Scope
from app.answering.prompt import Turn
from app.answering.terms import content_words
from app.errors import QuestionEmpty, QuestionTooLong
from ingest.store.analyse import fold, names, words

# A longer answer than this many characters is a text; a shorter one is the name or figure that 「他」 stands for.
_SHORT = 60
# A question that names fewer things may leave something out.
_LEAST_NAMED = 3
# What points to the turn before. Written here from the closed classes of both languages.
_LEANING = frozenset(
    """
    呢 它 他 她 它们 他们 她们 这 那 这个 那个 这些 那些 这里 那里 这样 那样 这么 那么 这种 那种 该 此 其 其中 前者 后者
    it its he him his she her they them their this these those former latter
    """.split()
)
_LATIN_NAME = re.compile(r"(?<=[^.?!\s]\s)[A-Z][\w-]+|(?<=[^\x00-\x7f])[A-Z][\w-]+|\b[A-Z]{2,}")
_LEANING_START = re.compile(r"还|又|再|也|(?:and|or|but|also|what about|how about)\b")


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
        return (self.text, " ".join((*_short(self.history[-1]), self.text)))

    @property
    def leans(self) -> bool:
        """Whether something in it points to the turn before, or it names nothing."""
        points = _LEANING.intersection(words(self.text)) or _LEANING_START.match(fold(self.text))
        return bool(points) or not content_words(self.text)

    @property
    def stands_alone(self) -> bool:
        """Whether it names enough to be asked by itself, and nothing in it points to the turn before."""
        return len(content_words(self.text)) >= _LEAST_NAMED and not self.leans

    @property
    def follows_a_name(self) -> bool:
        """Whether the turns before it name somebody or something that a short question may leave out.

        A person, a place or a body; and in Latin letters whatever is written with a capital within a sentence.
        """
        return any(names(text) or _LATIN_NAME.search(text) for turn in self.history for text in _short(turn))

    @property
    def before(self) -> Question:
        """The turn before it, as it was asked. There must be one."""
        return Question(self.history[-1].question, self.scope, self.history[:-1])

    @property
    def news(self) -> tuple[str, ...]:
        """The content words that the turns before do not have."""
        said = {word for turn in self.history for word in (*content_words(turn.question), *content_words(turn.answer))}
        return tuple(word for word in content_words(self.text) if word not in said)


def _short(turn: Turn) -> tuple[str, ...]:
    """What was asked and, where it is a name or a figure, what was answered."""
    return (turn.question, turn.answer) if 0 < len(turn.answer) <= _SHORT else (turn.question,)


def checked_question(text: str, limit: int) -> str:
    """A question without white space around it. Raises QuestionEmpty, QuestionTooLong."""
    text = text.strip()
    if not text:
        raise QuestionEmpty()
    if len(text) > limit:
        raise QuestionTooLong(length=len(text), limit=limit)
    return text
