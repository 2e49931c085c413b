"""Conversations in the catalog.

An answer may copy words of its sources: `let_go` decides what of it is left when one of them is deleted.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Collection, Sequence, Set
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.engine import RowMapping

from app.answering.events import AnswerEvent
from app.answering.let_go import without
from app.answering.prompt import Turn
from app.answering.question import Question
from app.answering.turns import Rating, StoredTurn, outcome, restore_turn, stored_error
from app.auth import users
from app.errors import Interrupted, NothingToRate, TitleInvalid, UnknownConversation, UnknownRun
from ingest.names import tidy, visible
from ingest.store import documents
from ingest.store.batches import batched
from ingest.store.catalog import Catalog
from ingest.store.database import holds
from ingest.store.schema import answers, conversations

# How many earlier turns a question is read with.
REMEMBERED = 2
TITLE_CHARS = 60
# The longest that a person may give it.
TITLE_LIMIT = 200
_MANY = 500
_RATED = ("done", "refused", "stopped")


@dataclass(frozen=True)
class Conversation:
    """What a user asked in a row; `user` is None on a machine without accounts. `bases` are those asked last."""

    id: str
    user: str | None
    title: str
    bases: tuple[str, ...]
    created_at: float
    updated_at: float


class Conversations:
    """Keeps questions and answers."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def recover(self) -> None:
        """Mark answers that a stopped server left unfinished."""
        error = Interrupted()
        with self._catalog.write() as connection:
            connection.execute(
                update(answers).where(answers.c.state == "running").values(state="failed", error=stored_error(error))
            )

    def of_user(
        self, user_id: str | None, text: str = "", *, limit: int | None = None, offset: int = 0
    ) -> list[Conversation]:
        """Latest first; those whose title or questions hold `text`, in whatever script, width and case.

        With a `limit` so many of them, behind the first `offset`.
        """
        theirs = select(conversations).where(conversations.c.user_id.is_not_distinct_from(user_id))
        if text := text.strip():
            asked = select(answers.c.id).where(
                answers.c.conversation_id == conversations.c.id, holds(answers.c.question, text)
            )
            theirs = theirs.where(holds(conversations.c.title, text) | asked.exists())
        with self._catalog.read() as connection:
            latest = theirs.order_by(conversations.c.updated_at.desc(), conversations.c.id)
            rows = connection.execute(latest.limit(limit).offset(offset)).mappings()
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

    def turns(self, conversation_id: str, *, limit: int | None = None, before: str | None = None) -> list[StoredTurn]:
        """Every turn, oldest first, with quotes as the documents hold them now.

        With a `limit` the latest so many of them, and of those before the turn with the id `before`, if that is given.
        Raises UnknownConversation, and UnknownRun where `before` is no turn of it.
        """
        self.get(conversation_id)
        latest = select(answers).where(answers.c.conversation_id == conversation_id).order_by(answers.c.ordinal.desc())
        with self._catalog.read() as connection:
            if before is not None:
                latest = latest.where(answers.c.ordinal < _ordinal(connection, conversation_id, before))
            rows = connection.execute(latest.limit(limit)).mappings().all()
        return self._turns(rows[::-1])

    def earlier(self, conversation_id: str, run_id: str) -> int:
        """How many turns of a conversation were before this one. Raises UnknownRun."""
        with self._catalog.read() as connection:
            ordinal = _ordinal(connection, conversation_id, run_id)
            before = (answers.c.conversation_id == conversation_id) & (answers.c.ordinal < ordinal)
            return connection.scalars(select(func.count()).select_from(answers).where(before)).one()

    def asked_of(self, conversation_ids: Collection[str]) -> dict[str, set[str]]:
        """The ids of all bases that the questions of each were asked of, and of those that hold their documents now."""
        asked: dict[str, set[str]] = {each: set() for each in conversation_ids}
        with self._catalog.read() as connection:
            for some in batched(asked, _MANY):
                wanted = answers.c.conversation_id.in_(some)
                turns = select(answers.c.conversation_id, answers.c.scope, answers.c.sources).where(wanted)
                rows = connection.execute(turns).mappings().all()
                for row, bases in zip(rows, _bases(connection, rows), strict=True):
                    asked[row["conversation_id"]].update(bases)
        return asked

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
        return None if row is None else self._turns([row])[0]

    def history(self, conversation_id: str, sees: Callable[[Sequence[str]], bool]) -> tuple[Turn, ...]:
        """The last finished turns over bases that the reader `sees`, oldest first, as a question is read with them."""
        statement = (
            select(answers.c.id, answers.c.question, answers.c.answer, answers.c.scope, answers.c.sources)
            .where(answers.c.conversation_id == conversation_id, answers.c.state == "done")
            .order_by(answers.c.ordinal.desc())
        )
        self.get(conversation_id)
        with self._catalog.read() as connection:
            rows = connection.execute(statement).mappings().all()
            bases = _bases(connection, rows)
        last = list(islice((row for row, of in zip(rows, bases, strict=True) if sees(of)), REMEMBERED))
        return tuple(Turn(row["question"], row["answer"], row["id"]) for row in reversed(last))

    def rename(self, conversation_id: str, title: str) -> Conversation:
        """Raises UnknownConversation, TitleInvalid."""
        self.get(conversation_id)
        tidied = tidy(title, TITLE_LIMIT)
        if not tidied:
            raise TitleInvalid(limit=TITLE_LIMIT)
        with self._catalog.write() as connection:
            connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(title=tidied))
        return self.get(conversation_id)

    def rate(self, run_id: str, rating: Rating | None) -> None:
        """Keep what the person who asked thinks of an answer. Raises UnknownRun, NothingToRate."""
        one = answers.c.id == run_id
        with self._catalog.write() as connection:
            there = one & answers.c.state.in_(_RATED)
            if connection.execute(update(answers).where(there).values(rating=rating)).rowcount:
                return
            known = connection.execute(select(answers.c.id).where(one)).first()
        raise NothingToRate() if known else UnknownRun(id=run_id)

    def remove(self, conversation_id: str) -> None:
        """Delete a conversation; `Library.erase` takes its words out of the file. Raises UnknownConversation."""
        self.get(conversation_id)
        with self._catalog.write() as connection:
            self._catalog.mark_erase(connection)
            remove_in(connection, [conversation_id])

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
                title = visible(question.text)[:TITLE_CHARS] or "…"
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
                    earlier=json.dumps([turn.id for turn in question.history]),
                    created_at=now,
                )
            )
        return conversation_id

    def finish(self, run_id: str, events: Sequence[AnswerEvent]) -> None:
        """Store what a run's events amount to. A run that was not kept is ignored.

        Documents may have been deleted while it was written, or earlier answers erased that its prompt held: then it is
        kept as `let_go` would have left it.
        """
        values = outcome(events)
        with self._catalog.write() as connection:
            used = {source["document"] for source in json.loads(values["sources"])}
            gone = used - documents.there(connection, used)
            if gone or _follows_erased(connection, run_id):
                values |= without(values, gone)
            connection.execute(update(answers).where(answers.c.id == run_id).values(**values))

    def let_go(self, connection: Connection, document_ids: Sequence[str]) -> None:
        """Keep no words of these documents, in the transaction that deletes them.

        An answer whose prompt held an erased one may have copied them from there: it is judged as if it had read them.
        """
        # Whatever is cited or extracted was among the sources.
        source = func.json_each(answers.c.sources).table_valued("value")
        touched: set[str] = set()
        for some in batched(document_ids, _MANY):
            saw = select(source.c.value).where(func.json_extract(source.c.value, "$.document").in_(some)).exists()
            touched.update(connection.scalars(select(answers.c.conversation_id).where(saw)))
        for conversation_id in touched:
            _erase_in(connection, conversation_id, set(document_ids))

    def _turns(self, rows: Sequence[RowMapping]) -> list[StoredTurn]:
        with self._catalog.read() as connection:
            bases = _bases(connection, rows)
        return [restore_turn(row, of, self._catalog) for row, of in zip(rows, bases, strict=True)]


def _ordinal(connection: Connection, conversation_id: str, run_id: str) -> int:
    one = (answers.c.conversation_id == conversation_id) & (answers.c.id == run_id)
    found: int | None = connection.scalar(select(answers.c.ordinal).where(one))
    if found is None:
        raise UnknownRun(id=run_id)
    return found


def remove_in(connection: Connection, conversation_ids: Sequence[str]) -> None:
    """Delete conversations and their turns in a transaction that has `Catalog.mark_erase`."""
    for some in batched(conversation_ids, _MANY):
        connection.execute(delete(answers).where(answers.c.conversation_id.in_(some)))
        connection.execute(delete(conversations).where(conversations.c.id.in_(some)))


def _erase_in(connection: Connection, conversation_id: str, gone: Set[str]) -> None:
    """Let one conversation go of documents: what was written later can only hold what was erased before it."""
    turns = select(answers).where(answers.c.conversation_id == conversation_id).order_by(answers.c.ordinal)
    before: list[str] = []
    erased: set[str] = set()
    for row in connection.execute(turns).mappings().all():
        saw = any(source["document"] in gone for source in json.loads(row["sources"]))
        # Of an older answer it was not written down: it may have been any.
        earlier = before if row["earlier"] is None else json.loads(row["earlier"])
        before.append(row["id"])
        # One that is being written is looked at when it is stored.
        if row["state"] != "running" and (saw or not erased.isdisjoint(earlier)):
            changed = without(row, gone)
            connection.execute(update(answers).where(answers.c.id == row["id"]).values(**changed))
            if changed.get("state") == "erased":
                erased.add(row["id"])


def _follows_erased(connection: Connection, run_id: str) -> bool:
    """Whether the prompt of an answer held one that is erased by now."""
    earlier = connection.scalar(select(answers.c.earlier).where(answers.c.id == run_id))
    wanted = answers.c.id.in_(json.loads(earlier or "[]")) & (answers.c.state == "erased")
    return connection.scalar(select(answers.c.id).where(wanted).limit(1)) is not None


def _bases(connection: Connection, rows: Sequence[RowMapping]) -> list[tuple[str, ...]]:
    """The bases that each turn may tell of: those that were asked, and those that its documents were moved to since.

    `rows` have the columns scope and sources.
    """
    used = [{source["document"] for source in json.loads(row["sources"])} for row in rows]
    homes = documents.homes(connection, set().union(*used))
    asked = [json.loads(row["scope"]).get("bases", ()) for row in rows]
    held = [sorted({homes[document] for document in each & homes.keys()}) for each in used]
    return [tuple(dict.fromkeys((*there, *now))) for there, now in zip(asked, held, strict=True)]


def _conversation(row: RowMapping) -> Conversation:
    return Conversation(
        row["id"],
        row["user_id"],
        row["title"],
        tuple(json.loads(row["base_ids"])),
        row["created_at"],
        row["updated_at"],
    )
