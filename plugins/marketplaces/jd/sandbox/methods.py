"""The JOS methods that the sandbox knows, with their limits."""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.marketplace.sandbox import Feed, Row
from plugins.marketplaces.jd.sandbox.protocol import TIME, Business, BusinessError, chosen
from plugins.marketplaces.jd.sandbox.shop import JosShop

CREATED_FOR = timedelta(days=730)
FOREVER = 2**63
SERVICE_SPANS = (
    ("applyTimeBegin", "applyTimeEnd", timedelta(days=7)),
    ("approveTimeBegin", "approveTimeEnd", timedelta(days=10)),
)


@dataclass(frozen=True)
class Setting:
    """The sandbox's time, and how far back it shows orders by their change."""

    now: datetime
    retention: timedelta

    def earliest(self, retention: timedelta) -> str:
        return (self.now - retention).strftime(TIME)


@dataclass(frozen=True)
class Rows:
    """Rows of a feed by their place; one is rendered when its page is asked for."""

    feed: Feed
    places: Sequence[int]

    @classmethod
    def between(cls, feed: Feed, start: str, end: str) -> "Rows":
        """Both ends included, latest first."""
        first, after = bounds(feed, start, end)
        return cls(feed, range(after - 1, first - 1, -1))

    def __len__(self) -> int:
        return len(self.places)

    def row(self, place: int) -> Row:
        return self.feed.render(self.feed.keys[place][1])

    def kept(self, keep: Callable[[Row], bool]) -> "Rows":
        return Rows(self.feed, [place for place in self.places if keep(self.row(place))])

    def ranked(self, rank: Callable[[Row], Any], *, descending: bool) -> "Rows":
        places = sorted(self.places, key=lambda place: rank(self.row(place)), reverse=descending)
        return Rows(self.feed, places)

    def reversed(self) -> "Rows":
        return Rows(self.feed, self.places[::-1])

    def page(self, number: int, size: int) -> list[Row]:
        return [self.row(place) for place in self.places[(number - 1) * size : number * size]]


def searched_orders(shop: JosShop, asked: Business, setting: Setting) -> Row:
    """jingdong.pop.order.search"""
    fields = asked.words("optional_fields") or _missing("optional_fields")
    start, end = asked.span("start_date", "end_date")
    if datetime.strptime(end, TIME) > _a_month_after(datetime.strptime(start, TIME)):
        raise BusinessError("the span is longer than a month")
    states = asked.words("order_state") or _missing("order_state")
    size, number = asked.number("page_size", highest=100), asked.number("page")
    rows = _orders(shop.orders, asked, start, end, setting)
    if states != {"ALL"}:
        rows = rows.kept(lambda row: row.get("orderState") in states)
    if asked.get("sortType") != 1:
        rows = rows.reversed()
    return {
        "apiResult": {
            "success": True,
            "englishErrCode": "",
            "chineseErrCode": "",
            "numberCode": 0,
        },
        "orderTotal": len(rows),
        "orderInfoList": [chosen(row, fields) for row in rows.page(number, size)],
    }


def _orders(feed: Feed, asked: Business, start: str, end: str, setting: Setting) -> Rows:
    """By time of change; by time of order only if `dateType` is 1, for which all are looked at."""
    if asked.get("dateType") != 1:
        return Rows.between(feed, max(start, setting.earliest(setting.retention)), end)
    start = max(start, setting.earliest(CREATED_FOR))
    rows = Rows(feed, range(len(feed.keys)))
    found = rows.kept(lambda row: start <= row.get("orderStartTime", "") <= end)
    return found.ranked(lambda row: row["orderStartTime"], descending=True)


def viewed_services(shop: JosShop, asked: Business, setting: Setting) -> Row:
    """jingdong.asc.serviceAndRefund.view: by order, application or approval."""
    size, number = asked.number("pageSize", 10, highest=50), asked.number("pageNumber")
    rows = Rows(shop.services, range(len(shop.services.keys) - 1, -1, -1))
    told = [span for span in SERVICE_SPANS if span[0] in asked or span[1] in asked]
    if not told and "orderId" not in asked:
        raise BusinessError("an order or a span is required")
    for first, last, longest in told:
        start, end = asked.span(first, last)
        if datetime.strptime(end, TIME) - datetime.strptime(start, TIME) > longest:
            raise BusinessError(f"{first} to {last} is longer than {longest.days} days")
        rows = _services_between(rows, first, start, end)
    if "orderId" in asked:
        order = str(asked["orderId"])
        rows = rows.kept(lambda row: str(row["sameOrderServiceBill"]["orderId"]) == order)
    return {
        "success": True,
        "code": "00000",
        "msg": "",
        "totalCount": len(rows),
        "pageNumber": number,
        "pageSize": size,
        "data": [chosen(row, None) for row in rows.page(number, size)],
    }


def _services_between(rows: Rows, first: str, start: str, end: str) -> Rows:
    if first.startswith("apply"):
        earliest, after = bounds(rows.feed, start, end)
        return Rows(rows.feed, [place for place in rows.places if earliest <= place < after])
    return rows.kept(lambda row: start <= row.get("_approved", "") <= end)


def refunded_service(shop: JosShop, asked: Business, setting: Setting) -> Row:
    """jingdong.b2c.shop.aftersales.refund.get"""
    found = shop.refunds.by_id(asked.number("afsServiceId"))
    if found is None:
        raise BusinessError("the service has no refund", code="500")
    return {"success": True, "errorCode": "200", "errorMsg": "", "data": chosen(found, None)}


def cancelled_orders(shop: JosShop, asked: Business, setting: Setting) -> Row:
    """jingdong.pop.afs.soa.refundapply.queryPageList"""
    size = asked.number("pageSize", 10, highest=50)
    number = asked.number("pageIndex", highest=100)
    start = asked.time("applyTimeStart") if "applyTimeStart" in asked else ""
    end = asked.time("applyTimeEnd") if "applyTimeEnd" in asked else "9"
    rows = Rows.between(shop.cancellations, start, end)
    if "status" in asked:
        rows = rows.kept(lambda row: str(row.get("status")) == str(asked["status"]))
    if "checkTimeStart" in asked:
        low, high = asked.span("checkTimeStart", "checkTimeEnd")
        rows = rows.kept(lambda row: low <= (row.get("checkTime") or "") <= high)
    shown = [chosen(row, None) for row in rows.page(number, size)]
    return {"success": True, "totalCount": len(rows), "result": shown}


def searched_wares(shop: JosShop, asked: Business, setting: Setting) -> Row:
    """jingdong.ware.read.searchWare4Valid"""
    size, number = asked.number("pageSize", 10, highest=50), asked.number("pageNo", 1)
    if len(asked.words("wareId")) > 20:
        raise BusinessError("wareId: at most 20")
    column = str(asked.get("orderField") or "wareId")
    if column not in {"wareId", "offlineTime", "onlineTime", "stockNum", "jdPrice", "modified"}:
        raise BusinessError("orderField is not known")
    rows = Rows(shop.wares, range(len(shop.wares.keys)))
    if wanted := asked.words("wareId"):
        rows = rows.kept(lambda row: str(row["wareId"]) in wanted)
    descending = str(asked.get("orderType") or "asc") == "desc"
    rows = rows.ranked(lambda row: row.get(column) or 0, descending=descending)
    fields = (asked.words("field") or frozenset({"wareId", "title", "wareStatus"})) - {"skus"}
    return _page([chosen(row, fields) for row in rows.page(number, size)], number, size, len(rows))


def searched_skus(shop: JosShop, asked: Business, setting: Setting) -> Row:
    """jingdong.sku.read.searchSkuList: unasked, what is on sale or off sale; nothing deleted."""
    size, number = asked.number("page_size", 30, highest=50), asked.number("pageNo", 1)
    wares = asked.words("wareId")
    if len(wares) > 20:
        raise BusinessError("wareId: at most 20")
    found = (shop.wares.by_id(int(ware)) for ware in sorted(wares))
    states = asked.words("skuStatuValue") or {"1", "2"}
    skus = [
        {"wareId": ware["wareId"], **sku}
        for ware in found
        if ware
        for sku in ware.get("skus", [])
        if str(sku.get("status", 1)) in states
    ]
    fields = asked.words("field") or frozenset({"wareId", "skuId"})
    shown = [chosen(sku, fields) for sku in skus[(number - 1) * size : number * size]]
    return _page(shown, number, size, len(skus))


def campaign_days(shop: JosShop, asked: Business, setting: Setting) -> Row:
    """jingdong.dsp.report.queryCampDailySum"""
    size, number = asked.number("pageSize", highest=100), asked.number("pageIndex")
    start, end = asked.needed("startDay")[:10], asked.needed("endDay")[:10]
    for name in ("isDaily", "isOrderOrClick", "isTodayOr15Days"):
        if not isinstance(asked.get(name), bool):
            raise BusinessError(f"{name} is required")
    rows = Rows.between(shop.ad_days, start, end).reversed()
    shown = [chosen(row, None) for row in rows.page(number, size)]
    return {
        "success": True,
        "resultCode": "0",
        "total": len(rows),
        "page": number,
        "value": shown,
    }


def _page(rows: list[Row], number: int, size: int, total: int) -> Row:
    return {"data": rows, "pageNo": number, "pageSize": size, "totalItem": total}


@dataclass(frozen=True)
class Method:
    """What a method answers, the key its result stands under, and where failures are told."""

    answer: Callable[[JosShop, Business, Setting], Row]
    result: str
    verdict: str = "errorCode"


METHODS: Mapping[str, Method] = {
    "jingdong.pop.order.search": Method(searched_orders, "searchorderinfo_result", "apiResult"),
    "jingdong.asc.serviceAndRefund.view": Method(viewed_services, "pageResult", "code"),
    "jingdong.b2c.shop.aftersales.refund.get": Method(refunded_service, "result"),
    "jingdong.pop.afs.soa.refundapply.queryPageList": Method(cancelled_orders, "queryResult"),
    "jingdong.ware.read.searchWare4Valid": Method(searched_wares, "page"),
    "jingdong.sku.read.searchSkuList": Method(searched_skus, "page"),
    "jingdong.dsp.report.queryCampDailySum": Method(
        campaign_days, "querycampdailysum_result", "resultCode"
    ),
}


def failure(method: Method, error: BusinessError) -> Row:
    """A result that says no, in the way of the method."""
    if method.verdict == "apiResult":
        told = {"success": False, "numberCode": error.code, "englishErrCode": error.why}
        return {"apiResult": told}
    return {"success": False, method.verdict: error.code, "msg": error.why}


def index_of_order(feed: Feed, asked: Business, order: int) -> int | None:
    """The feed's index of an order within the span that the parameters ask for."""
    first, after = bounds(feed, asked.time("start_date"), asked.time("end_date"))
    indexes = (index for _, index in feed.keys[first:after])
    number = str(order)
    return next((i for i in indexes if str(feed.render(i).get("orderId")) == number), None)


def bounds(feed: Feed, start: str, end: str) -> tuple[int, int]:
    """Places of the keys from `start` to `end`, both inclusive."""
    return bisect_left(feed.keys, (start, -1)), bisect_right(feed.keys, (end, FOREVER))


def _a_month_after(start: datetime) -> datetime:
    year, month = start.year + start.month // 12, start.month % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))


def _missing(name: str) -> Any:
    raise BusinessError(f"{name} is required")
