"""The shared schema, the database roles and row-level security.

Revision core_0001: the first.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from core.db.roles import create_roles, protect, share

revision = "core_0001"
down_revision = None
branch_labels = None
depends_on = None

MERCHANT_TABLES = (
    "ad_spend_days",
    "api_tokens",
    "audit_entries",
    "behavior_events",
    "customer_persons",
    "customer_stats",
    "customers",
    "external_signals",
    "idempotency_keys",
    "inventory_snapshots",
    "order_lines",
    "orders",
    "outbox_messages",
    "payments",
    "persons",
    "product_months",
    "products",
    "quarantine_entries",
    "raw_payloads",
    "refunds",
    "reviews",
    "sales_days",
    "shipments",
    "shops",
    "skus",
    "sync_runs",
    "sync_states",
    "tombstones",
    "traffic_days",
)


def upgrade() -> None:
    op.create_table(
        "ad_spend_days",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("spend", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint(
            "merchant_id", "shop_id", "day", "channel", "campaign", name=op.f("pk_ad_spend_days")
        ),
    )
    op.create_table(
        "api_tokens",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint(
            "merchant_id", "secret_hash", name=op.f("uq_api_tokens_merchant_id_secret_hash")
        ),
    )
    op.create_table(
        "audit_entries",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("entity", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=128), nullable=False),
        sa.Column(
            "detail",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_entries_happened_at_id", ["merchant_id", "happened_at", "id"], unique=False
        )

    op.create_table(
        "behavior_events",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("visitor", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint(
            "merchant_id", "happened_at", "shop_id", "platform_id", name=op.f("pk_behavior_events")
        ),
    )
    with op.batch_alter_table("behavior_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_behavior_events_shop_id_day", ["merchant_id", "shop_id", "day"], unique=False
        )

    op.create_table(
        "customer_persons",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("linked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "customer_id", name=op.f("pk_customer_persons")),
    )
    with op.batch_alter_table("customer_persons", schema=None) as batch_op:
        batch_op.create_index(
            "ix_customer_persons_person_id", ["merchant_id", "person_id"], unique=False
        )

    op.create_table(
        "customer_stats",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("refunds", sa.BigInteger(), nullable=False),
        sa.Column("refund_amount", sa.BigInteger(), nullable=False),
        sa.Column("source_rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "merchant_id", "customer_id", "currency", "shop_id", name=op.f("pk_customer_stats")
        ),
    )
    with op.batch_alter_table("customer_stats", schema=None) as batch_op:
        batch_op.create_index(
            "ix_customer_stats_shop_id_last_day",
            ["merchant_id", "shop_id", "last_day"],
            unique=False,
        )

    op.create_table(
        "customers",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("nickname", sa.String(length=200), nullable=True),
        sa.Column("country", sa.String(length=64), nullable=True),
        sa.Column("region", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_customers")),
        sa.UniqueConstraint(
            "merchant_id",
            "shop_id",
            "platform_id",
            name=op.f("uq_customers_merchant_id_shop_id_platform_id"),
        ),
    )
    op.create_table(
        "exchange_rates",
        sa.Column("base", sa.String(length=3), nullable=False),
        sa.Column("quote", sa.String(length=3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate_e8", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("base", "quote", "day", name=op.f("pk_exchange_rates")),
        info={"reference": True},
    )
    op.create_table(
        "external_signals",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint(
            "merchant_id", "topic", "day", "platform_id", name=op.f("pk_external_signals")
        ),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "answer",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            nullable=True,
        ),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "inventory_snapshots",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("sku_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "merchant_id", "sku_id", "day", name=op.f("pk_inventory_snapshots")
        ),
    )
    op.create_table(
        "merchants",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchants")),
    )
    op.create_table(
        "orders",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("platform_status", sa.String(length=64), nullable=False),
        sa.Column("platform_type", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("items_amount", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("freight", sa.BigInteger(), nullable=False),
        sa.Column("paid_amount", sa.BigInteger(), nullable=False),
        sa.Column("reported_amount", sa.BigInteger(), nullable=True),
        sa.Column("ordered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("order_day", sa.Date(), nullable=False),
        sa.Column("paid_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("sale_day", sa.Date(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("updated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "merchant_id",
            "shop_id",
            "platform_id",
            name=op.f("uq_orders_merchant_id_shop_id_platform_id"),
        ),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orders_customer_id_shop_id_sale_day",
            ["merchant_id", "customer_id", "shop_id", "sale_day"],
            unique=False,
        )
        batch_op.create_index(
            "ix_orders_ordered_at_id", ["merchant_id", "ordered_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_orders_shop_id_sale_day", ["merchant_id", "shop_id", "sale_day"], unique=False
        )

    op.create_table(
        "outbox_messages",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column(
            "body",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("delivered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_outbox_messages")),
    )
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_messages_delivered_at_created_at",
            ["merchant_id", "delivered_at", "created_at"],
            unique=False,
        )

    op.create_table(
        "persons",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_persons")),
    )
    op.create_table(
        "product_months",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("source_rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "merchant_id",
            "shop_id",
            "month",
            "product_id",
            "currency",
            name=op.f("pk_product_months"),
        ),
    )
    with op.batch_alter_table("product_months", schema=None) as batch_op:
        batch_op.create_index(
            "ix_product_months_product_id_month",
            ["merchant_id", "product_id", "month"],
            unique=False,
        )

    op.create_table(
        "products",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=128), nullable=True),
        sa.Column("category", sa.String(length=128), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("platform_status", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("listed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("updated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_products")),
        sa.UniqueConstraint(
            "merchant_id",
            "shop_id",
            "platform_id",
            name=op.f("uq_products_merchant_id_shop_id_platform_id"),
        ),
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.create_index(
            "ix_products_shop_id_updated_at", ["merchant_id", "shop_id", "updated_at"], unique=False
        )

    op.create_table(
        "quarantine_entries",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("where", sa.String(length=200), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column(
            "payload",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("first_seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("resolved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_quarantine_entries")),
        sa.UniqueConstraint(
            "merchant_id",
            "shop_id",
            "kind",
            "platform_id",
            name=op.f("uq_quarantine_entries_merchant_id_shop_id_kind_platform_id"),
        ),
    )
    with op.batch_alter_table("quarantine_entries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_quarantine_entries_last_seen_at_id",
            ["merchant_id", "last_seen_at", "id"],
            unique=False,
        )

    op.create_table(
        "raw_payloads",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("mapping_version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("received_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "merchant_id", "shop_id", "kind", "platform_id", name=op.f("pk_raw_payloads")
        ),
    )
    op.create_table(
        "refunds",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("platform_status", sa.String(length=64), nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("goods_returned", sa.Boolean(), nullable=True),
        sa.Column("requested_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("refunded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("refund_day", sa.Date(), nullable=True),
        sa.Column("updated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_refunds")),
        sa.UniqueConstraint(
            "merchant_id",
            "shop_id",
            "platform_id",
            name=op.f("uq_refunds_merchant_id_shop_id_platform_id"),
        ),
    )
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_refunds_customer_id", ["merchant_id", "customer_id"], unique=False
        )
        batch_op.create_index("ix_refunds_order_id", ["merchant_id", "order_id"], unique=False)
        batch_op.create_index(
            "ix_refunds_requested_at_id", ["merchant_id", "requested_at", "id"], unique=False
        )

    op.create_table(
        "reviews",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("platform_result", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("reviewed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("review_day", sa.Date(), nullable=False),
        sa.Column("updated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_reviews")),
        sa.UniqueConstraint(
            "merchant_id",
            "shop_id",
            "platform_id",
            name=op.f("uq_reviews_merchant_id_shop_id_platform_id"),
        ),
    )
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reviews_product_id_reviewed_at",
            ["merchant_id", "product_id", "reviewed_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_reviews_reviewed_at_id", ["merchant_id", "reviewed_at", "id"], unique=False
        )

    op.create_table(
        "sales_days",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("buyers", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("items_amount", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("freight", sa.BigInteger(), nullable=False),
        sa.Column("refunds", sa.BigInteger(), nullable=False),
        sa.Column("refund_amount", sa.BigInteger(), nullable=False),
        sa.Column("source_rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "merchant_id", "shop_id", "day", "currency", name=op.f("pk_sales_days")
        ),
    )
    op.create_table(
        "shops",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("marketplace", sa.String(length=64), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "config",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("credentials", sa.Text(), nullable=True),
        sa.Column("key_id", sa.String(length=64), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_shops")),
        sa.UniqueConstraint(
            "merchant_id",
            "marketplace",
            "platform_id",
            name=op.f("uq_shops_merchant_id_marketplace_platform_id"),
        ),
    )
    op.create_table(
        "sync_runs",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("window_start", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("window_end", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("retries", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("reported", sa.BigInteger(), nullable=True),
        sa.Column(
            "unknown",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_sync_runs")),
    )
    with op.batch_alter_table("sync_runs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sync_runs_shop_id_stream", ["merchant_id", "shop_id", "stream"], unique=False
        )
        batch_op.create_index(
            "ix_sync_runs_started_at_id", ["merchant_id", "started_at", "id"], unique=False
        )

    op.create_table(
        "sync_states",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.String(length=64), nullable=False),
        sa.Column(
            "cursor",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("due_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("synced_through", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_success_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_error_code", sa.String(length=64), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "shop_id", "stream", name=op.f("pk_sync_states")),
    )
    with op.batch_alter_table("sync_states", schema=None) as batch_op:
        batch_op.create_index("ix_sync_states_due_at", ["merchant_id", "due_at"], unique=False)

    op.create_table(
        "tombstones",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("identity", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "kind", "identity", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "traffic_days",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.Column("visitors", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("buyers", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint(
            "merchant_id",
            "shop_id",
            "day",
            "channel",
            "campaign",
            "device",
            name=op.f("pk_traffic_days"),
        ),
    )
    op.create_table(
        "order_lines",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("sku_id", sa.BigInteger(), nullable=True),
        sa.Column("sku_code", sa.String(length=128), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("platform_status", sa.String(length=64), nullable=False),
        sa.Column("platform_refund_status", sa.String(length=64), nullable=False),
        sa.Column("sale_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "order_id"],
            ["orders.merchant_id", "orders.id"],
            name=op.f("fk_order_lines_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint(
            "merchant_id",
            "shop_id",
            "platform_id",
            name=op.f("uq_order_lines_merchant_id_shop_id_platform_id"),
        ),
    )
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.create_index(
            "ix_order_lines_order_id_ordinal", ["merchant_id", "order_id", "ordinal"], unique=False
        )
        batch_op.create_index(
            "ix_order_lines_product_id_sale_day",
            ["merchant_id", "product_id", "sale_day"],
            unique=False,
        )

    op.create_table(
        "payments",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "order_id"],
            ["orders.merchant_id", "orders.id"],
            name=op.f("fk_payments_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_payments")),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index("ix_payments_order_id", ["merchant_id", "order_id"], unique=False)

    op.create_table(
        "shipments",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("carrier", sa.String(length=64), nullable=True),
        sa.Column("tracking_number", sa.String(length=128), nullable=True),
        sa.Column("shipped_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("delivered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "order_id"],
            ["orders.merchant_id", "orders.id"],
            name=op.f("fk_shipments_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_shipments")),
    )
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.create_index("ix_shipments_order_id", ["merchant_id", "order_id"], unique=False)

    op.create_table(
        "skus",
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), nullable=False),
        sa.Column("code", sa.String(length=128), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "product_id"],
            ["products.merchant_id", "products.id"],
            name=op.f("fk_skus_products"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_skus")),
        sa.UniqueConstraint(
            "merchant_id",
            "shop_id",
            "platform_id",
            name=op.f("uq_skus_merchant_id_shop_id_platform_id"),
        ),
    )
    with op.batch_alter_table("skus", schema=None) as batch_op:
        batch_op.create_index("ix_skus_product_id", ["merchant_id", "product_id"], unique=False)

    create_roles(op)
    for table in MERCHANT_TABLES:
        protect(op, table)
    protect(op, "merchants", column="id")
    share(op, "exchange_rates")


def downgrade() -> None:
    with op.batch_alter_table("skus", schema=None) as batch_op:
        batch_op.drop_index("ix_skus_product_id")

    op.drop_table("skus")
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.drop_index("ix_shipments_order_id")

    op.drop_table("shipments")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index("ix_payments_order_id")

    op.drop_table("payments")
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.drop_index("ix_order_lines_product_id_sale_day")
        batch_op.drop_index("ix_order_lines_order_id_ordinal")

    op.drop_table("order_lines")
    op.drop_table("traffic_days")
    op.drop_table("tombstones")
    with op.batch_alter_table("sync_states", schema=None) as batch_op:
        batch_op.drop_index("ix_sync_states_due_at")

    op.drop_table("sync_states")
    with op.batch_alter_table("sync_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_sync_runs_started_at_id")
        batch_op.drop_index("ix_sync_runs_shop_id_stream")

    op.drop_table("sync_runs")
    op.drop_table("shops")
    op.drop_table("sales_days")
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.drop_index("ix_reviews_reviewed_at_id")
        batch_op.drop_index("ix_reviews_product_id_reviewed_at")

    op.drop_table("reviews")
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_index("ix_refunds_requested_at_id")
        batch_op.drop_index("ix_refunds_order_id")
        batch_op.drop_index("ix_refunds_customer_id")

    op.drop_table("refunds")
    op.drop_table("raw_payloads")
    with op.batch_alter_table("quarantine_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_quarantine_entries_last_seen_at_id")

    op.drop_table("quarantine_entries")
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.drop_index("ix_products_shop_id_updated_at")

    op.drop_table("products")
    with op.batch_alter_table("product_months", schema=None) as batch_op:
        batch_op.drop_index("ix_product_months_product_id_month")

    op.drop_table("product_months")
    op.drop_table("persons")
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_messages_delivered_at_created_at")

    op.drop_table("outbox_messages")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_shop_id_sale_day")
        batch_op.drop_index("ix_orders_ordered_at_id")
        batch_op.drop_index("ix_orders_customer_id_shop_id_sale_day")

    op.drop_table("orders")
    op.drop_table("merchants")
    op.drop_table("inventory_snapshots")
    op.drop_table("idempotency_keys")
    op.drop_table("external_signals")
    op.drop_table("exchange_rates")
    op.drop_table("customers")
    with op.batch_alter_table("customer_stats", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_stats_shop_id_last_day")

    op.drop_table("customer_stats")
    with op.batch_alter_table("customer_persons", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_persons_person_id")

    op.drop_table("customer_persons")
    with op.batch_alter_table("behavior_events", schema=None) as batch_op:
        batch_op.drop_index("ix_behavior_events_shop_id_day")

    op.drop_table("behavior_events")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_happened_at_id")

    op.drop_table("audit_entries")
    op.drop_table("api_tokens")
    op.drop_table("ad_spend_days")
