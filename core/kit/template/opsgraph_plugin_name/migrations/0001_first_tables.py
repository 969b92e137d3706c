"""First tables.

Revision plugin_name_0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op
from core.db.roles import protect
from sqlalchemy import Text

revision = "plugin_name_0001"
down_revision = None
branch_labels = None
depends_on = None

TABLE = "plugin_name_flags"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("shortfall", sa.BigInteger(), nullable=False),
        sa.Column("comment", Text(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "product_id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(f"ix_{TABLE}_day", TABLE, ["merchant_id", "day"])
    # Without this nobody may read the table on PostgreSQL; with it, merchants see their own rows.
    protect(op, TABLE)


def downgrade() -> None:
    op.drop_table(TABLE)
