"""What the mapping makes of JD's objects: short to call."""

from datetime import timedelta
from typing import Any

from core.marketplace.contract import Rejected
from core.marketplace.mapping import map_each
from core.marketplace.records import (
    OrderRecord,
    ProductRecord,
    RefundRecord,
)
from core.marketplace.sandbox import Row
from plugins.marketplaces.jd.fields import Units
from plugins.marketplaces.jd.mapping import DETAIL, PERSONAL, Mapper
from tests.plugins.marketplaces.jd.builders import (
    NOW,
    cancellation,
    money,
    order,
    service,
    sku,
    ware,
)

MAPPER = Mapper(Units("CNY", latest=NOW + timedelta(days=1)))


UNPAID = {"paymentConfirmTime": "0001-01-01 00:00:00"}


def mapped(*lines: Row, **changes: Any) -> OrderRecord:
    record, _ = MAPPER.order(order(1, *lines, **changes))
    assert isinstance(record, OrderRecord)
    return record


def refunded(*, detail: Row | None = None, **changes: Any) -> RefundRecord:
    row = {**service(501, **changes), DETAIL: money() if detail is None else detail}
    return MAPPER.aftersale(row)[0]


def cancelled(**changes: Any) -> RefundRecord:
    return MAPPER.cancellation(cancellation(801, **changes))[0]


def product(*skus: Row, **changes: Any) -> ProductRecord:
    # As the client decodes them: decimal numbers are text.
    row = ware(2001, *(skus or [sku(jdPrice="128.0")]), **{"jdPrice": "128.0", **changes})
    return MAPPER.ware(row)[0]


def rejected(row: Row) -> Rejected:
    (result,) = map_each([row], MAPPER.order, kind="order", id_field="orderId", personal=PERSONAL)
    assert isinstance(result, Rejected)
    return result
