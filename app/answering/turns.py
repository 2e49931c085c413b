"""One question of a conversation and what came of it, as the catalog keeps it.

Quotes are not stored: a turn keeps where they stand (document, revision, span) and they are read
from the document again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from sqlalchemy.engine import RowMapping

from app.answering.events import (
    AnswerEvent,
    AnswerSentence,
    Citation,
    Citations,
    Done,
    Extract,
    Failed,
    Refused,
    Source,
    Sources,
    Timings,
    Token,
)
from app.answering.stored import (
    restore_citation,
    restore_sentence,
    restore_source,
    store_citation,
    store_sentence,
    store_source,
)
from ingest.store.catalog import Catalog
from models.errors import Explained

TurnState = Literal["running", "done", "refused", "stopped", "failed", "erased"]
Rating = Literal["up", "down"]


@dataclass(frozen=True)
class StoredTurn:
    """A question over some bases, or only some `documents` of them, and what came of it.

    `bases` are those that were asked, and those that hold its documents now. `error` is {"code", "params"} for a
    failed one, and so is `partial`, which is why only words were searched. `absent` is as in
    `Refused`."""

    id: str
    bases: tuple[str, ...]
    documents: tuple[str, ...]
    question: str
    answer: str
    state: TurnState
    model: str
    sources: tuple[Source, ...]
    sentences: tuple[AnswerSentence, ...]
    extract: Citation | None
    timings: Timings
    finish: str
    error: Mapping[str, Any] | None
    partial: Mapping[str, Any] | None
    created_at: float
    rating: Rating | None
    absent: tuple[str, ...] = ()

    def withheld(self) -> StoredTurn:
        """The question alone, for somebody who may not read the documents any more."""
        return replace(self, answer="", state="erased", sources=(), sentences=(), extract=None, rating=None, absent=())


def restore_turn(row: RowMapping, bases: tuple[str, ...], catalog: Catalog) -> StoredTurn:
    """The turn of a row of `answers`, of which the documents are in these bases, with quotes as they are now."""
    timings = json.loads(row["timings"])
    finish = str(timings.pop("finish", "stop"))
    partial = timings.pop("partial", None)
    absent = tuple(timings.pop("absent", ()))
    extract = restore_citation(json.loads(row["extract"]), catalog) if row["extract"] else None
    # An answer without a model is a quote, and quotes stand in their documents alone.
    answer = row["answer"] or (extract.quote if extract is not None and row["state"] == "done" else "")
    return StoredTurn(
        id=row["id"],
        bases=bases,
        documents=tuple(json.loads(row["scope"]).get("documents") or ()),
        question=row["question"],
        answer=answer,
        state=row["state"],
        model=row["model"],
        sources=tuple(s for stored in json.loads(row["sources"]) if (s := restore_source(stored, catalog))),
        sentences=tuple(restore_sentence(stored, answer, catalog) for stored in json.loads(row["sentences"])),
        extract=extract,
        timings=Timings(**timings),
        finish=finish,
        error=json.loads(row["error"]) if row["error"] else None,
        partial=partial,
        created_at=row["created_at"],
        rating=row["rating"],
        absent=absent,
    )


def outcome(events: Sequence[AnswerEvent]) -> dict[str, Any]:
    """The columns of a turn that a run ended with these events."""
    values: dict[str, Any] = {
        "answer": "".join(e.text for e in events if isinstance(e, Token)),
        "state": "failed",
        "sources": "[]",
        "sentences": "[]",
        "extract": None,
    }
    # What has no column of its own stands beside the timings.
    more: dict[str, Any] = {}
    for event in events:
        match event:
            case Sources(sources, lack):
                more = {} if lack is None else {"partial": _problem(lack)}
                values["sources"] = json.dumps([store_source(source) for source in sources])
            case Extract(quote):
                values["extract"] = json.dumps(store_citation(quote))
            case Citations(sentences):
                values["sentences"] = json.dumps([store_sentence(sentence) for sentence in sentences])
            case Refused(_, _, absent):
                more["absent"] = absent
            case Done(answer, refused, model, finish, timings):
                state = "refused" if refused else "stopped" if finish == "cancelled" else "done"
                values |= {"answer": answer if model or refused else "", "model": model, "state": state}
                if refused:
                    values["extract"] = None
                values["timings"] = json.dumps(asdict(timings) | {"finish": finish} | more, default=str)
            case Failed(error):
                values |= {"state": "failed", "error": stored_error(error)}
            case _:
                pass
    return values


def stored_error(error: Explained) -> str:
    """An error as the column that keeps it."""
    return json.dumps(_problem(error), default=str)


def _problem(error: Explained) -> dict[str, Any]:
    return {"code": error.code, "params": error.params}
