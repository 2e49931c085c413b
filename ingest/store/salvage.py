"""What can be read of a broken catalog goes into a new one: bases, documents to be read again, accounts, conversations.

What was deleted and waits to be erased goes along as it is: hidden, and erased after the next start.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Connection, Float, Integer, Table, Text, insert, select, update
from sqlalchemy.exc import IntegrityError

from ingest.store import bases, documents, jobs, schema
from ingest.store.blobs import Blobs
from ingest.store.catalog import ACCOUNTS_LOST, ERASE, Catalog, set_setting
from ingest.store.fault import Fault
from ingest.store.records import Blob

# What else a person has put into a catalog, in an order in which each row finds those that it names, and what it is
# called in a report.
_KEPT = (
    (schema.users, "accounts"),
    (schema.members, "roles"),
    (schema.api_keys, "API keys"),
    (schema.conversations, "conversations"),
    (schema.answers, "answers"),
)
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What SQLite stores for each type; a damaged row holds something else sooner or later.
_STORED: dict[object, type | tuple[type, ...]] = {Text: str, Float: (float, int), Integer: int, Boolean: int}
# 1973 to the year 9999, in seconds: what chance bytes make of a time lies elsewhere.
_TIMES = (1e8, 253e9)


def salvage(catalog: Catalog, broken: Path, blobs: Blobs) -> Iterator[Fault]:
    """Fill a catalog that was just begun from a broken one, and tell what is lost. Originals stay where they are."""
    with closing(sqlite3.connect(broken)) as old, catalog.write() as connection:
        old.row_factory = sqlite3.Row
        old.text_factory = lambda data: data.decode("utf-8", "replace")
        for row in _rows(old, "bases"):
            if row.get("id") == bases.DEFAULT:
                # This one is there already. What it does with documents holds for those that are read again.
                kept = {key: row[key] for key in ("name", "name_key", "settings") if isinstance(row.get(key), str)}
                connection.execute(update(schema.bases).where(schema.bases.c.id == bases.DEFAULT).values(kept))
            else:
                _put(connection, schema.bases, row)
        yield from _documents(connection, old, blobs)
        yield from _people(connection, old)
        settings = {row.get("key") for row in _rows(old, "settings")}
        if ACCOUNTS_LOST in settings:
            set_setting(connection, ACCOUNTS_LOST, "1")
        if ERASE in settings:
            text = "a deletion was cut short: what it deleted may come back from its original"
            yield Fault("warning", text)


def _documents(connection: Connection, old: sqlite3.Connection, blobs: Blobs) -> Iterator[Fault]:
    known = set(connection.scalars(select(schema.bases.c.id)))
    # A document that is about to get other bytes needs those, too.
    coming = {
        row["document_id"]: _blob(row)
        for row in _rows(old, "jobs")
        if row.get("kind") == "ingest" and _is_blob(row) and isinstance(row.get("document_id"), str)
    }
    hidden = []
    for row in _rows(old, "documents"):
        if not (_is_blob(row) and all(isinstance(row.get(key), str) for key in ("id", "base_id", "name"))):
            yield Fault("warning", "a document's row makes no sense: it comes back from its original, if that is there")
            continue
        row["base_id"] = row["base_id"] if row["base_id"] in known else bases.DEFAULT
        if _is_deleted(row):
            hidden.append(row)
        elif row.get("kept", 1):
            _queue(connection, row, coming.get(row["id"]), blobs)
        else:
            yield Fault("problem", f"{row['name']} is lost: its original was not kept. Upload it again.")
    for row in hidden:
        # Whoever has the same bytes in the same base, and was not deleted, needs them.
        if _queue(connection, row, coming.get(row["id"]), blobs):
            documents.hide(connection, row["id"], row["deleted_at"])
            documents.set_values(connection, row["id"], {"kept": bool(row.get("kept", 1))})
    if hidden:
        text = f"{len(hidden)} documents that were deleted stay deleted; the next start erases what is left of them"
        yield Fault("repaired", text)


def _queue(connection: Connection, row: dict[str, Any], coming: Blob | None, blobs: Blobs) -> bool:
    """A document under the id that it had, by which answers know it; False where the base has its bytes already."""
    if documents.with_bytes(connection, row["base_id"], row["sha256"]) is not None:
        return False
    times_read = row["revision"] if isinstance(row.get("revision"), int) else 0
    # Quotes stand in the text of a revision: that of the new text is another one.
    try:
        with connection.begin_nested():
            documents.create(
                connection, row["base_id"], row["name"], _blob(row), known_as=row["id"], revision=max(times_read, 0)
            )
    except IntegrityError:
        return False
    there = coming is not None and blobs.path(coming.sha256).is_file()
    jobs.put(connection, row["id"], coming if coming is not None and there else _blob(row))
    return True


def _is_blob(row: dict[str, Any]) -> bool:
    """Whether a row names bytes that there can be."""
    sha256 = row.get("sha256")
    of_types = isinstance(row.get("size"), int) and isinstance(row.get("media_type"), str)
    return of_types and isinstance(sha256, str) and _SHA256.fullmatch(sha256) is not None


def _blob(row: dict[str, Any]) -> Blob:
    return Blob(row["sha256"], row["size"], row["media_type"])


def _is_deleted(row: dict[str, Any]) -> bool:
    """What can be no time says nothing: a document is not deleted because its row is damaged."""
    since = row.get("deleted_at")
    return isinstance(since, float) and _TIMES[0] < since < _TIMES[1]


def _people(connection: Connection, old: sqlite3.Connection) -> Iterator[Fault]:
    """Accounts, roles, keys and conversations: how many came through, and which did not."""
    through: dict[str, int] = {}
    names: list[str] = []
    for table, called in _KEPT:
        rows = list(_rows(old, table.name))
        put = [row for row in rows if _is_sound(table, row) and _put(connection, table, row)]
        through[called] = len(put)
        lost = max(len(rows), _counted(old, table.name)) - len(put)
        if table is schema.users:
            names = sorted(_names(old) - {row["name_key"] for row in put})
        if lost:
            which = f" ({', '.join(names)})" if table is schema.users and names else ""
            yield Fault("problem", f"{lost} {called} are lost{which}")
    if through["accounts"] or names or through["roles"]:
        came = ", ".join(f"{through[called]} {called}" for called in ("accounts", "roles", "API keys"))
        yield Fault("repaired", f"{came} came through; everybody has to log in again")
        yield from _ownership(connection, bool(through["accounts"]))
    elif not _is_readable(old, "users"):
        text = "whether there were accounts cannot be read: if there were, make the owner's at /setup at once"
        yield Fault("warning", text)


def _ownership(connection: Connection, anybody: bool) -> Iterator[Fault]:
    if connection.scalar(select(schema.users.c.id).where(schema.users.c.is_owner)) is not None:
        return
    if not anybody:
        # Without any account everything would be open to whoever reaches this machine's port.
        set_setting(connection, ACCOUNTS_LOST, "1")
    text = "the owner's account is lost: `zhiwen serve` prints a token at its start, with which another one is made"
    yield Fault("problem", text)


def _is_sound(table: Table, row: dict[str, Any]) -> bool:
    """Whether a row holds what its columns can: nobody becomes the owner by a bit that flipped."""
    for column in table.c:
        value = row.get(column.name)
        if value is None:
            continue
        if not isinstance(value, _STORED[type(column.type)]):
            return False
        if isinstance(column.type, Boolean) and value not in (0, 1):
            return False
    return True


def _names(old: sqlite3.Connection) -> set[str]:
    """Names of accounts, from the index of names alone: it may be whole where the rows are not."""
    found = set()
    with suppress(sqlite3.Error):
        for row in old.execute("SELECT name_key FROM users INDEXED BY sqlite_autoindex_users_2 WHERE name_key > ''"):
            if isinstance(row["name_key"], str):
                found.add(row["name_key"])
    return found


def _counted(old: sqlite3.Connection, table: str) -> int:
    """How many rows a table should have: what its index of ids says, where that can be read."""
    count = 0
    with suppress(sqlite3.Error):
        column = old.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE pk = 1").fetchone()["name"]  # noqa: S608
        statement = f"SELECT 1 FROM {table} INDEXED BY sqlite_autoindex_{table}_1 WHERE {column} > ''"  # noqa: S608
        for _ in old.execute(statement):
            count += 1
    return count


def _is_readable(old: sqlite3.Connection, table: str) -> bool:
    try:
        old.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
    except sqlite3.Error:
        return False
    return True


def _rows(old: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    """The rows that can be read, from either end up to what is broken."""
    seen = set()
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error):
            for row in old.execute(f"SELECT rowid AS rowid_, * FROM {table} ORDER BY rowid {order}"):  # noqa: S608
                values = dict(row)
                if (number := values.pop("rowid_")) not in seen:
                    seen.add(number)
                    yield values


def _put(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Whether a row went in: not if it is there, or stands on one that is lost."""
    values = {column.name: row[column.name] for column in table.c if column.name in row}
    try:
        with connection.begin_nested():
            connection.execute(insert(table).values(values))
    except IntegrityError:
        return False
    return True
