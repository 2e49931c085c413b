"""Jobs remember who works on them, where that is, when it gave a sign of life, and how often the same went wrong."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns. A job that is running belongs to nobody: the process that had it is gone."""
    for column in (
        sa.Column("owner", sa.Text, nullable=False, server_default=""),
        sa.Column("place", sa.Text, nullable=False, server_default=""),
        sa.Column("beat_at", sa.Float, nullable=False, server_default="0"),
        sa.Column("lease_until", sa.Float, nullable=False, server_default="0"),
        sa.Column("fault", sa.Text, nullable=False, server_default=""),
        sa.Column("strikes", sa.Integer, nullable=False, server_default="0"),
    ):
        op.add_column("jobs", column)


def downgrade() -> None:
    """A catalog is not made older."""
    raise RuntimeError("a catalog is migrated forward only")
