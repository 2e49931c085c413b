"""A base to try Zhiwen with: a short guide to it, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.i18n import LANGUAGES, translate
from ingest.library import Library
from ingest.names import key_of
from ingest.store.errors import NameTaken
from ingest.store.records import Base, Document

FOLDER = Path(__file__).parent / "guide"
# As what each is in the base, and its file.
TEXTS = {"知文指南.md": "zhiwen-guide.zh.md", "Zhiwen guide.md": "zhiwen-guide.en.md"}
_QUESTIONS = ("guide.question_colours", "guide.question_backup", "guide.question_phone")


@dataclass(frozen=True)
class Offer:
    """What a page says of the guide: it can be made where `base` is None, and asked about where it is `ready`:
    none of its documents is still to be read."""

    base: Base | None
    ready: bool
    questions: tuple[str, ...]


def questions(language: str) -> tuple[str, ...]:
    """First questions about the guide."""
    return tuple(translate(language, key) for key in _QUESTIONS)


def find(bases: Sequence[Base]) -> Base | None:
    """The base of the guide, in whatever language it was made."""
    names = {key_of(translate(language, "guide.name")) for language in LANGUAGES}
    return next((base for base in bases if key_of(base.name) in names), None)


def make(library: Library, language: str) -> tuple[Base, list[Document]]:
    """The base of the guide with its documents; what is there already is left as it is.

    Raises DiskFull, CatalogUnusable.
    """
    base = find(library.catalog.bases())
    if base is None:
        try:
            base = library.catalog.create_base(translate(language, "guide.name"))
        except NameTaken:
            # Somebody else pressed the button just now.
            base = library.catalog.base(translate(language, "guide.name"))
    documents = []
    for name, file in TEXTS.items():
        with (FOLDER / file).open("rb") as stream:
            documents.append(library.add(base.id, name, stream)[0])
    return library.catalog.base(base.id), documents


def offer(bases: Sequence[Base], language: str, *, may_make: bool) -> Offer | None:
    """What to offer somebody who sees these bases: nothing once there are documents of their own."""
    filled = [base for base in bases if base.documents]
    if not filled:
        return Offer(None, False, ()) if may_make else None
    guide = find(bases)
    if guide is None or filled != [guide]:
        return None
    return Offer(guide, not guide.unread, questions(language))
