"""Accounts: users, their roles, sessions and keys, logins that failed; conversations may belong to a user."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty: until there is a user, everything belongs to whoever sits at this machine."""
    op.create_table(
        "users",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("is_owner", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "members",
        _user(),
        sa.Column("base_id", sa.Text, sa.ForeignKey("bases.id", ondelete="CASCADE"), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "base_id", name="pk_members"),
    )
    op.create_index("ix_members_base", "members", ["base_id"])
    op.create_table(
        "sessions",
        sa.Column("digest", sa.Text, primary_key=True),
        _user(),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
    op.create_index("ix_sessions_user", "sessions", ["user_id"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        _user(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("base_ids", sa.Text),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("used_at", sa.Float),
    )
    op.create_index("ix_api_keys_user", "api_keys", ["user_id"])
    op.create_table(
        "login_failures",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", sa.Float, nullable=False),
    )
    owner = sa.Column("user_id", sa.Text, sa.ForeignKey("users.id"))
    op.add_column("conversations", owner, inline_references=True)
    op.create_index("ix_conversations_user", "conversations", ["user_id"])


def _user() -> sa.Column[str]:
    return sa.Column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False)


def downgrade() -> None:
    """An older program would let everybody in."""
    raise RuntimeError("a catalog is migrated forward only")
