"""The tables of the catalog, as they are after the last migration.

`keywords`, an FTS5 table with one row per chunk (rowid = chunk key, column `tokens`), is made by
the migration alone: SQLAlchemy has no type for it. A trigger deletes its row with the chunk's.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

REVISION = "0010"

metadata = MetaData()

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# `generation` grows with every change of a base's chunks: it tells whether an index file is of today.
# `settings` is JSON; what it does not name is at its default. One that has a `deleted_at` is hidden with everything in
# it, as a document is; its `name_key` is its id then, and its name is free for another.
bases = Table(
    "bases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("created_at", Float, nullable=False),
    Column("generation", Integer, nullable=False, default=0),
    Column("settings", Text, nullable=False, default="{}", server_default="{}"),
    Column("deleted_at", Float),
)

# `redacted` and `kept` say which settings of its base the document's text and its original follow. What has a
# `deleted_at` is hidden from everything until it is deleted for good, or given back.
documents = Table(
    "documents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("base_id", Text, ForeignKey("bases.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),
    Column("error_code", Text),
    Column("error_params", Text, nullable=False, default="{}"),
    Column("pages", Integer, nullable=False, default=0),
    Column("chunks", Integer, nullable=False, default=0),
    Column("characters", Integer, nullable=False, default=0),
    Column("revision", Integer, nullable=False, default=0),
    Column("warnings", Text, nullable=False, default="[]"),
    Column("parser", Text, nullable=False, default="", server_default=""),
    Column("seconds", Float, nullable=False, default=0.0, server_default="0"),
    Column("redacted", Boolean, nullable=False, default=False, server_default="0"),
    Column("kept", Boolean, nullable=False, default=True, server_default="1"),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("deleted_at", Float),
    UniqueConstraint("base_id", "sha256", name="uq_documents_base_sha256"),
    Index("ix_documents_sha256", "sha256"),
    Index("ix_documents_base_created", "base_id", "created_at"),
    # What is told of a whole base is counted in it alone.
    Index("ix_documents_counted", "base_id", "deleted_at", "status", "revision", "redacted", "kept", "chunks"),
)
Index("ix_documents_deleted", documents.c.deleted_at, sqlite_where=documents.c.deleted_at.is_not(None))

# Each part is JSON, compressed, in a column of its own: a citation needs anchors, never all of it.
texts = Table(
    "texts",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("anchors", LargeBinary, nullable=False),
    Column("blocks", LargeBinary, nullable=False),
    Column("pages", LargeBinary, nullable=False),
)

chunks = Table(
    "chunks",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("document_id", Text, ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("base_id", Text, ForeignKey("bases.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("heading_path", Text, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("page", Integer),
    Column("location", Text, nullable=False, default=""),
    UniqueConstraint("document_id", "ordinal", name="uq_chunks_document_ordinal"),
    Index("ix_chunks_base", "base_id"),
    sqlite_autoincrement=True,
)

# `digest` is of the text that was embedded, all of it; NULL where that is not known, or its end was cut off.
vectors = Table(
    "vectors",
    metadata,
    Column("chunk_key", Integer, ForeignKey("chunks.key", ondelete="CASCADE"), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("windows", LargeBinary, nullable=False, default=b"", server_default=""),
    Column("digest", LargeBinary),
    PrimaryKeyConstraint("chunk_key", "fingerprint", name="pk_vectors"),
)
Index("ix_vectors_digest", vectors.c.digest, sqlite_where=vectors.c.digest.is_not(None))

# `sha256` is the blob to be read: another one than the document's while a replacement is under way.
# Of a running job `owner` is the worker that has it, `place` where it is, `beat_at` its last sign of life and
# `lease_until` when it should have given another. `fault` is what ended the last try, `strikes` times in a row.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("document_id", Text, ForeignKey("documents.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", Float, nullable=False, default=0.0),
    Column("owner", Text, nullable=False, default="", server_default=""),
    Column("place", Text, nullable=False, default="", server_default=""),
    Column("beat_at", Float, nullable=False, default=0.0, server_default="0"),
    Column("lease_until", Float, nullable=False, default=0.0, server_default="0"),
    Column("fault", Text, nullable=False, default="", server_default=""),
    Column("strikes", Integer, nullable=False, default=0, server_default="0"),
    Column("created_at", Float, nullable=False),
    Index("ix_jobs_sha256", "sha256"),
    sqlite_autoincrement=True,
)

# Without a user they are those of whoever sits at this machine.
conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("base_ids", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("user_id", Text, ForeignKey("users.id")),
    Index("ix_conversations_updated", "updated_at"),
    Index("ix_conversations_user", "user_id"),
)

# `rating` is "up", "down" or nothing.
# `earlier` is JSON: the ids of the answers that the prompt held, NULL where that was not written down yet.
answers = Table(
    "answers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False, default=""),
    Column("state", Text, nullable=False),
    Column("model", Text, nullable=False, default=""),
    Column("sources", Text, nullable=False, default="[]"),
    Column("sentences", Text, nullable=False, default="[]"),
    Column("extract", Text),
    Column("timings", Text, nullable=False, default="{}"),
    Column("error", Text),
    Column("scope", Text, nullable=False, default="{}"),
    Column("created_at", Float, nullable=False),
    Column("rating", Text),
    Column("earlier", Text),
    UniqueConstraint("conversation_id", "ordinal", name="uq_answers_conversation_ordinal"),
)

# `password` is an argon2id hash; `name_key` is what names are compared by.
users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("password", Text, nullable=False),
    Column("is_owner", Boolean, nullable=False),
    Column("created_at", Float, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("base_id", Text, ForeignKey("bases.id", ondelete="CASCADE"), nullable=False),
    Column("role", Text, nullable=False),
    PrimaryKeyConstraint("user_id", "base_id", name="pk_members"),
    Index("ix_members_base", "base_id"),
)

# `digest` is the SHA-256 of what the browser holds, which is nowhere here. Times are of login and of the last request.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Index("ix_sessions_user", "user_id"),
)

# `scopes` and `base_ids` are JSON; without the latter a key is for all bases that its user may see.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("base_ids", Text),
    Column("created_at", Float, nullable=False),
    Column("used_at", Float),
    Index("ix_api_keys_user", "user_id"),
)

# Logins that failed, by the hash of a name or an address: what was typed as a name may have been a password.
login_failures = Table(
    "login_failures",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Float, nullable=False),
)
