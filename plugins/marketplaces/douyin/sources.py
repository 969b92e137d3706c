"""The Doudian methods behind each stream, with their parameters and limits (op.jinritemai.com)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.marketplace.fields import Unknown
from core.marketplace.records import Record
from plugins.marketplaces.douyin.mapping import Mapper

MapOne = Callable[[Mapper, Mapping[str, Any]], tuple[Record, Unknown]]
AFTER_SALE_DETAIL = "/afterSale/Detail"
PRODUCTS, SKUS = "/product/listV2", "/sku/list"


@dataclass(frozen=True)
class Changes:
    """A listing in the order of change, its pages counted from 0.

    between: the parameters that bound it in time. rows: the key of its rows.
    inside: the part of a row that holds its id and time, "" for the row itself.
    last_row: the row past which the platform shows none; 0 if it names none.
    """

    kind: str
    path: str
    params: Mapping[str, Any]
    between: tuple[str, str]
    rows: str
    id_field: str
    map_one: MapOne
    inside: str = ""
    size: int = 100
    last_row: int = 0
    has_details: bool = False


@dataclass(frozen=True)
class Shelf:
    """Products of one status. Unasked, nobody says which statuses are shown, so each is asked."""

    name: str
    status: int
    params: Mapping[str, Any] = field(default_factory=dict)
    size: int = 100
    last_row: int = 10_000


CHANGES = {
    "orders": Changes(
        "order",
        "/order/searchList",
        {"order_by": "update_time", "order_asc": True},
        ("update_time_start", "update_time_end"),
        "shop_order_list",
        "order_id",
        Mapper.order,
    ),
    "refunds": Changes(
        "refund",
        "/afterSale/List",
        # Without an order the platform warns that rows are left out while it is polled.
        {"order_by": ["update_time asc"]},
        ("update_start_time", "update_end_time"),
        "items",
        "aftersale_id",
        Mapper.refund,
        inside="aftersale_info",
        last_row=50_000,
        has_details=True,
    ),
}
SHELVES = (Shelf("online", 0), Shelf("offline", 1), Shelf("deleted", 2))
