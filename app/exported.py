"""A conversation as a file to keep: Markdown for people, JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Literal
from urllib.parse import quote

from app.dates import full_time
from app.i18n import translate
from app.locations import located
from app.schemas import CitationOut, ConversationDetail, SourceOut, TurnOut
from ingest.names import visible

Format = Literal["markdown", "json"]
MEDIA_TYPES: Mapping[Format, str] = {"markdown": "text/markdown; charset=utf-8", "json": "application/json"}
_ENDINGS: Mapping[Format, str] = {"markdown": "md", "json": "json"}
_NAME_CHARS = 80
# What means something to Markdown wherever it stands, and what does at the beginning of a line.
_SPECIAL = re.compile(r"[\\`*_\[\]<>&~|$^!#]")
_LEADING = re.compile(r"^(\d{1,9})?(?=[-+=:.)])")
# What no system takes in the name of a file.
_UNFIT = re.compile(r'[/\\:*?"<>|]+')


def exported(conversation: ConversationDetail, form: Format, language: str) -> str:
    """The whole file: JSON is what REST gives, Markdown has its headings in `language`."""
    if form == "json":
        return conversation.model_dump_json(indent=2) + "\n"
    return as_markdown(conversation, language)


def disposition(title: str, form: Format) -> str:
    """A Content-Disposition that names the file after the title, whatever stands in it (RFC 6266)."""
    name = _UNFIT.sub(" ", visible(title)).strip(" .")[:_NAME_CHARS].rstrip(" .") or "conversation"
    ending = _ENDINGS[form]
    return f"attachment; filename=\"conversation.{ending}\"; filename*=UTF-8''{quote(f'{name}.{ending}', safe='')}"


def as_markdown(conversation: ConversationDetail, language: str) -> str:
    """Every question as a heading, its answer with numbers, and below it the places that they stand for."""
    parts = [f"# {escaped(conversation.title)}"]
    for turn in conversation.turns:
        parts += _turn(turn, language)
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """One line of Markdown that reads as this text and means nothing else."""
    line = _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
    return _LEADING.sub(r"\1\\", line)


def _turn(turn: TurnOut, language: str) -> Iterator[str]:
    yield f"## {escaped(turn.question)}"
    yield full_time(language, datetime.fromisoformat(turn.created_at))
    if turn.state == "failed":
        yield f"{translate(language, 'chat.failed')}: {escaped(turn.error.detail if turn.error else '')}"
    elif turn.state in ("erased", "running"):
        yield translate(language, "chat.erased" if turn.state == "erased" else "chat.unfinished")
    else:
        yield from _paragraphs(_numbered(turn))
        if turn.state == "stopped":
            yield translate(language, "chat.stopped" if turn.answer else "chat.stopped_unwritten")
    places = list(_places(turn, language))
    if places:
        yield f"### {translate(language, 'chat.nearest' if turn.state == 'refused' else 'sources.title')}"
        yield "\n".join(places)


def _numbered(turn: TurnOut) -> str:
    """The answer with the numbers of its citations behind each sentence, each between NULs."""
    parts, at, answer = [], 0, turn.answer.replace("\0", " ")
    for sentence in sorted(turn.sentences, key=lambda each: each.start):
        end = sentence.start + len(answer[sentence.start : sentence.end].rstrip())
        numbers = sorted({citation.n for citation in sentence.citations})
        parts += [answer[at:end], "".join(f"\0{n}\0" for n in numbers)]
        at = end
    return "".join([*parts, answer[at:]])


def _paragraphs(text: str) -> Iterator[str]:
    """Line breaks are kept; numbers between NULs become marks once the rest is escaped."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [re.sub("\0(\\d+)\0", r" [\1]", escaped(line)) for line in paragraph.splitlines()]
        # A bracket behind a number would make a link of it.
        yield "\\\n".join(line.replace("](", "]\\(") for line in lines if line)


def _places(turn: TurnOut, language: str) -> Iterator[str]:
    """A line for each place that is cited, or that came closest where nothing answered."""
    cited: list[CitationOut | SourceOut] = [each for sentence in turn.sentences for each in sentence.citations]
    if not cited and turn.extract is not None and turn.state != "erased":
        cited = [turn.extract]
    if turn.state == "refused":
        cited = list(turn.sources)
    yield from dict.fromkeys(_place(each, language) for each in sorted(cited, key=lambda each: each.n))


def _place(found: CitationOut | SourceOut, language: str) -> str:
    t = partial(translate, language)
    where = t("common.page", page=found.page) if found.page is not None else located(found.location, t)
    place = " · ".join(escaped(part) for part in (found.name, where) if part)
    quoted = f"\n  > {escaped(found.quote)}" if isinstance(found, CitationOut) else ""
    return f"- [{found.n}] {place}{quoted}"
