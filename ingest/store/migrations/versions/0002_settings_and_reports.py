"""Bases get settings; documents remember how they were read and whether their original is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns; what is there already was read without redaction and is kept."""
    op.add_column("bases", sa.Column("settings", sa.Text, nullable=False, server_default="{}"))
    for column in (
        sa.Column("parser", sa.Text, nullable=False, server_default=""),
        sa.Column("seconds", sa.Float, nullable=False, server_default="0"),
        sa.Column("redacted", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("kept", sa.Boolean, nullable=False, server_default="1"),
    ):
        op.add_column("documents", column)


def downgrade() -> None:
    """An older program would not know what the settings forbid."""
    raise RuntimeError("a catalog is migrated forward only")
