"""Zhiwen as it runs in its server, without the web: the same services, threads, queue and settings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.answering.events import Done, Failed, Instead, Refused, Scope, Sources, Token
from app.answering.question import Question
from app.answering.run import Run
from app.bootstrap import Services, bootstrap
from app.settings import Settings, load_settings
from ingest.store import bases

_PATIENCE = 1.0


def settings_in(folder: Path, **settings: Any) -> Settings:
    """The configured settings over a data folder, which is made: nothing is written into a person's own."""
    folder.mkdir(parents=True, exist_ok=True)
    return load_settings().model_copy(update={"data_dir": folder, **settings})


@contextmanager
def product(folder: Path, **settings: Any) -> Iterator[Services]:
    """Its services over a data folder, with models loaded and threads at work."""
    services = bootstrap(settings_in(folder, **settings))
    with closing(services):
        services.start()
        try:
            services.embedder.get()
            with services.llm.using():
                pass
            yield services
        finally:
            services.stop()


def take_in(services: Services, paths: Sequence[Path], base_id: str = bases.DEFAULT) -> list[str]:
    """Add documents as an upload does, and wait until each can be searched; gives their ids."""
    version, _ = services.progress.changes(0)
    left = {}
    for path in paths:
        with path.open("rb") as stream:
            document, new = services.library.add(base_id, path.name, stream)
        if new or document.status != "ready":
            left[document.id] = path
            services.announce(document)
    ids = list(left)
    while left:
        for document_id in list(left):
            state = services.library.catalog.document(document_id)
            if state.status == "failed":
                raise RuntimeError(f"{left[document_id]} cannot be read: {state.error_code}")
            if state.status == "ready":
                del left[document_id]
        if left:
            version, _ = services.progress.wait(version, _PATIENCE)
    return ids


@dataclass(frozen=True)
class Answered:
    """What came of a question: the answer, the keys of its sources, the conversation, and what it took.

    Of what a language model answered, `fed` are the tokens of the prompt that were new to it.
    """

    text: str
    sources: frozenset[int]
    conversation: str | None
    values: dict[str, float]


def ask(
    services: Services, text: str, conversation: str | None = None, *, base_id: str = bases.DEFAULT, whole: bool = True
) -> Answered:
    """Ask a question as a browser does; `whole` False stops it behind its first token.

    `first_token` is missing where the answer needed no language model. Raises RuntimeError where it fails.
    """
    scope = Scope((base_id,))
    history = services.conversations.history(conversation, lambda _: True) if conversation else ()
    begin = time.perf_counter()
    run = services.runs.submit(Question(text, scope, history), conversation)
    values: dict[str, float] = {}
    sources: frozenset[int] = frozenset()
    answer = ""
    for event in _events(run):
        took = time.perf_counter() - begin
        match event:
            case Sources(found):
                sources = frozenset(source.hit.chunk.key for source in found)
                values["sources"] = took
            case Token():
                if "first_token" not in values:
                    values["first_token"] = took
                    if not whole:
                        services.runs.stop(run.id)
            case Refused() | Instead():
                # Of a quote or a refusal without any token this is when it is there.
                values.setdefault("shown", took)
            case Done():
                answer = event.answer
                values |= {"total": took, "refused": float(event.refused)}
                values |= {name: float(count) for name, count in event.usage.items()}
                if event.usage:
                    values["fed"] = values["prompt_tokens"] - values["reused_tokens"]
            case Failed():
                raise RuntimeError(str(event.error))
    return Answered(answer, sources, run.conversation, values)


def _events(run: Run) -> Iterator[Any]:
    with run.reading():
        seen = 0
        while not (run.finished and seen == len(run.events())):
            for event in run.wait(seen, _PATIENCE):
                seen += 1
                yield event
