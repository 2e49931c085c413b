"""Answers may be rated by who asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. No answer is rated."""
    op.add_column("answers", sa.Column("rating", sa.Text))


def downgrade() -> None:
    """A catalog is not made older."""
    raise RuntimeError("a catalog is migrated forward only")
