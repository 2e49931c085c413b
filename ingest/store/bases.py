"""Knowledge bases, as rows."""

from __future__ import annotations

import json
import re
import time
import unicodedata
import uuid
from dataclasses import asdict, fields

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from ingest.store.documents import HIDDEN, PRESENT
from ingest.store.errors import BaseNameInvalid, NameTaken, UnknownBase
from ingest.store.records import Base, BaseSettings
from ingest.store.schema import bases, chunks, documents

DEFAULT = "default"
NAME_LIMIT = 100
_ID = re.compile(r"[0-9a-f]{16}")


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
    """Ids come before names. Raises UnknownBase."""
    row = connection.execute(_all().where(bases.c.id == id_or_name)).mappings().first()
    if row is None:
        row = connection.execute(_all().where(bases.c.name_key == _name_key(id_or_name))).mappings().first()
    if row is None:
        raise UnknownBase(name=id_or_name)
    return _base(row)


def every(connection: Connection) -> list[Base]:
    """The default base first, then by name."""
    rows = connection.execute(_all().order_by(bases.c.id != DEFAULT, bases.c.name_key)).mappings()
    return [_base(row) for row in rows]


def remove(connection: Connection, base_id: str) -> None:
    """Delete the base and, by cascade, everything in it."""
    connection.execute(delete(bases).where(bases.c.id == base_id))


def touch(connection: Connection, base_id: str) -> None:
    """Say that the base's chunks are not what they were."""
    connection.execute(update(bases).where(bases.c.id == base_id).values(generation=bases.c.generation + 1))


def _insert(connection: Connection, base_id: str, name: str) -> None:
    connection.execute(
        insert(bases).values(id=base_id, name=name, name_key=_name_key(name), created_at=time.time(), generation=0)
    )


def _free_name(connection: Connection, name: str, besides: str | None = None) -> str:
    name = unicodedata.normalize("NFC", name).strip()
    if not 0 < len(name) <= NAME_LIMIT or any(unicodedata.category(char)[0] == "C" for char in name):
        raise BaseNameInvalid(limit=NAME_LIMIT)
    if _ID.fullmatch(_name_key(name)):
        # Kept for ids: a name that looks like one would be found by it as soon as that base is gone.
        raise NameTaken(name=name)
    taken = select(bases.c.id).where((bases.c.name_key == _name_key(name)) | (bases.c.id == name))
    if any(found != besides for found in connection.scalars(taken)):
        raise NameTaken(name=name)
    return name


def _name_key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _all() -> Select[tuple[object, ...]]:
    inside = (documents.c.base_id == bases.c.id) & PRESENT
    redact = func.coalesce(func.json_extract(bases.c.settings, "$.redact"), 0)
    counted = {
        "documents": select(func.count()).where(inside),
        "chunks": select(func.count()).where(chunks.c.base_id == bases.c.id, chunks.c.document_id.not_in(HIDDEN)),
        "outdated": select(func.count()).where(inside, documents.c.revision > 0, documents.c.redacted != redact),
        "originals": select(func.count()).where(inside, documents.c.kept),
    }
    return select(bases, *(number.scalar_subquery().label(name) for name, number in counted.items()))


def _base(row: RowMapping) -> Base:
    values = {field.name: row[field.name] for field in fields(Base)}
    return Base(**values | {"settings": BaseSettings(**json.loads(row["settings"]))})
