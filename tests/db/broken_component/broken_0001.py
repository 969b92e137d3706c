"""Makes a table, then fails."""

import sqlalchemy as sa
from alembic import op

revision = "broken_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("broken_lines", sa.Column("merchant_id", sa.BigInteger(), nullable=False))
    op.execute("INSERT INTO no_such_table VALUES (1)")


def downgrade() -> None:
    op.drop_table("broken_lines")
