"""The documents of a base are counted and listed by an index alone, however many there are."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COUNTED = ["base_id", "deleted_at", "status", "revision", "redacted", "kept", "chunks"]


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_documents_counted", "documents", _COUNTED)


def downgrade() -> None:
    """A catalog is not made older."""
    raise RuntimeError("a catalog is migrated forward only")
