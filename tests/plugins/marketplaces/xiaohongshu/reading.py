"""What the mapping makes of Xiaohongshu's objects: short to call."""

from datetime import timedelta
from typing import Any

from core.marketplace.records import OrderRecord, RefundRecord
from core.marketplace.sandbox import Row
from plugins.marketplaces.xiaohongshu.mapping import Mapper
from tests.plugins.marketplaces.xiaohongshu.builders import (
    NOW,
    ms,
)

MAPPER = Mapper("CNY", latest=NOW + timedelta(days=1))


def mapped(row: Row) -> OrderRecord:
    record, unknown = MAPPER.order(row)
    assert () == unknown
    return record


def refunded(row: Row) -> RefundRecord:
    record, unknown = MAPPER.after_sale(row)
    assert () == unknown
    return record


def parcels(record: OrderRecord) -> list[tuple[Any, ...]]:
    return [
        (
            each.platform_id,
            each.carrier,
            each.tracking_number,
            each.shipped_at and ms(each.shipped_at),
        )
        for each in record.shipments
    ]
