"""What the mapping makes of Pinduoduo's objects: short to call."""

from typing import Any

from core.marketplace.contract import Rejected
from core.marketplace.mapping import map_each
from core.marketplace.records import (
    OrderRecord,
    ProductRecord,
    RefundRecord,
)
from core.marketplace.sandbox import Row
from plugins.marketplaces.pinduoduo.mapping import PERSONAL, Mapper
from tests.plugins.marketplaces.pinduoduo.builders import (
    NOW,
    goods,
    order,
    refund,
)

MAPPER = Mapper("CNY", NOW)


PAID = "2026-11-22 10:01:00"


def texts(value: Any) -> Any:
    """Numbers with decimals as the client hands them on: as their text."""
    if isinstance(value, dict):
        return {name: texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [texts(each) for each in value]
    return str(value) if isinstance(value, float) else value


def placed(*items: Row, **changes: Any) -> OrderRecord:
    return MAPPER.order(texts(order(1, *items, **changes)))[0]


def refunded(**changes: Any) -> RefundRecord:
    return MAPPER.refund(refund(99, **changes))[0]


def product(*, sku: Row | None = None, **details: Any) -> ProductRecord:
    return MAPPER.goods(goods(7001, sku=sku, **details))[0]


def rejected(row: Any) -> Rejected:
    (result,) = map_each(
        [texts(row)], MAPPER.order, kind="order", id_field="order_sn", personal=PERSONAL
    )
    assert isinstance(result, Rejected)
    return result
