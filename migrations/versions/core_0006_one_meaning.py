"""Where an order was split from, who bears its discount, and how its platform counts it.

Revision core_0006, after core_0005. Orders that are there already count for their platform on the
day of their sale, which is its own rule but for JD's cash on delivery and Pinduoduo's groups; those
are put right when they are mapped again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "core_0006"
down_revision = "core_0005"
branch_labels = None
depends_on = None


def _columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "orders": [
            sa.Column("parent_platform_id", sa.String(128)),
            sa.Column("platform_discount", sa.BigInteger()),
            sa.Column("reported_day", sa.Date()),
        ],
        "order_lines": [
            sa.Column("source_kind", sa.String(16)),
            sa.Column("source_id", sa.String(128)),
        ],
        "payments": [sa.Column("kind", sa.String(16), nullable=False, server_default="full")],
        "refunds": [
            sa.Column("kind", sa.String(16), nullable=False, server_default="unknown"),
            sa.Column("freight", sa.BigInteger()),
        ],
        "sales_days": [
            sa.Column("reported_orders", sa.BigInteger(), nullable=False, server_default="0"),
            sa.Column("reported_amount", sa.BigInteger(), nullable=False, server_default="0"),
        ],
    }


IS_SPLIT = sa.text("parent_platform_id IS NOT NULL")

REPORTED = """
UPDATE sales_days SET
  reported_orders = (SELECT count(*) FROM orders
    WHERE orders.merchant_id = sales_days.merchant_id AND orders.shop_id = sales_days.shop_id
    AND orders.reported_day = sales_days.day AND orders.currency = sales_days.currency),
  reported_amount = (SELECT coalesce(sum(orders.reported_amount), 0) FROM orders
    WHERE orders.merchant_id = sales_days.merchant_id AND orders.shop_id = sales_days.shop_id
    AND orders.reported_day = sales_days.day AND orders.currency = sales_days.currency)
"""


def upgrade() -> None:
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "ix_orders_parent_platform_id",
        "orders",
        ["merchant_id", "shop_id", "parent_platform_id"],
        sqlite_where=IS_SPLIT,
        postgresql_where=IS_SPLIT,
    )
    op.execute("UPDATE orders SET reported_day = sale_day WHERE reported_amount IS NOT NULL")
    op.execute(REPORTED)
    op.execute("UPDATE sales_days SET source_rows = source_rows + reported_orders")


def downgrade() -> None:
    op.drop_index("ix_orders_parent_platform_id", "orders")
    op.execute("UPDATE sales_days SET source_rows = source_rows - reported_orders")
    for table, columns in _columns().items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)
