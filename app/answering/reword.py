"""Has the language model put a question into other words, where its own find nothing: one short call.

Vectors find across languages, but neither keyword search nor coverage can: whether the documents hold
the answer is then a guess, and a translation makes an ordinary question of it. A follow-up that its own words and
those of the turn before it do not find leans on the conversation in a way that only reading tells.
"""

from __future__ import annotations

from threading import Event

from app.answering.language import CJK, is_chinese
from app.answering.prompt import build_translation, build_written_out
from app.answering.question import Question
from app.answering.terms import content_words
from models.base import LLM, GenerationOptions, Message

# A question is a sentence or two.
_LONGEST = 96


def translated(llm: LLM, question: str, cancel: Event) -> str | None:
    """The question in the other language, Chinese or English, or None when the model gives something else.

    A name may stay as it was beside what it is translated to.
    """
    said = _line(llm, build_translation(question), cancel)
    return said if said and is_chinese(said) != bool(CJK.search(question)) else None


def written_out(llm: LLM, question: Question, cancel: Event) -> str | None:
    """A follow-up as a question that stands alone, or None when the model gives something else.

    It names something that the follow-up names, if that names anything, and does not only repeat an earlier question.
    """
    said = _line(llm, build_written_out(question.text, question.history), cancel)
    named, asked = set(content_words(said)), set(content_words(question.text))
    questions = (question.text, *(turn.question for turn in question.history))
    repeats = any(named <= set(content_words(each)) for each in questions)
    return said if not repeats and (not asked or asked & named) else None


def _line(llm: LLM, messages: list[Message], cancel: Event) -> str:
    """The first line of what the model says."""
    pieces = llm.generate(messages, GenerationOptions(max_tokens=_LONGEST), cancel)
    said = "".join(piece for piece in pieces if isinstance(piece, str)).strip()
    return said.splitlines()[0].strip() if said else ""
