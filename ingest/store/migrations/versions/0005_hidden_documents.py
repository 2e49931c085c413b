"""Documents that were deleted are hidden first, for as long as that can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. No document is hidden."""
    op.add_column("documents", sa.Column("deleted_at", sa.Float))
    op.create_index("ix_documents_deleted", "documents", ["deleted_at"], sqlite_where=sa.text("deleted_at IS NOT NULL"))


def downgrade() -> None:
    """A catalog is not made older."""
    raise RuntimeError("a catalog is migrated forward only")
