"""A vector says of which text it is, so that the same text is not embedded again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index. Of older vectors nobody knows: documents may have been renamed since."""
    op.add_column("vectors", sa.Column("digest", sa.LargeBinary))
    op.create_index("ix_vectors_digest", "vectors", ["digest"], sqlite_where=sa.text("digest IS NOT NULL"))


def downgrade() -> None:
    """A catalog is not made older."""
    raise RuntimeError("a catalog is migrated forward only")
