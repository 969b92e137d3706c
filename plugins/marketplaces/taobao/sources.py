"""The TOP methods behind each stream, with their parameters and limits (open.taobao.com/api.htm).

Only fields that are mapped, or that a later mapping may need, are asked for: buyers' names, phone
numbers and addresses never reach us.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.marketplace.records import Record
from plugins.marketplaces.taobao.mapping import Mapper
from plugins.marketplaces.taobao.words import TRADE_TYPES

TRADE_FIELDS = (
    "tid,type,status,payment,total_fee,post_fee,discount_fee,adjust_fee,received_payment,"
    "created,pay_time,consign_time,end_time,modified,alipay_no,trade_from,"
    "step_trade_status,step_paid_fee,buyer_open_uid,buyer_nick,receiver_country,receiver_state,"
    "orders.oid,orders.num_iid,orders.sku_id,orders.outer_iid,orders.outer_sku_id,orders.title,"
    "orders.price,orders.num,orders.total_fee,orders.payment,orders.discount_fee,"
    "orders.adjust_fee,orders.divide_order_fee,orders.part_mjz_discount,orders.status,"
    "orders.refund_status,orders.refund_id,orders.consign_time,orders.logistics_company,"
    "orders.invoice_no"
)
REFUND_FIELDS = (
    "refund_id,tid,oid,status,order_status,refund_phase,dispute_type,good_status,has_good_return,"
    "refund_fee,total_fee,payment,num,reason,created,modified,title,outer_id,buyer_open_uid"
)
ITEM_FIELDS = "num_iid,title,outer_id,cid,approve_status,price,num,list_time,modified"
DETAIL_FIELDS = (
    "num_iid,created,sku.sku_id,sku.outer_id,sku.properties_name,sku.price,sku.quantity,"
    "sku.created,sku.modified"
)
RATE_FIELDS = "tid,oid,num_iid,role,nick,result,created,content,reply,item_title,item_price"

# Without a list TOP leaves out most types; `guarantee_trade` stands for fixed and auction there.
EVERY_TYPE = ",".join(["guarantee_trade", *sorted(TRADE_TYPES)])


@dataclass(frozen=True)
class Listing:
    """A TOP method that answers in pages.

    name: what resume marks call it. rows: the two keys around its rows.
    between: the names of the parameters that bound it in time.
    cut_at: the total from which on TOP doesn't show all rows of one condition.
    """

    name: str
    method: str
    params: Mapping[str, str]
    rows: tuple[str, str]
    size: int
    between: tuple[str, str] = ("start_modified", "end_modified")
    cut_at: int | None = None


@dataclass(frozen=True)
class Source:
    """Where a stream comes from, and what its rows become."""

    kind: str
    id_field: str
    map_one: Callable[[Mapper, Mapping[str, Any]], tuple[Record, tuple[str, ...]]]
    listings: tuple[Listing, ...]
    is_full_scan: bool = False
    has_details: bool = False

    def identity(self, row: Any) -> str:
        """What tells rows of the listings apart."""
        return str(row.get(self.id_field)) if isinstance(row, dict) else repr(row)


def _items(name: str, method: str, **params: str) -> Listing:
    # `list_time` is kept by changes of stock and price; `modified` would move rows all the time.
    return Listing(
        name,
        method,
        {"fields": ITEM_FIELDS, "order_by": "list_time:desc", **params},
        ("items", "item"),
        size=200,
        cut_at=20_001,  # page_no * page_size may not exceed 20,000
    )


ITEM_DETAILS = Listing(
    "details",
    "taobao.items.seller.list.get",
    {"fields": DETAIL_FIELDS},
    ("items", "item"),
    size=20,
)

SOURCES = {
    "orders": Source(
        "order",
        "tid",
        Mapper.trade,
        (
            Listing(
                "trades",
                "taobao.trades.sold.increment.get",
                {"fields": TRADE_FIELDS, "type": EVERY_TYPE},
                ("trades", "trade"),
                size=100,
            ),
        ),
    ),
    "refunds": Source(
        "refund",
        "refund_id",
        Mapper.refund,
        (
            Listing(
                "refunds",
                "taobao.refunds.receive.get",
                {"fields": REFUND_FIELDS, "type": EVERY_TYPE},
                ("refunds", "refund"),
                size=100,
            ),
        ),
    ),
    "products": Source(
        "product",
        "num_iid",
        Mapper.item,
        (
            _items("onsale", "taobao.items.onsale.get"),
            # Unasked, the warehouse shows neither what is sold out nor what TOP took off sale.
            _items("for_shelved", "taobao.items.inventory.get", banner="for_shelved"),
            _items("sold_out", "taobao.items.inventory.get", banner="sold_out"),
            _items("violation", "taobao.items.inventory.get", banner="violation_off_shelf"),
        ),
        is_full_scan=True,
        has_details=True,
    ),
    "reviews": Source(
        "review",
        "oid",
        Mapper.rate,
        (
            Listing(
                "rates",
                "taobao.traderates.get",
                {"fields": RATE_FIELDS, "rate_type": "get", "role": "buyer"},
                ("trade_rates", "trade_rate"),
                size=150,
                between=("start_date", "end_date"),
                cut_at=1500,
            ),
        ),
    ),
}
