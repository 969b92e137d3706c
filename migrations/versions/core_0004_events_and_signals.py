"""Indexes for what is asked of events and of facts from outside.

Revision core_0004, after core_0003.
"""

from alembic import op

revision = "core_0004"
down_revision = "core_0003"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_behavior_events_day_action_shop_id": ("behavior_events", ["day", "action", "shop_id"]),
    "ix_behavior_events_shop_id_happened_at": ("behavior_events", ["shop_id", "happened_at"]),
    "ix_behavior_events_product_id_happened_at": ("behavior_events", ["product_id", "happened_at"]),
    "ix_external_signals_day_topic_platform_id": (
        "external_signals",
        ["day", "topic", "platform_id"],
    ),
    "ix_external_signals_platform_id_topic_day": (
        "external_signals",
        ["platform_id", "topic", "day"],
    ),
}


def upgrade() -> None:
    op.drop_index("ix_behavior_events_shop_id_day", "behavior_events")
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, ["merchant_id", *columns])


def downgrade() -> None:
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    op.create_index(
        "ix_behavior_events_shop_id_day", "behavior_events", ["merchant_id", "shop_id", "day"]
    )
