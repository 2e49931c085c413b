"""Puts a question into the other language, for documents that its own words cannot find.

Vectors find across languages, but neither keyword search nor coverage can: whether the documents hold
the answer is then a guess. One short call of the language model makes an ordinary question of it.
"""

from __future__ import annotations

from threading import Event

from app.answering.language import CJK
from app.answering.prompt import build_translation
from models.base import LLM, GenerationOptions

# A question is a sentence or two.
_LONGEST = 96


def translated(llm: LLM, question: str, cancel: Event) -> str | None:
    """The question in the other language, Chinese or English, or None when the model gives something else."""
    options = GenerationOptions(max_tokens=_LONGEST)
    pieces = llm.generate(build_translation(question), options, cancel)
    said = "".join(piece for piece in pieces if isinstance(piece, str)).strip()
    said = said.splitlines()[0].strip() if said else ""
    if not said or bool(CJK.search(said)) == bool(CJK.search(question)):
        return None
    return said
