"""The PDD methods behind each stream, with their parameters and limits (open.pinduoduo.com)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.marketplace.records import Record
from plugins.marketplaces.pinduoduo.codes import REFUND_STATUS
from plugins.marketplaces.pinduoduo.mapping import Mapper

SIZE = 100
EVERY_ORDER = {"is_lucky_flag": 0, "order_status": 5, "refund_status": 5}
EVERY_TYPE = 1
DETAILS = "pdd.goods.detail.get"
REPORTS = "pdd.ad.api.report.daily.report.query"
ADVERTISER = 0
"""The widest of the reports' dimensions: PDD reports narrower ones only for one entity at a time,
and has no list of the entities."""
SCENES = {0: "pdd_search", 1: "pdd_star_shop", 2: "pdd_display"}


@dataclass(frozen=True)
class Listing:
    """A PDD method that answers in pages.

    name: what resume marks call it. rows: the key of its rows.
    between: whether it is bounded by the time of change.
    """

    name: str
    method: str
    params: Mapping[str, Any]
    rows: str
    between: bool = True


@dataclass(frozen=True)
class Source:
    """Where a stream comes from, and what its rows become."""

    kind: str
    id_field: str
    map_one: Callable[[Mapper, Mapping[str, Any]], tuple[Record, tuple[str, ...]]]
    listings: tuple[Listing, ...]
    has_details: bool = False

    def identity(self, row: Any) -> str:
        """What tells rows of the listings apart."""
        return str(row.get(self.id_field)) if isinstance(row, dict) else repr(row)


def _refunds(status: int) -> Listing:
    return Listing(
        f"refunds-{status}",
        "pdd.refund.list.increment.get",
        {"after_sales_status": status, "after_sales_type": EVERY_TYPE},
        "refund_list",
    )


SOURCES = {
    "orders": Source(
        "order",
        "order_sn",
        Mapper.order,
        (Listing("orders", "pdd.order.number.list.increment.get", EVERY_ORDER, "order_sn_list"),),
    ),
    # PDD lists refunds by one status at a time. All are asked for: a refund whose new status
    # nobody asks for would keep its old one for ever.
    "refunds": Source("refund", "id", Mapper.refund, tuple(map(_refunds, REFUND_STATUS))),
    "products": Source(
        "product",
        "goods_id",
        Mapper.goods,
        (Listing("goods", "pdd.goods.list.get", {}, "goods_list", between=False),),
        has_details=True,
    ),
}
