"""Knowledge bases, as rows."""

from __future__ import annotations

import json
import re
import time
import unicodedata
import uuid
from dataclasses import asdict, fields

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from ingest.names import key_of, tidy
from ingest.store.documents import PRESENT, UNREAD
from ingest.store.errors import BaseNameInvalid, NameTaken, UnknownBase
from ingest.store.records import Base, BaseSettings
from ingest.store.schema import bases, documents

DEFAULT = "default"
NAME_LIMIT = 100
_ID = re.compile(r"[0-9a-f]{16}")
_SEEN = bases.c.deleted_at.is_(None)


def ensure_default(connection: Connection) -> None:
    """Make the base that is always there."""
    if connection.scalar(select(bases.c.id).where(bases.c.id == DEFAULT)) is None:
        _insert(connection, DEFAULT, DEFAULT)


def create(connection: Connection, name: str) -> Base:
    """Raises BaseNameInvalid, NameTaken."""
    base_id = uuid.uuid4().hex[:16]
    _insert(connection, base_id, _free_name(connection, name))
    return find(connection, base_id)


def rename(connection: Connection, base_id: str, name: str) -> Base:
    """Raises UnknownBase, BaseNameInvalid, NameTaken."""
    base = find(connection, base_id)
    name = _free_name(connection, name, besides=base.id)
    connection.execute(update(bases).where(bases.c.id == base.id).values(name=name, name_key=_name_key(name)))
    return find(connection, base.id)


def set_settings(connection: Connection, base_id: str, settings: BaseSettings) -> None:
    values = json.dumps(asdict(settings))
    connection.execute(update(bases).where(bases.c.id == base_id).values(settings=values))


def find(connection: Connection, id_or_name: str) -> Base:
    """A base that can be seen. Ids come before names. Raises UnknownBase."""
    row = connection.execute(_all().where(bases.c.id == id_or_name, _SEEN)).mappings().first()
    if row is None:
        named = bases.c.name_key == _name_key(id_or_name)
        row = connection.execute(_all().where(named, _SEEN)).mappings().first()
    if row is None:
        raise UnknownBase(name=id_or_name)
    return _base(row)


def every(connection: Connection) -> list[Base]:
    """Those that can be seen: the default base first, then by name."""
    rows = connection.execute(_all().where(_SEEN).order_by(bases.c.id != DEFAULT, bases.c.name_key)).mappings()
    return [_base(row) for row in rows]


def hide(connection: Connection, base_id: str, now: float) -> None:
    """Let nobody see a base any more, nor what is in it. Its name is free from now on."""
    hidden = update(bases).where(bases.c.id == base_id)
    # No name may look like an id.
    connection.execute(hidden.values(deleted_at=now, name_key=bases.c.id))


def restore(connection: Connection, base_id: str) -> bool:
    """Undo `hide`; False for a base that is not hidden. Raises UnknownBase, and NameTaken if another has its name."""
    row = connection.execute(select(bases.c.name, bases.c.deleted_at).where(bases.c.id == base_id)).first()
    if row is None:
        raise UnknownBase(name=base_id)
    if row.deleted_at is None:
        return False
    # A name that an earlier version allowed and this one would not is no reason to lose a base.
    _check_free(connection, row.name, besides=base_id)
    connection.execute(update(bases).where(bases.c.id == base_id).values(deleted_at=None, name_key=_name_key(row.name)))
    return True


def hidden(connection: Connection) -> list[tuple[str, float]]:
    """The ids of hidden bases, and since when they are; the first to be hidden first."""
    found = select(bases.c.id, bases.c.deleted_at).where(~_SEEN).order_by(bases.c.deleted_at)
    return [(row.id, row.deleted_at) for row in connection.execute(found)]


def id_of(connection: Connection, id_or_name: str) -> str:
    """The id of a base; of a hidden one only by its id. Raises UnknownBase."""
    there = connection.scalar(select(bases.c.id).where(bases.c.id == id_or_name))
    return find(connection, id_or_name).id if there is None else str(there)


def remove(connection: Connection, base_id: str) -> None:
    """Delete the base and, by cascade, everything in it."""
    connection.execute(delete(bases).where(bases.c.id == base_id))


def count(connection: Connection) -> int:
    """How many bases can be seen."""
    return connection.scalar(select(func.count()).where(_SEEN)) or 0


def touch(connection: Connection, base_id: str) -> None:
    """Say that the base's chunks are not what they were."""
    connection.execute(update(bases).where(bases.c.id == base_id).values(generation=bases.c.generation + 1))


def _insert(connection: Connection, base_id: str, name: str) -> None:
    connection.execute(
        insert(bases).values(id=base_id, name=name, name_key=_name_key(name), created_at=time.time(), generation=0)
    )


def _free_name(connection: Connection, name: str, besides: str | None = None) -> str:
    name = tidy(name, NAME_LIMIT)
    if not name:
        raise BaseNameInvalid(limit=NAME_LIMIT)
    _check_free(connection, name, besides)
    return name


def _check_free(connection: Connection, name: str, besides: str | None) -> None:
    if _ID.fullmatch(_name_key(name)):
        # Kept for ids: a name that looks like one would be found by it as soon as that base is gone.
        raise NameTaken(name=name)
    # Those that look alike are one here, also where older versions took them for two.
    others = connection.execute(select(bases.c.id, bases.c.name).where(bases.c.id != (besides or ""), _SEEN))
    if any(name == other.id or key_of(name) == key_of(other.name) for other in others):
        raise NameTaken(name=name)


def _name_key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _all() -> Select[tuple[object, ...]]:
    inside = (documents.c.base_id == bases.c.id) & PRESENT
    redact = func.coalesce(func.json_extract(bases.c.settings, "$.redact"), 0)
    counted = {
        "documents": select(func.count()).where(inside),
        # Each document knows how many it has: counting them would read them all.
        "chunks": select(func.coalesce(func.sum(documents.c.chunks), 0)).where(inside),
        "outdated": select(func.count()).where(inside, documents.c.revision > 0, documents.c.redacted != redact),
        "originals": select(func.count()).where(inside, documents.c.kept),
        "unread": select(func.count()).where(inside, UNREAD),
    }
    return select(bases, *(number.scalar_subquery().label(name) for name, number in counted.items()))


def _base(row: RowMapping) -> Base:
    values = {field.name: row[field.name] for field in fields(Base)}
    return Base(**values | {"settings": BaseSettings(**json.loads(row["settings"]))})
