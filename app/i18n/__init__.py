"""One message catalogue per language, and the choice between them.

Keys are dotted (`chat.send`); parameters stand in braces. English sentences of errors are the
templates of the error classes; the other catalogues translate them under `error.<code>`, and those
of notices under `notice.<code>`, and the words inside of them (`models.reasons`) under `reason.<code>`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

from app.audience import Audience, bared
from app.locations import located
from ingest.notices import TEMPLATES, Notice
from models.errors import Explained
from models.reasons import REASONS, recognised

# In the order the language menu shows them, each named in itself.
LANGUAGES: Mapping[str, str] = MappingProxyType({"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"})
DEFAULT = "en"

# The values of sentences that are words themselves.
_WORDS = {"reason", "kind"}
_TRADITIONAL = {"hant", "tw", "hk", "mo"}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All messages of one of `LANGUAGES`, by dotted key. KeyError for another language."""
    if language not in LANGUAGES:
        raise KeyError(language)
    text = Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8")
    return MappingProxyType(dict(_flatten(tomllib.loads(text))))


def translate(language: str, key: str, **params: object) -> str:
    """The message `key`, with its parameters filled in. KeyError for an unknown key."""
    message = catalogue(language)[key]
    return message.format(**params) if params else message


def explain(error: Explained, to: Audience) -> str:
    """What happened and what to do, in the language of those who are told; without folders, but to the owner."""
    message = catalogue(to.language).get(f"error.{error.code}", error.template)
    plain = error.params if to.owner else {key: _bared(value) for key, value in error.params.items()}
    return message.format(**{**plain, **_worded(error.params, to)})


def tell(notice: Notice, to: Audience) -> str:
    """What a person should know of a document, likewise."""
    message = catalogue(to.language).get(f"notice.{notice.code}", TEMPLATES[notice.code])
    told = {**notice.params, **_worded(notice.params, to)}
    if "places" in told:
        told["places"] = located(str(told["places"]), partial(translate, to.language))
    return message.format(**told)


def reworded(text: str, language: str) -> str:
    """The words of a reason, a kind or a licence in the reader's language; words of others as they are."""
    return _reworded(text, Audience(language, owner=True))


def _reworded(text: str, to: Audience) -> str:
    lines = text.split("\n")
    if len(lines) > 1 and all(map(recognised, lines)):
        return "\n".join(_reworded(line, to) for line in lines)
    if (found := recognised(text)) is None:
        told = text if to.owner else bared(text)
        return told if told == text else _reworded(told, to)
    code, values = found
    message = catalogue(to.language).get(f"reason.{code}", REASONS[code])
    return message.format(**{key: _reworded(value, to) for key, value in values.items()})


def pick_language(cookie: str | None, accept_language: str | None) -> str:
    """The language chosen on the page, else the best of an Accept-Language header, else English."""
    if cookie is not None and cookie in LANGUAGES:
        return cookie
    for tag in _by_preference(accept_language or ""):
        language = _match(tag)
        if language:
            return language
    return DEFAULT


def _worded(params: Mapping[str, object], to: Audience) -> dict[str, object]:
    """The values of a sentence that are words. Names and paths are nobody's words, whatever they are called like."""
    return {key: _reworded(str(params[key]), to) for key in _WORDS & params.keys()}


def _bared(value: object) -> object:
    return bared(str(value)) if isinstance(value, str | PurePath) else value


def _match(tag: str) -> str | None:
    subtags = tag.lower().split("-")
    if subtags[0] == "zh":
        return "zh-Hant" if _TRADITIONAL & set(subtags) and "hans" not in subtags else "zh-Hans"
    return "en" if subtags[0] == "en" else None


def _by_preference(header: str) -> list[str]:
    weighed = [_weigh(part) for part in header.split(",") if part.strip()]
    return [tag for weight, tag in sorted(weighed, key=lambda pair: -pair[0]) if weight > 0]


def _weigh(part: str) -> tuple[float, str]:
    tag, _, parameter = part.partition(";")
    _, _, value = parameter.partition("=")
    try:
        return (float(value) if value else 1.0), tag.strip()
    except ValueError:
        return 0.0, tag.strip()


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
