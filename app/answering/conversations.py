"""Conversations in the catalog.

Quotes are not stored: a turn keeps where they stand (document, revision, span) and they are read
from the document again. An answer may copy words of its sources: `let_go` decides what of it is left
when one of them is deleted.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.engine import RowMapping

from app.answering.events import (
    AnswerEvent,
    AnswerSentence,
    Citation,
    Citations,
    Done,
    Extract,
    Failed,
    Source,
    Sources,
    Timings,
    Token,
)
from app.answering.let_go import without
from app.answering.prompt import Turn
from app.answering.question import Question
from app.answering.stored import (
    restore_citation,
    restore_sentence,
    restore_source,
    store_citation,
    store_sentence,
    store_source,
)
from app.auth import users
from app.errors import Interrupted, UnknownConversation
from ingest.store import documents
from ingest.store.batches import batched
from ingest.store.catalog import Catalog
from ingest.store.schema import answers, conversations
from models.errors import Explained

TurnState = Literal["running", "done", "refused", "stopped", "failed", "erased"]
# How many earlier turns a question is read with.
REMEMBERED = 2
TITLE_CHARS = 60
_MANY = 500


@dataclass(frozen=True)
class Conversation:
    """What a user asked in a row; `user` is None on a machine without accounts. `bases` are those asked last."""

    id: str
    user: str | None
    title: str
    bases: tuple[str, ...]
    created_at: float
    updated_at: float


@dataclass(frozen=True)
class StoredTurn:
    """A question over some bases and what came of it. `error` is {"code", "params"} for a failed one, and so is
    `partial`, which is why only words were searched."""

    id: str
    bases: tuple[str, ...]
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

    def withheld(self) -> StoredTurn:
        """The question alone, for somebody who may not read the documents any more."""
        return replace(self, answer="", state="erased", sources=(), sentences=(), extract=None)


class Conversations:
    """Keeps questions and answers."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def recover(self) -> None:
        """Mark answers that a stopped server left unfinished."""
        error = Interrupted()
        with self._catalog.write() as connection:
            connection.execute(
                update(answers).where(answers.c.state == "running").values(state="failed", error=_error(error))
            )

    def of_user(self, user_id: str | None) -> list[Conversation]:
        """Latest first."""
        theirs = select(conversations).where(conversations.c.user_id.is_not_distinct_from(user_id))
        with self._catalog.read() as connection:
            rows = connection.execute(theirs.order_by(conversations.c.updated_at.desc())).mappings()
            return [_conversation(row) for row in rows]

    def get(self, conversation_id: str) -> Conversation:
        """Raises UnknownConversation."""
        with self._catalog.read() as connection:
            row = (
                connection.execute(select(conversations).where(conversations.c.id == conversation_id))
                .mappings()
                .first()
            )
        if row is None:
            raise UnknownConversation(id=conversation_id)
        return _conversation(row)

    def turns(self, conversation_id: str) -> list[StoredTurn]:
        """Every turn, oldest first, with quotes as the documents hold them now."""
        self.get(conversation_id)
        statement = select(answers).where(answers.c.conversation_id == conversation_id).order_by(answers.c.ordinal)
        with self._catalog.read() as connection:
            rows = connection.execute(statement).mappings().all()
        return [self._turn(row) for row in rows]

    def asked_of(self, conversation_id: str) -> set[str]:
        """The ids of all bases that its questions were asked of."""
        scopes = select(answers.c.scope).where(answers.c.conversation_id == conversation_id)
        with self._catalog.read() as connection:
            return {base for scope in connection.scalars(scopes) for base in _bases(scope)}

    def of_run(self, run_id: str) -> Conversation | None:
        """The conversation that a run belongs to, or None."""
        belongs = select(conversations).join(answers, answers.c.conversation_id == conversations.c.id)
        with self._catalog.read() as connection:
            row = connection.execute(belongs.where(answers.c.id == run_id)).mappings().first()
        return None if row is None else _conversation(row)

    def turn(self, run_id: str) -> StoredTurn | None:
        """The turn that a run wrote, or None."""
        with self._catalog.read() as connection:
            row = connection.execute(select(answers).where(answers.c.id == run_id)).mappings().first()
        return None if row is None else self._turn(row)

    def history(self, conversation_id: str, sees: Callable[[Sequence[str]], bool]) -> tuple[Turn, ...]:
        """The last finished turns over bases that the reader `sees`, oldest first, as a question is read with them."""
        statement = (
            select(answers.c.question, answers.c.answer, answers.c.scope)
            .where(answers.c.conversation_id == conversation_id, answers.c.state == "done")
            .order_by(answers.c.ordinal.desc())
        )
        self.get(conversation_id)
        with self._catalog.read() as connection:
            rows = (row for row in connection.execute(statement) if sees(_bases(row.scope)))
            last = list(islice(rows, REMEMBERED))
        return tuple(Turn(row.question, row.answer) for row in reversed(last))

    def rename(self, conversation_id: str, title: str) -> Conversation:
        """Raises UnknownConversation."""
        self.get(conversation_id)
        with self._catalog.write() as connection:
            connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(title=title))
        return self.get(conversation_id)

    def remove(self, conversation_id: str) -> None:
        """Delete a conversation; `Library.erase` takes its words out of the file. Raises UnknownConversation."""
        self.get(conversation_id)
        with self._catalog.write() as connection:
            self._catalog.mark_erase(connection)
            connection.execute(delete(answers).where(answers.c.conversation_id == conversation_id))
            connection.execute(delete(conversations).where(conversations.c.id == conversation_id))

    def begin(self, run_id: str, conversation_id: str | None, question: Question, user_id: str | None = None) -> str:
        """Store a question that is being answered. None starts a conversation of the user. Gives its id.

        Raises UnknownConversation, UnknownUser.
        """
        now = time.time()
        bases = list(question.scope.bases)
        with self._catalog.write() as connection:
            if user_id is not None:
                users.find(connection, user_id)
            if conversation_id is None:
                conversation_id = uuid.uuid4().hex
                title = " ".join(question.text.split())[:TITLE_CHARS]
                connection.execute(
                    insert(conversations).values(
                        id=conversation_id,
                        user_id=user_id,
                        title=title,
                        base_ids=json.dumps(bases),
                        created_at=now,
                        updated_at=now,
                    )
                )
            else:
                there = connection.execute(
                    update(conversations)
                    .where(conversations.c.id == conversation_id)
                    .values(updated_at=now, base_ids=json.dumps(bases))
                )
                if not there.rowcount:
                    raise UnknownConversation(id=conversation_id)
            last = connection.execute(
                select(func.max(answers.c.ordinal)).where(answers.c.conversation_id == conversation_id)
            ).scalar()
            connection.execute(
                insert(answers).values(
                    id=run_id,
                    conversation_id=conversation_id,
                    ordinal=0 if last is None else last + 1,
                    question=question.text,
                    answer="",
                    state="running",
                    model="",
                    scope=json.dumps({"bases": bases, "documents": question.scope.documents}),
                    created_at=now,
                )
            )
        return conversation_id

    def finish(self, run_id: str, events: Sequence[AnswerEvent]) -> None:
        """Store what a run's events amount to. A run that was not kept is ignored.

        Documents may have been deleted while it was written: then it is kept as `let_go` would have left it.
        """
        values = _outcome(events)
        with self._catalog.write() as connection:
            used = {source["document"] for source in json.loads(values["sources"])}
            if gone := used - documents.there(connection, used):
                values |= without(values, gone)
            connection.execute(update(answers).where(answers.c.id == run_id).values(**values))

    def let_go(self, connection: Connection, document_ids: Sequence[str]) -> None:
        """Keep no words of these documents, in the transaction that deletes them."""
        # Whatever is cited or extracted was among the sources.
        source = func.json_each(answers.c.sources).table_valued("value")
        for some in batched(document_ids, _MANY):
            saw = select(source.c.value).where(func.json_extract(source.c.value, "$.document").in_(some)).exists()
            for row in connection.execute(select(answers).where(saw)).mappings().all():
                changed = without(row, set(some))
                connection.execute(update(answers).where(answers.c.id == row["id"]).values(**changed))

    def _turn(self, row: RowMapping) -> StoredTurn:
        timings = json.loads(row["timings"])
        finish = str(timings.pop("finish", "stop"))
        partial = timings.pop("partial", None)
        extract = restore_citation(json.loads(row["extract"]), self._catalog) if row["extract"] else None
        # An answer without a model is a quote, and quotes stand in their documents alone.
        answer = row["answer"] or (extract.quote if extract is not None and row["state"] == "done" else "")
        return StoredTurn(
            id=row["id"],
            bases=_bases(row["scope"]),
            question=row["question"],
            answer=answer,
            state=row["state"],
            model=row["model"],
            sources=tuple(s for stored in json.loads(row["sources"]) if (s := restore_source(stored, self._catalog))),
            sentences=tuple(restore_sentence(stored, answer, self._catalog) for stored in json.loads(row["sentences"])),
            extract=extract,
            timings=Timings(**timings),
            finish=finish,
            error=json.loads(row["error"]) if row["error"] else None,
            partial=partial,
            created_at=row["created_at"],
        )


def _outcome(events: Sequence[AnswerEvent]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "answer": "".join(e.text for e in events if isinstance(e, Token)),
        "state": "failed",
        "sources": "[]",
        "sentences": "[]",
        "extract": None,
    }
    partial: dict[str, Any] = {}
    for event in events:
        match event:
            case Sources(sources, lack):
                partial = {} if lack is None else {"partial": _problem(lack)}
                values["sources"] = json.dumps([store_source(source) for source in sources])
            case Extract(quote):
                values["extract"] = json.dumps(store_citation(quote))
            case Citations(sentences):
                values["sentences"] = json.dumps([store_sentence(sentence) for sentence in sentences])
            case Done(answer, refused, model, finish, timings):
                state = "refused" if refused else "stopped" if finish == "cancelled" else "done"
                values |= {"answer": answer if model or refused else "", "model": model, "state": state}
                if refused:
                    values["extract"] = None
                values["timings"] = json.dumps(asdict(timings) | {"finish": finish} | partial, default=str)
            case Failed(error):
                values |= {"state": "failed", "error": _error(error)}
            case _:
                pass
    return values


def _error(error: Explained) -> str:
    return json.dumps(_problem(error), default=str)


def _problem(error: Explained) -> dict[str, Any]:
    return {"code": error.code, "params": error.params}


def _bases(scope: str) -> tuple[str, ...]:
    return tuple(json.loads(scope).get("bases", ()))


def _conversation(row: RowMapping) -> Conversation:
    return Conversation(
        row["id"],
        row["user_id"],
        row["title"],
        tuple(json.loads(row["base_ids"])),
        row["created_at"],
        row["updated_at"],
    )
