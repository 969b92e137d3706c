"""How often a shop may be asked, shared by all workers.

Revision core_0003, after core_0002.
"""

import sqlalchemy as sa
from alembic import op

from core.db.roles import protect

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shop_budgets",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "shop_id", name=op.f("pk_shop_budgets")),
    )
    protect(op, "shop_budgets")


def downgrade() -> None:
    op.drop_table("shop_budgets")
