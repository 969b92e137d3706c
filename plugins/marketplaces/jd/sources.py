"""The JOS methods behind each stream, with their parameters and limits.

Only fields that are mapped, or that a later mapping may need, are asked for: buyers' names, phone
numbers, addresses and accounts never reach us (`consigneeInfo`, `pin`, `invoiceInfo`, remarks).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.marketplace.errors import TransientError
from core.marketplace.records import Record
from plugins.marketplaces.jd.mapping import Mapper

ORDER_FIELDS = (
    "orderId,venderId,orderType,payType,orderTotalPrice,orderSellerPrice,orderPayment,actualPay,"
    "freightPrice,sellerDiscount,balanceUsed,serviceFee,taxFee,orderState,orderStateRemark,"
    "orderStartTime,orderEndTime,paymentConfirmTime,modified,itemInfoList,couponDetailList,"
    "returnOrder,waybill,logisticsId,parentOrderId,directParentOrderId,orderSource,storeOrder,"
    "storeId,idSopShipmenttype,customs,customsModel,open_id_buyer,xid_buyer"
)
WARE_FIELDS = (
    "wareId,title,categoryId,wareStatus,outerId,itemNum,jdPrice,stockNum,modified,created,"
    "onlineTime"
)
SKU_FIELDS = "wareId,skuId,status,outerId,skuName,saleAttrs,jdPrice,stockNum,modified"


@dataclass(frozen=True)
class Listing:
    """A JOS method that answers in pages.

    paging: the names of the page's number and size. in_text: whether JD takes them as text.
    result, rows, total: where in the answer the rows and their number stand; without `total` the
    listing is read forwards until a page is not full. between: the parameters that bound it in
    time. as_days: bounded by whole days. cut_at: the total from which on not all rows are shown.
    """

    method: str
    params: Mapping[str, Any]
    paging: tuple[str, str]
    size: int
    result: str
    rows: str
    total: str | None
    between: tuple[str, str] | None = None
    as_days: bool = False
    in_text: bool = False
    cut_at: int | None = None

    def position(self, page: int, size: int) -> dict[str, Any]:
        """The parameters that ask for a page of so many rows."""
        values: tuple[Any, Any] = (page, size)
        return dict(zip(self.paging, map(str, values) if self.in_text else values, strict=True))

    def read(self, result: Mapping[str, Any]) -> tuple[list[Any], int]:
        """The rows of an answer, and JD's count of all: a number or text; 0 where there is none."""
        rows = result.get(self.rows)
        rows = [] if rows is None else rows
        if not isinstance(rows, list):
            raise TransientError(f"{self.method}: {self.rows} is no list")
        if self.total is None:
            return rows, 0
        told = str(result.get(self.total, "" if rows else "0"))
        if not (told.isascii() and told.isdigit()):
            raise TransientError(f"{self.method}: {self.total} is no number")
        return rows, int(told)


@dataclass(frozen=True)
class Source:
    """Where a stream comes from, and what its rows become.

    id_path: where in a row its id stands. beside: what tells rows of one id apart.
    details: which further calls a page takes, if any.
    """

    kind: str
    id_path: tuple[str, ...]
    map_one: Callable[[Mapper, Mapping[str, Any]], tuple[Record, tuple[str, ...]]]
    listing: Listing
    beside: str = ""
    details: str = ""

    def number(self, row: Any) -> str:
        """The id of the object that a row shows."""
        for key in self.id_path:
            row = row.get(key) if isinstance(row, dict) else row
        return str(row)

    def identity(self, row: Any) -> str:
        """What tells rows of the listing apart."""
        more = row.get(self.beside, "") if isinstance(row, dict) else ""
        return f"{self.number(row)} {more}"


AFTERSALE_MONEY = "jingdong.b2c.shop.aftersales.refund.get"
SKUS = Listing(
    "jingdong.sku.read.searchSkuList",
    {"skuStatuValue": "1,2", "field": SKU_FIELDS},  # on sale and off sale, not deleted
    ("pageNo", "page_size"),
    size=50,
    result="page",
    rows="data",
    total="totalItem",
)

SOURCES = {
    "orders": Source(
        "order",
        ("orderId",),
        Mapper.order,
        Listing(
            "jingdong.pop.order.search",
            # By time of change, newest first; `JOS` is the origin that JD's documentation gives.
            {
                "optional_fields": ORDER_FIELDS,
                "order_state": "ALL",
                "dateType": 0,
                "sortType": 1,
                "source_id": "JOS",
            },
            ("page", "page_size"),
            size=100,
            result="searchorderinfo_result",
            rows="orderInfoList",
            total="orderTotal",
            between=("start_date", "end_date"),
            in_text=True,
        ),
    ),
    "refunds": Source(
        "refund",
        ("sameOrderServiceBill", "serviceId"),
        Mapper.aftersale,
        Listing(
            "jingdong.asc.serviceAndRefund.view",
            {},
            ("pageNumber", "pageSize"),
            size=50,
            result="pageResult",
            rows="data",
            total="totalCount",
            between=("applyTimeBegin", "applyTimeEnd"),
        ),
        beside="afsRefundId",  # one row per payment of a service
        details="money",
    ),
    "cancellations": Source(
        "refund",
        ("id",),
        Mapper.cancellation,
        Listing(
            "jingdong.pop.afs.soa.refundapply.queryPageList",
            {},
            ("pageIndex", "pageSize"),
            size=50,
            result="queryResult",
            rows="result",
            total="totalCount",
            between=("applyTimeStart", "applyTimeEnd"),
            cut_at=5001,  # pageIndex goes to 100
        ),
    ),
    "products": Source(
        "product",
        ("wareId",),
        Mapper.ware,
        Listing(
            "jingdong.ware.read.searchWare4Valid",
            # Numbers of wares only grow: a new one comes in at the front, none changes its place.
            {"field": WARE_FIELDS, "orderField": "wareId", "orderType": "desc"},
            ("pageNo", "pageSize"),
            size=20,  # as many as the next call takes numbers of
            result="page",
            rows="data",
            total="totalItem",
        ),
        details="skus",
    ),
    "ad_spend": Source(
        "ad_spend",
        ("id",),
        Mapper.campaign_day,
        Listing(
            "jingdong.dsp.report.queryCampDailySum",
            # By day and campaign, sales within 15 days of a click, all devices.
            {
                "isDaily": True,
                "isOrderOrClick": False,
                "isTodayOr15Days": True,
                "platform": "all",
            },
            ("pageIndex", "pageSize"),
            size=100,
            result="querycampdailysum_result",
            rows="value",
            total=None,
            between=("startDay", "endDay"),
            as_days=True,
        ),
    ),
}
