"""What the mapping makes of Douyin's objects: short to call."""

from datetime import timedelta
from typing import Any

from core.marketplace.records import OrderRecord, RefundRecord
from core.marketplace.sandbox import Row
from plugins.marketplaces.douyin.mapping import Mapper
from tests.plugins.marketplaces.douyin.builders import (
    NOW,
    detail,
)

MAPPER = Mapper("CNY", latest=NOW + timedelta(days=1))


def mapped(row: Row) -> OrderRecord:
    return MAPPER.order(row)[0]


def refunded(item: Row, **more: Any) -> RefundRecord:
    return MAPPER.refund({**item, "refund_detail": detail(), **more})[0]
