"""The PDD methods that the sandbox knows, with their limits (open.pinduoduo.com)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.marketplace.sandbox import Feed, Row
from plugins.marketplaces.pinduoduo.sandbox.protocol import TIME, Params, RefusalError, invalid
from plugins.marketplaces.pinduoduo.sandbox.shop import PddShop

HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
SETTLING = timedelta(seconds=180)
REPORT_DAYS = 90
ALL = 5
PAGE = 100
FOREVER = 2**63
REFUND_CODES = (0, *range(2, 19), 21, 22, 24, 25, 27, 31, 32)
SUMS = ("impression", "click", "spend", "orderNum", "gmv", "mallFavNum", "goodsFavNum")

Keep = Callable[[Row], bool]


@dataclass(frozen=True)
class Setting:
    """The sandbox's time, how far back it shows data, and how long tokens live."""

    now: datetime
    retention: timedelta
    token_lifetime: timedelta | None


def orders_increment(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.order.number.list.increment.get"""
    start, end = _window(params, "updated_at", HALF_HOUR)
    if end > setting.now - SETTLING:
        raise invalid("end_updated_at", "must be three minutes before PDD's time or earlier")
    lucky = params.code("is_lucky_flag", 0, 1, 2)
    keep = _order_filter(params, {"is_lucky_flag": lucky} if lucky else {})
    return _page(params, _Rows(shop.orders, *_shown(start, end, setting), keep), "order_sn_list")


def orders(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.order.list.get: by the time when the deal was made."""
    start, end = (each.strftime(TIME) for each in _window(params, "confirm_at", DAY))
    first = max(start, (setting.now - setting.retention).strftime(TIME))
    others = _order_filter(params, {})
    rows = _Rows(
        shop.orders,
        "",
        None,
        lambda row: first <= row.get("confirm_time", "") <= end and (not others or others(row)),
    )
    return _page(params, rows, "order_list")


def order(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.order.information.get"""
    return {"order_info": _find(shop.orders, "order_sn", params.required("order_sn"))}


def refunds_increment(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.refund.list.increment.get: one status at a time; an order number sets all else aside."""
    status = params.code("after_sales_status", *REFUND_CODES)
    kind = params.code("after_sales_type", *range(1, 7))
    start, end = _window(params, "updated_at", HALF_HOUR)
    order_sn = params.get("order_sn")
    if order_sn:
        rows = _Rows(shop.refunds, "", None, lambda row: row.get("order_sn") == order_sn)
        return _page(params, rows, "refund_list")
    asked = {"after_sales_status": status} | ({"after_sales_type": kind} if kind != 1 else {})
    keep = _having(asked)
    return _page(params, _Rows(shop.refunds, *_shown(start, end, setting), keep), "refund_list")


def refund(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.refund.information.get: money in fen, times in milliseconds, types counted from 1."""
    params.required("order_sn")
    asked = params.get("after_sales_id")
    name, value = ("id", asked) if asked else ("order_sn", params["order_sn"])
    row = _find(shop.refunds, name, value)
    kept = ("id", "order_sn", "after_sales_status", "sku_id", "updated_time", "goods_number")
    return {
        **{name: row[name] for name in kept if name in row},
        "after_sales_type": row["after_sales_type"] - 1,
        "refund_amount": round(float(row["refund_amount"]) * 100),
        "order_amount": round(float(row.get("order_amount", 0)) * 100),
        "recreated_at": _milliseconds(row["created_time"], setting.now),
    }


def goods_list(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.goods.list.get"""
    asked = {}
    if params.get("is_onsale"):
        asked["is_onsale"] = params.code("is_onsale", 0, 1)
    page = _page(params, _Rows(shop.goods, None, None, _having(asked)), "goods_list")
    shown = [{name: row[name] for name in row if name != "detail"} for row in page["goods_list"]]
    return {**page, "goods_list": shown}


def goods_detail(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.goods.detail.get"""
    found = shop.goods.by_id(params.number("goods_id"))
    if not found:
        raise RefusalError(50001, "业务服务错误", "商品不存在")
    return {"goods_id": found["goods_id"], **found["detail"]}


def daily_report(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.ad.api.report.daily.report.query: today alone, or days before it."""
    params.code("queryDimensionType", *range(7))
    scene = params.code("scenesType", 0, 1, 2)
    first, last = _day(params, "startDateString"), _day(params, "endDateString")
    today = setting.now.date()
    if not today - timedelta(days=REPORT_DAYS) <= first <= last <= today:
        raise invalid("startDateString", f"must lie within {REPORT_DAYS} days, before the end")
    if first < today == last:
        raise invalid("endDateString", "today can't be asked for together with earlier days")
    rows = _Rows(shop.reports, str(first), str(last), _having({"scenesType": scene}))
    days = [{n: row[n] for n in row if n != "scenesType"} for row in rows.all()][::-1]
    total = {name: sum(each for day in days if type(each := day.get(name)) is int) for name in SUMS}
    return {"success": True, "result": {"dailyReportList": days, "sumReport": total}}


def mall(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.mall.info.get"""
    return {"mall_id": shop.mall_id, "mall_name": f"mall {shop.mall_id}", "merchant_type": 2}


def server_time(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.time.get"""
    return {"time": setting.now.strftime(TIME)}


def refreshed_token(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.pop.auth.token.refresh"""
    if params.required("refresh_token") != shop.refresh_token:
        raise RefusalError(10019, "refresh_token已过期")
    lifetime = setting.token_lifetime
    shop.renew(setting.now + lifetime if lifetime else None)
    seconds = int((lifetime or DAY).total_seconds())
    return {
        "access_token": shop.access_token,
        "expires_in": seconds,
        "expires_at": int(setting.now.timestamp()) + seconds,
        "refresh_token": shop.refresh_token,
        "refresh_token_expires_in": 30 * seconds,
        "owner_id": str(shop.mall_id),
        "owner_name": f"mall {shop.mall_id}",
        "scope": [],
    }


def permitted_user(shop: PddShop, params: Params, setting: Setting) -> Row:
    """pdd.pmc.user.permit"""
    shop.is_permitted = True
    return {"is_success": True}


Method = Callable[[PddShop, Params, Setting], Row]

METHODS: Mapping[str, Method] = {
    "pdd.order.number.list.increment.get": orders_increment,
    "pdd.order.list.get": orders,
    "pdd.order.information.get": order,
    "pdd.refund.list.increment.get": refunds_increment,
    "pdd.refund.information.get": refund,
    "pdd.goods.list.get": goods_list,
    "pdd.goods.detail.get": goods_detail,
    "pdd.ad.api.report.daily.report.query": daily_report,
    "pdd.mall.info.get": mall,
    "pdd.pmc.user.permit": permitted_user,
}
OPEN_METHODS: Mapping[str, Method] = {
    "pdd.time.get": server_time,
    "pdd.pop.auth.token.refresh": refreshed_token,
}
"""Those that ask for no token."""

ROOTS: Mapping[Method, str] = {
    orders_increment: "order_sn_increment_get_response",
    orders: "order_list_get_response",
    order: "order_info_get_response",
    refunds_increment: "refund_increment_get_response",
    refund: "",
    goods_list: "goods_list_get_response",
    goods_detail: "goods_detail_get_response",
    daily_report: "response",
    mall: "mall_info_get_response",
    permitted_user: "pmc_user_permit_response",
    server_time: "time_get_response",
    refreshed_token: "pop_auth_token_refresh_response",
}
"""What an answer stands under; the empty one stands for itself."""


def index_of_order(feed: Feed, params: Params, number: int) -> int | None:
    """The feed's index of the order whose number ends so, within the window that is asked for."""
    start, end = (each.strftime(TIME) for each in _window(params, "updated_at", HALF_HOUR))
    first, after = _bounds(feed, start, end)
    indexes = (index for _, index in feed.keys[first:after])
    tail = str(number)
    found = (
        i for i in indexes if feed.render(i)["order_sn"].rpartition("-")[2].lstrip("0") == tail
    )
    return next(found, None)


class _Rows:
    """Rows of a feed that match, newest first; one is rendered when its page is asked for."""

    def __init__(
        self, feed: Feed, start: str | None, end: str | None, keep: Keep | None = None
    ) -> None:
        self._feed = feed
        first, after = _bounds(feed, start, end)
        self._places: Sequence[int] = range(after - 1, first - 1, -1)
        if keep:
            self._places = [place for place in self._places if keep(self._row(place))]

    def __len__(self) -> int:
        return len(self._places)

    def _row(self, place: int) -> Row:
        return self._feed.render(self._feed.keys[place][1])

    def all(self) -> Iterable[Row]:
        return map(self._row, self._places)

    def page(self, number: int, size: int) -> list[Row]:
        return [self._row(place) for place in self._places[(number - 1) * size : number * size]]


def _bounds(feed: Feed, start: str | None, end: str | None) -> tuple[int, int]:
    """Places of the keys from `start` to `end`, both inclusive; None is before and after all."""
    after = len(feed.keys) if end is None else bisect_right(feed.keys, (end, FOREVER))
    return 0 if start is None else bisect_left(feed.keys, (start, -1)), after


def _page(params: Params, rows: _Rows, name: str) -> Row:
    """A page with the total, or only whether there is another one if `use_has_next` asks so."""
    size, number = params.number("page_size", PAGE, PAGE), params.number("page", 1)
    answer: Row = {name: rows.page(number, size)}
    if params.flag("use_has_next"):
        return {"has_next": number * size < len(rows), **answer}
    return {"total_count": len(rows), **answer}


def _window(params: Params, name: str, longest: timedelta) -> tuple[datetime, datetime]:
    start, end = params.moment(f"start_{name}"), params.moment(f"end_{name}")
    if not timedelta(0) < end - start <= longest:
        raise invalid(f"end_{name}", f"must be after the start, by {longest} at most")
    return start, end


def _shown(start: datetime, end: datetime, setting: Setting) -> tuple[str, str]:
    """The part of a window that PDD still shows, as feeds write times."""
    return max(start, setting.now - setting.retention).strftime(TIME), end.strftime(TIME)


def _order_filter(params: Params, asked: dict[str, int]) -> Keep | None:
    for name, codes in (("order_status", (1, 2, 3, ALL)), ("refund_status", (1, 2, 3, 4, ALL))):
        code = params.code(name, *codes)
        if code != ALL:
            asked[name] = code
    if params.get("trade_type"):
        asked["trade_type"] = params.code("trade_type", 0, 1)
    return _having(asked)


def _having(asked: Mapping[str, int]) -> Keep | None:
    """Rows with these codes; None when everything is asked for."""
    return (lambda row: row.items() >= asked.items()) if asked else None


def _find(feed: Feed, name: str, value: str) -> Row:
    for _, index in feed.keys:
        row = feed.render(index)
        if str(row.get(name)) == value:
            return row
    raise RefusalError(50001, "业务服务错误", f"{name}: nothing found")


def _day(params: Params, name: str) -> date:
    try:
        return date.fromisoformat(params.required(name))
    except ValueError:
        raise invalid(name, "must be yyyy-MM-dd") from None


def _milliseconds(text: str, now: datetime) -> int:
    moment = datetime.strptime(text, TIME).replace(tzinfo=now.tzinfo)
    return int(moment.timestamp() * 1000)
