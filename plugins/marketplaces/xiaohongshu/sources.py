"""The ARK methods behind each stream, with their parameters and limits (open.xiaohongshu.com).

Every list shows too little: a row of the list is completed by a call for its details.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.marketplace.records import Record
from plugins.marketplaces.xiaohongshu.mapping import Mapper

BY_UPDATE = 2
SKUS_PER_CALL = 100


@dataclass(frozen=True)
class Listing:
    """An ARK method that answers in pages.

    rows, total: the keys of its rows and of their number.
    last_page: the highest page number it takes; rows behind it are shown for no condition.
    in_seconds: whether its bounds may be unix seconds; else they are milliseconds.
    """

    method: str
    params: Mapping[str, Any]
    rows: str
    total: str
    size: int
    last_page: int | None = None
    in_seconds: bool = False

    def between(self, start: datetime, end: datetime, time_unit: str) -> dict[str, int]:
        """The parameters that bound it in time; whole seconds in either unit."""
        scale = 1 if self.in_seconds and time_unit == "s" else 1000
        return {
            "startTime": int(start.timestamp()) * scale,
            "endTime": int(end.timestamp()) * scale,
        }


@dataclass(frozen=True)
class Detail:
    """A method that tells all about one object.

    asked: the parameter for its id. within: the key it stands under; None where it is all.
    parts: the key of a paged list beside it, which becomes a field of the object.
    """

    method: str
    asked: str
    within: str | None = None
    parts: str | None = None


@dataclass(frozen=True)
class Source:
    """Where a stream comes from, and what its rows become."""

    kind: str
    id_field: str
    map_one: Callable[[Mapper, Mapping[str, Any]], tuple[Record, tuple[str, ...]]]
    listing: Listing
    detail: Detail
    is_full_scan: bool = False

    def identity(self, row: Any) -> str:
        """What tells rows of the listing apart."""
        return str(row.get(self.id_field)) if isinstance(row, dict) else repr(row)


SOURCES = {
    "orders": Source(
        "order",
        "orderId",
        Mapper.order,
        Listing(
            "order.getOrderList",
            {"timeType": BY_UPDATE},
            rows="orderList",
            total="total",
            size=50,
            last_page=100,
            in_seconds=True,
        ),
        Detail("order.getOrderDetail", "orderId"),
    ),
    "refunds": Source(
        "refund",
        "returnsId",
        Mapper.after_sale,
        Listing(
            "afterSale.listAfterSaleInfos",
            {"timeType": BY_UPDATE},
            rows="afterSaleBasicInfos",
            total="totalCount",
            size=50,
            last_page=1000,  # pageNo * pageSize is 50,000 at most
        ),
        Detail("afterSale.getAfterSaleInfo", "returnsId", within="afterSaleInfo"),
    ),
    "products": Source(
        "product",
        "id",
        Mapper.item,
        Listing(
            "product.searchItemList",
            {"searchParam": {}},
            rows="itemDetailV3s",
            total="total",
            size=50,
        ),
        Detail("product.getItemInfo", "itemId", within="itemInfo", parts="skuInfos"),
        is_full_scan=True,
    ),
}
