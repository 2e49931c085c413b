"""Question sets: questions with known answers, and the passages or documents that hold them.

A set is one of
- `NAME.questions.jsonl` beside `NAME.contexts.jsonl`: a question is `{"id", "question", "answers", "context_id"}`,
  with `context_ids` where several passages are right, `evidence` where the sentence is known and
  `is_impossible` where nothing answers it; a context is `{"context_id", "title", "text"}`;
- one JSONL file, or a folder with a file `questions.jsonl`, whose questions name documents:
  `{"id", "question", "answers", "doc", "page", "evidence", "must_refuse"}`. `doc` is a path from
  that file's folder or from a folder above it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, TypeVar

from models.errors import Cause, Explained
from models.reasons import because, quoted

T = TypeVar("T")

_QUESTIONS, _CONTEXTS = ".questions.jsonl", ".contexts.jsonl"


class SetUnusable(Explained):
    """A question set is missing or malformed."""

    code = "set-unusable"
    template = "{path} is no question set: {reason}."


class _Unfit(Cause):
    """What is wrong with a line."""


@dataclass(frozen=True)
class Passage:
    """A context of a set. Texts that are the same in two sets are one passage: `key` is its hash."""

    title: str
    text: str

    @property
    def key(self) -> str:
        """SHA-256 of the text as UTF-8: also the hash of the file that is made of it."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class Asked:
    """A question with what is known of its answer.

    `gold` holds what must be found: keys of passages, or the one document path. An `impossible` question must be
    refused. `before` are earlier questions and answers of a conversation.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    gold: frozenset[str] = frozenset()
    page: int | None = None
    evidence: tuple[str, ...] = ()
    impossible: bool = False
    before: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class EvalSet:
    """Questions over passages, or over documents: one of the two is empty."""

    name: str
    questions: tuple[Asked, ...]
    passages: tuple[Passage, ...] = ()
    documents: Mapping[str, Path] | None = None

    @property
    def digest(self) -> str:
        """A short hash of the questions with all that is known of their answers."""
        written = json.dumps([sorted(map(str, astuple(asked))) for asked in self.questions])
        return hashlib.sha256(written.encode()).hexdigest()[:16]


def load_set(given: Path) -> EvalSet:
    """Read a set by the path of one of its files, its name without an ending, or its folder. Raises SetUnusable."""
    given = given.resolve()
    pair = _pair(given)
    if pair is not None:
        return _passage_set(*pair)
    path = given / "questions.jsonl" if given.is_dir() else given
    if not path.is_file():
        raise SetUnusable(path=given, reason=because("set-missing"))
    return _document_set(path)


def _pair(given: Path) -> tuple[Path, Path] | None:
    name = given.name
    for ending in (_QUESTIONS, _CONTEXTS):
        name = name.removesuffix(ending)
    questions, contexts = given.with_name(name + _QUESTIONS), given.with_name(name + _CONTEXTS)
    if not questions.is_file():
        return None
    if not contexts.is_file():
        raise SetUnusable(path=questions, reason=because("set-no-contexts", file=contexts.name))
    return questions, contexts


def _passage_set(questions: Path, contexts: Path) -> EvalSet:
    keys: dict[str, str] = {}
    passages: dict[str, Passage] = {}

    def context(row: Mapping[str, Any]) -> None:
        passage = Passage(str(row.get("title", "")), str(row["text"]))
        keys[str(row["context_id"])] = passage.key
        passages.setdefault(passage.key, passage)

    def question(row: Mapping[str, Any]) -> Asked:
        impossible = bool(row.get("is_impossible", False))
        names = _texts(row, "context_ids") or ((str(row["context_id"]),) if row.get("context_id") is not None else ())
        unknown = [name for name in names if name not in keys]
        if unknown:
            raise _Unfit(because("context-unknown", id=unknown[0], file=contexts.name))
        if not names and not impossible:
            raise _Unfit(because("no-context-id"))
        return _asked(row, frozenset(keys[name] for name in names), None, impossible)

    _rows(contexts, context)
    asked = _rows(questions, question)
    return EvalSet(questions.name.removesuffix(_QUESTIONS), _unlike(questions, asked), tuple(passages.values()))


def _document_set(path: Path) -> EvalSet:
    found: dict[str, Path] = {}
    first: dict[str, str] = {}

    def key(name: str, file: Path) -> str:
        """The name under which a file is known; the same bytes under two names are one document."""
        known = first.setdefault(hashlib.sha256(file.read_bytes()).hexdigest(), name)
        found.setdefault(known, file)
        return known

    def question(row: Mapping[str, Any]) -> Asked:
        impossible = bool(row.get("must_refuse") or row.get("is_impossible", False))
        name = row.get("doc") or row.get("document")
        if name is None and not impossible:
            raise _Unfit(because("no-document"))
        gold = [key(str(name), _document(path, str(name)))] if name is not None else []
        return _asked(row, frozenset(gold), row.get("page"), impossible)

    asked = _rows(path, question)
    name = path.parent.name if path.name == "questions.jsonl" else path.stem
    if path.name == "questions.jsonl":
        # The other documents of a folder are searched too, as they would be in real use.
        for other in sorted(path.parent.rglob("*")):
            if other.is_file() and other != path and not other.name.startswith("."):
                key(str(other.relative_to(path.parent)), other)
    return EvalSet(name, _unlike(path, asked), (), found)


def _document(path: Path, name: str) -> Path:
    for folder in (path.parent, *path.parent.parents):
        if (folder / name).is_file():
            return folder / name
    raise _Unfit(because("document-absent", name=name))


def _asked(row: Mapping[str, Any], gold: frozenset[str], page: Any, impossible: bool) -> Asked:
    return Asked(
        id=str(row["id"]),
        question=str(row["question"]),
        answers=_texts(row, "answers"),
        gold=gold,
        page=int(page) if page is not None else None,
        evidence=_texts(row, "evidence"),
        impossible=impossible,
        before=tuple((str(turn["question"]), str(turn.get("answer", ""))) for turn in row.get("before", ())),
    )


def _texts(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """One text or a list of texts."""
    given = row.get(key) or ()
    texts = (given,) if isinstance(given, str) else given
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str | int | float) for text in texts):
        raise _Unfit(because("no-texts", key=key))
    return tuple(map(str, texts))


def _rows(path: Path, read: Callable[[Mapping[str, Any]], T]) -> list[T]:
    """Every line of a JSONL file, read. Raises SetUnusable with the number of the line."""
    try:
        # Not splitlines: JSON may hold U+2028 and its like as they are.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise SetUnusable(path=path, reason=quoted(error.strerror or error)) from error
    except UnicodeDecodeError as error:
        raise SetUnusable(path=path, reason=because("not-utf8")) from error
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            # Half a character can neither be written down nor searched.
            json.dumps(row, ensure_ascii=False).encode()
            found.append(read(row))
        except KeyError as error:
            raise SetUnusable(path=path, reason=because("line-lacks", number=number, key=error.args[0])) from error
        except (_Unfit, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise SetUnusable(path=path, reason=because("line", number=number, reason=error)) from error
    if not found:
        raise SetUnusable(path=path, reason=because("set-empty"))
    return found


def _unlike(path: Path, asked: Sequence[Asked]) -> tuple[Asked, ...]:
    seen: set[str] = set()
    for question in asked:
        if question.id in seen:
            raise SetUnusable(path=path, reason=because("id-twice", id=question.id))
        seen.add(question.id)
    return tuple(asked)


def merged(sets: Iterable[EvalSet]) -> tuple[Passage, ...]:
    """The passages of several sets, each text once: one pool."""
    passages: dict[str, Passage] = {}
    for each in sets:
        for passage in each.passages:
            passages.setdefault(passage.key, passage)
    return tuple(passages.values())
