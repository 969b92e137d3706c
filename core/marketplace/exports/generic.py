"""The layouts that every shop's file may have, whatever its marketplace."""

from core.marketplace.exports.layout import CellKind, Column, Layout
from core.marketplace.exports.reviews import review_layout
from core.marketplace.exports.trade import AD_SPEND, ORDERS, PRODUCTS
from core.marketplace.exports.traffic import CHANNEL, DAY, traffic_columns, traffic_layouts
from core.marketplace.records import BehaviorRecord, SignalRecord

BEHAVIOR = Layout(
    "table.behavior",
    "A table of what visitors did",
    "behavior",
    BehaviorRecord,
    (
        Column("platform_id", ("事件ID", "event id"), CellKind.ID, True),
        Column("happened_at", ("发生时间", "happened at"), CellKind.MOMENT, True),
        Column("visitor", ("访客ID", "用户ID", "visitor", "user id"), CellKind.ID, True, True),
        Column("action", ("行为", "行为类型", "action"), required=True),
        Column("product_id", ("商品ID", "product id"), CellKind.ID),
        Column("channel", CHANNEL),
    ),
)

SIGNALS = Layout(
    "table.signals",
    "A table of facts from outside",
    "signals",
    SignalRecord,
    (
        DAY,
        Column("topic", ("主题", "topic"), required=True),
        Column("platform_id", ("编号", "signal id", "id"), CellKind.ID, True),
        Column("subject", ("对象", "subject"), required=True),
        Column("value", ("数值", "value"), CellKind.NUMBER),
        Column("text", ("说明", "text", "note")),
    ),
)

GENERIC: tuple[Layout, ...] = (
    *traffic_layouts("table", "A table", traffic_columns()),
    review_layout("table", "A table"),
    AD_SPEND,
    ORDERS,
    PRODUCTS,
    BEHAVIOR,
    SIGNALS,
)
"""In the order in which they are preferred when several fit equally well."""
