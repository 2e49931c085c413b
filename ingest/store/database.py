"""Opens the catalog's SQLite file: pragmas, transactions, migration, errors in our own words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from ingest.errors import DiskFull, IngestError
from ingest.store.analyse import fold
from ingest.store.errors import CatalogDamaged, CatalogTooNew, CatalogUnusable
from ingest.store.files import disk_named, make_folder
from ingest.store.schema import REVISION
from models.reasons import quoted

FILE = "catalog.db"
_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MS = 30_000
# Cutting the log waits for those who read it. It is tried again later: nobody waits long for that.
_CHECKPOINT_MS = 2_000
# Temporary data stays in memory: nothing of a document may spill into the system's temporary folder.
_PRAGMAS = (
    f"busy_timeout={_BUSY_MS}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "temp_store=MEMORY",
)
_READ_ONLY = "read_only"
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def open_engine(folder: Path) -> Engine:
    """The engine of `folder`/catalog.db, created and migrated as needed.

    A transaction takes the write lock at its beginning; the execution option `begin="DEFERRED"`
    makes it one that only reads, and `synced=False` one that does not wait for the disk.
    Raises CatalogTooNew, CatalogDamaged, CatalogUnusable, DiskFull.
    """
    path = folder / FILE
    make_folder(folder)
    with disk_named(path.name, folder):
        # SQLite gives its other files the mode of this one: what was read is its owner's alone. A file that cannot be
        # written it would open all the same, and say so only when something is to be written.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with suppress(OSError, AttributeError):  # another user's file, or a system without modes
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
        # Those that a killed server left keep the mode that they have.
        for left in (folder / f"{FILE}-wal", folder / f"{FILE}-shm"):
            with suppress(OSError):
                left.chmod(0o600)
    engine = sa.create_engine(f"sqlite:///{path}", pool_size=8, max_overflow=-1)
    event.listen(engine, "connect", _prepare(path))
    event.listen(engine, "checkout", _renew(path))
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _translated(path))
    try:
        _migrate(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def holds(column: sa.ColumnElement[str], part: str) -> sa.ColumnElement[bool]:
    """Whether a column's text holds a part, in whatever script, width and case both are written. Everything holds "".

    Each row is folded as it is looked at: for names, titles and questions, not for what documents say.
    """
    return sa.func.instr(sa.func.fold(column), fold(part)) > 0


def checkpoint(engine: Engine) -> bool:
    """Move the write-ahead log into the file and cut it to nothing; False while a reader holds it.

    Raises DiskFull, CatalogUnusable, CatalogDamaged.
    """
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_CHECKPOINT_MS}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, _pages, _moved = cursor.fetchall()[0]
        finally:
            cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        cursor.close()
    except sqlite3.Error as error:
        raise explain(error, Path(engine.url.database or FILE)) or error from error
    finally:
        connection.close()
    return not busy


def _prepare(path: Path) -> Callable[[sqlite3.Connection, ConnectionPoolEntry], None]:
    def prepare(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        # Without this the driver opens transactions by itself, and only at some statements.
        connection.isolation_level = None
        record.info[_READ_ONLY] = not os.access(path, os.W_OK)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("fold", 1, fold, deterministic=True)

    return prepare


def _renew(path: Path) -> Callable[[sqlite3.Connection, ConnectionPoolEntry, object], None]:
    """A connection that was opened while the disk was read-only would stay so for ever: open another one."""

    def renew(_connection: sqlite3.Connection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if record.info[_READ_ONLY] and os.access(path, os.W_OK):
            raise sa.exc.DisconnectionError

    return renew


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    mode = options.get("begin", "IMMEDIATE")
    if mode == "IMMEDIATE":
        # Not to be changed within a transaction.
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('synced', True) else 'NORMAL'}")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _translated(path: Path) -> Callable[[ExceptionContext], None]:
    def handle(context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, sqlite3.Error) and (ours := explain(error, path)) is not None:
            raise ours from error

    return handle


def explain(error: sqlite3.Error, path: Path) -> IngestError | None:
    """What an SQLite error means for the catalog, or None if it is a mistake of the program."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(name=path.name, path=str(path.parent))
    if code in _BROKEN:
        return CatalogDamaged(path=str(path), reason=quoted(error), originals=str(path.parent / "originals"))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR):
        return CatalogUnusable(path=str(path), reason=quoted(error))
    return None


def _migrate(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        found = _revision(connection)
        if found == REVISION:
            return
        if found is not None and not _known(found):
            raise CatalogTooNew(path=str(path), found=found, known=REVISION)
        _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def check_revision(connection: sqlite3.Connection, path: Path) -> None:
    """Raises CatalogTooNew for a catalog, found at `path`, with a schema that this version does not know."""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None or not _known(str(row[0])):
        raise CatalogTooNew(path=str(path), found=row[0] if row else "?", known=REVISION)


def _known(revision: str) -> bool:
    return any(path.name.startswith(f"{revision}_") for path in (_MIGRATIONS / "versions").glob("*.py"))


def _upgrade(connection: Connection) -> None:
    # Alembic is needed only when something changes, and takes a while to import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
