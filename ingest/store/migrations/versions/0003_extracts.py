"""Answers remember the sentence of the documents that answers best, by its place; chunks get vectors of their parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Answers that are there have no extract; chunks get their windows as they are embedded again."""
    op.add_column("answers", sa.Column("extract", sa.Text))
    op.add_column("vectors", sa.Column("windows", sa.LargeBinary, nullable=False, server_default=""))


def downgrade() -> None:
    """A catalog is not made older."""
    raise RuntimeError("a catalog is migrated forward only")
