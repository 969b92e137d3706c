"""Deliveries, ratings, complaints and units by product and day.

Revision supplier_0001: the first.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from core.db.roles import protect

revision = "supplier_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supplier_complaints",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("noted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_supplier_complaints")),
    )
    with op.batch_alter_table("supplier_complaints", schema=None) as batch_op:
        batch_op.create_index(
            "ix_supplier_complaints_customer_id", ["merchant_id", "customer_id"], unique=False
        )

    op.create_table(
        "supplier_deliveries",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier", sa.String(length=200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("defective", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_supplier_deliveries")),
    )
    with op.batch_alter_table("supplier_deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_supplier_deliveries_day_id", ["merchant_id", "day", "id"], unique=False
        )
        batch_op.create_index(
            "ix_supplier_deliveries_product_id_day",
            ["merchant_id", "product_id", "day"],
            unique=False,
        )
        batch_op.create_index(
            "ix_supplier_deliveries_supplier_day", ["merchant_id", "supplier", "day"], unique=False
        )

    op.create_table(
        "supplier_product_days",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("source_rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "merchant_id", "shop_id", "product_id", "day", name=op.f("pk_supplier_product_days")
        ),
    )
    with op.batch_alter_table("supplier_product_days", schema=None) as batch_op:
        batch_op.create_index(
            "ix_supplier_product_days_product_id_day",
            ["merchant_id", "product_id", "day"],
            unique=False,
        )

    op.create_table(
        "supplier_ratings",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier", sa.String(length=200), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("defective", sa.BigInteger(), nullable=False),
        sa.Column("is_poor", sa.Boolean(), nullable=False),
        sa.Column("rated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "supplier", name=op.f("pk_supplier_ratings")),
    )
    for table in ("deliveries", "ratings", "complaints", "product_days"):
        protect(op, f"supplier_{table}")


def downgrade() -> None:
    op.drop_table("supplier_ratings")
    with op.batch_alter_table("supplier_product_days", schema=None) as batch_op:
        batch_op.drop_index("ix_supplier_product_days_product_id_day")

    op.drop_table("supplier_product_days")
    with op.batch_alter_table("supplier_deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_supplier_deliveries_supplier_day")
        batch_op.drop_index("ix_supplier_deliveries_product_id_day")
        batch_op.drop_index("ix_supplier_deliveries_day_id")

    op.drop_table("supplier_deliveries")
    with op.batch_alter_table("supplier_complaints", schema=None) as batch_op:
        batch_op.drop_index("ix_supplier_complaints_customer_id")

    op.drop_table("supplier_complaints")
