"""Whose a refund is that names no customer: its order's.

Revision core_0009, after core_0008. Refunds that are there get the customer of their order, and
customers' figures count them.
"""

import sqlalchemy as sa
from alembic import op

revision = "core_0009"
down_revision = "core_0008"
branch_labels = None
depends_on = None

NAMED = "UPDATE refunds SET customer_named = true WHERE customer_id IS NOT NULL"
OWNED = """
UPDATE refunds SET customer_id = (SELECT orders.customer_id FROM orders
  WHERE orders.merchant_id = refunds.merchant_id AND orders.id = refunds.order_id)
WHERE NOT customer_named AND order_id IS NOT NULL
"""
COUNTED = """
INSERT INTO customer_stats (merchant_id, customer_id, currency, shop_id, orders, amount,
  refunds, refund_amount, source_rows)
SELECT merchant_id, customer_id, currency, shop_id, 0, 0,
  {sign} count(*), {sign} sum(amount), {sign} count(*) FROM refunds
WHERE NOT customer_named AND customer_id IS NOT NULL AND refund_day IS NOT NULL
GROUP BY merchant_id, customer_id, currency, shop_id
ON CONFLICT (merchant_id, customer_id, currency, shop_id) DO UPDATE SET
  refunds = customer_stats.refunds + excluded.refunds,
  refund_amount = customer_stats.refund_amount + excluded.refund_amount,
  source_rows = customer_stats.source_rows + excluded.source_rows
"""


def upgrade() -> None:
    kind = sa.Boolean()
    op.add_column(
        "refunds", sa.Column("customer_named", kind, nullable=False, server_default=sa.false())
    )
    op.execute(NAMED)
    op.execute(OWNED)
    op.execute(COUNTED.format(sign="+"))


def downgrade() -> None:
    op.execute(COUNTED.format(sign="-"))
    op.execute("DELETE FROM customer_stats WHERE source_rows = 0")
    op.execute("UPDATE refunds SET customer_id = NULL WHERE NOT customer_named")
    with op.batch_alter_table("refunds") as batch:
        batch.drop_column("customer_named")
