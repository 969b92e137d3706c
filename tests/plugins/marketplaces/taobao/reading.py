"""What the mapping makes of Taobao's objects: short to call."""

from datetime import timedelta
from typing import Any

from core.marketplace.contract import Rejected
from core.marketplace.mapping import map_each
from core.marketplace.records import (
    OrderRecord,
    ProductRecord,
    RefundRecord,
    ReviewRecord,
)
from core.marketplace.sandbox import Row
from plugins.marketplaces.taobao.mapping import Mapper
from plugins.marketplaces.taobao.words import PERSONAL
from tests.plugins.marketplaces.taobao.builders import NOW, item, rate, refund, trade

MAPPER = Mapper("CNY", latest=NOW + timedelta(days=1))


def order(*lines: Row, **changes: Any) -> OrderRecord:
    return MAPPER.trade(trade(1, *lines, **changes))[0]


def refunded(**changes: Any) -> RefundRecord:
    return MAPPER.refund(refund("99", **changes))[0]


def product(**changes: Any) -> ProductRecord:
    return MAPPER.item(item(7001, **changes))[0]


def review(**changes: Any) -> ReviewRecord:
    return MAPPER.rate(rate(11, **changes))[0]


def rejected(row: Row) -> Rejected:
    (result,) = map_each([row], MAPPER.trade, kind="order", id_field="tid", personal=PERSONAL)
    assert isinstance(result, Rejected)
    return result
