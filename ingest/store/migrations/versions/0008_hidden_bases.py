"""Bases that were deleted are hidden first, as documents are; an answer says which earlier ones its prompt held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. No base is hidden, and nobody knows what older answers were written after."""
    op.add_column("bases", sa.Column("deleted_at", sa.Float))
    op.add_column("answers", sa.Column("earlier", sa.Text))


def downgrade() -> None:
    """A catalog is not made older."""
    raise RuntimeError("a catalog is migrated forward only")
