"""The ARK methods that the sandbox knows, with their limits (open.xiaohongshu.com)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.marketplace.sandbox import Catalog, Row
from plugins.marketplaces.xiaohongshu.sandbox.protocol import (
    NO_TOKEN,
    NOT_FOUND,
    Body,
    RefusalError,
    chosen,
    good_twice,
    milliseconds,
    wrong,
)
from plugins.marketplaces.xiaohongshu.sandbox.shop import ArkShop

DAY_MS, HALF_HOUR_MS = 86_400_000, 1_800_000
LONGEST = {1: DAY_MS, 2: HALF_HOUR_MS}
PAGES_OF_ORDERS = 100
ROWS_OF_AFTER_SALES = 50_000
ORDER_FIELDS = (
    "orderId orderType orderStatus orderAfterSalesStatus cancelStatus createdTime paidTime "
    "updateTime deliveryTime cancelTime finishTime promiseLastDeliveryTime planInfoId "
    "planInfoName receiverCountryId receiverCountryName receiverProvinceId receiverProvinceName "
    "receiverCityId receiverCityName receiverDistrictId receiverDistrictName customerRemark "
    "sellerRemark sellerRemarkFlag originalOrderId logistics orderTagList"
).split()
"""What the list shows of an order: no amounts, no lines, no buyer."""
AFTER_SALE_FIELDS = (
    "returnsId returnType reasonId reasonNameZh status userId orderId applyTime updatedAt "
    "expireTime desc returnsTag expectedRefundAmountYuan"
).split()

Keep = Callable[[Row], bool]


@dataclass(frozen=True)
class Setting:
    """The sandbox's time, how far back it shows data, and how it reads and wraps.

    order_scale: milliseconds in a unit of the order list's bounds: 1000 for seconds, 1 for
    milliseconds. wraps: whether newer methods put an envelope of their own into ARK's.
    """

    now: datetime
    retention: timedelta
    lifetime: timedelta
    order_scale: int = 1000
    wraps: bool = True

    @property
    def earliest(self) -> int:
        return milliseconds(self.now - self.retention)

    def wrapped(self, data: Row) -> Row:
        return good_twice(data) if self.wraps else data


def order_list(shop: ArkShop, body: Body, setting: Setting) -> Row:
    """order.getOrderList: newest change first, 100 pages of 100 at most."""
    span = _span(body, setting, setting.order_scale)
    size = body.number("pageSize", 50, highest=100)
    page = body.number("pageNo", 1, highest=PAGES_OF_ORDERS)
    wanted = {name: body.number(name) for name in ("orderType", "orderStatus") if body.get(name)}
    rows = _Rows(shop.orders, span, "createdTime", _equal(wanted))
    pages = -(-len(rows) // size)
    return {
        "total": len(rows),
        "pageNo": page,
        "pageSize": size,
        "maxPageNo": min(pages, PAGES_OF_ORDERS),
        "orderList": [chosen(row, ORDER_FIELDS) for row in rows.page(page, size)],
    }


def order_detail(shop: ArkShop, body: Body, setting: Setting) -> Row:
    """order.getOrderDetail"""
    return _found(shop.orders, body, "orderId")


def after_sale_list(shop: ArkShop, body: Body, setting: Setting) -> Row:
    """afterSale.listAfterSaleInfos: by order, or by time in milliseconds, both ends included."""
    size = body.number("pageSize", highest=100)
    page = body.number("pageNo", highest=ROWS_OF_AFTER_SALES)
    if page * size > ROWS_OF_AFTER_SALES:
        raise wrong("pageNo", f"pageNo*pageSize is over {ROWS_OF_AFTER_SALES}")
    order_id = body.get("orderId")
    is_timed = body.get("timeType") is not None or not order_id
    span = _span(body, setting, 1) if is_timed else _Span(2, setting.earliest, None)
    keep = _among(
        {
            "orderId": {order_id} if order_id else set(),
            "status": body.numbers("statuses"),
            "returnType": body.numbers("returnTypes"),
        }
    )
    rows = _Rows(shop.after_sales, span, "applyTime", keep)
    found = [chosen(row, AFTER_SALE_FIELDS) for row in rows.page(page, size)]
    return setting.wrapped(
        {"afterSaleBasicInfos": found, "totalCount": len(rows), "pageNo": page, "pageSize": size}
    )


def after_sale_info(shop: ArkShop, body: Body, setting: Setting) -> Row:
    """afterSale.getAfterSaleInfo"""
    found = _found(shop.after_sales, body, "returnsId")
    return setting.wrapped({"afterSaleInfo": found, "logisticsInfo": {}})


def item_list(shop: ArkShop, body: Body, setting: Setting) -> Row:
    """product.searchItemList: the newest first; of its conditions only `buyable` is known here."""
    param = body.required("searchParam") if "searchParam" not in body else body["searchParam"]
    if not isinstance(param, dict):
        raise wrong("searchParam", "must be an object")
    size, page = body.number("pageSize", highest=100), body.number("pageNo", highest=10_000)
    keep = partial(_has_sku, param["buyable"]) if "buyable" in param else None
    rows = _Rows(shop.items, _Span(2, None, None), "createTime", keep)
    found = [_without_skus(item) for item in rows.page(page, size)]
    return {"currentPage": page, "pageSize": size, "total": len(rows), "itemDetailV3s": found}


def item_info(shop: ArkShop, body: Body, setting: Setting) -> Row:
    """product.getItemInfo: an item and a page of its SKUs."""
    item = _found(shop.items, body, "itemId")
    size, page = body.number("pageSize", 20, highest=100), body.number("pageNo", 1, highest=10_000)
    skus = item.get("skuInfos") or []
    return {
        "itemInfo": _without_skus(item),
        "skuInfos": skus[(page - 1) * size : page * size],
        "total": len(skus),
        "pageNO": page,
        "pageSize": size,
    }


def sku_stock(shop: ArkShop, body: Body, setting: Setting) -> Row:
    """inventory.getSkuStockV2"""
    sku_id = body.text("skuId")
    rows = _Rows(shop.items, _Span(2, None, None), "createTime")
    for item in rows.page(1, len(rows)):
        for sku in item.get("skuInfos", []):
            if sku["id"] == sku_id:
                stock = {"available": sku["stock"], "total": sku["stock"], "occupiedQuantity": 0}
                info = {"skuId": sku_id, "skuStockInfo": stock}
                return setting.wrapped({"apiVersion": "V1", "skuStockInfo": info})
    raise RefusalError(NOT_FOUND, f"商品 {sku_id} 不存在")


def first_token(shop: ArkShop, body: Body, setting: Setting) -> Row:
    """oauth.getAccessToken"""
    if not shop.code or body.text("code") != shop.code:
        raise RefusalError(NO_TOKEN, "授权码 code 无效或已过期")
    shop.exchange(setting.now, setting.lifetime)
    return _tokens(shop, setting)


def refreshed_token(shop: ArkShop, body: Body, setting: Setting) -> Row:
    """oauth.refreshToken: the same tokens again, unless the old one is about to end."""
    if body.text("refreshToken") != shop.refresh_token:
        raise RefusalError(NO_TOKEN, "refreshToken 无效或已过期")
    shop.renew(setting.now, setting.lifetime)
    return _tokens(shop, setting)


Method = Callable[[ArkShop, Body, Setting], Row]

METHODS: Mapping[str, Method] = {
    "order.getOrderList": order_list,
    "order.getOrderDetail": order_detail,
    "afterSale.listAfterSaleInfos": after_sale_list,
    "afterSale.getAfterSaleInfo": after_sale_info,
    "product.searchItemList": item_list,
    "product.getItemInfo": item_info,
    "inventory.getSkuStockV2": sku_stock,
}
OPEN_METHODS: Mapping[str, Method] = {
    "oauth.getAccessToken": first_token,
    "oauth.refreshToken": refreshed_token,
}
"""Those that ask for no token."""


@dataclass(frozen=True)
class _Span:
    """Milliseconds from `start` to `end`, both included; kind 1 is creation, 2 is change."""

    kind: int
    start: int | None
    end: int | None

    def holds(self, moment: int) -> bool:
        return (self.start or 0) <= moment and (self.end is None or moment <= self.end)


def _span(body: Body, setting: Setting, scale: int) -> _Span:
    for name in ("startTime", "endTime", "timeType"):
        body.required(name)
    kind = body.number("timeType")
    if kind not in LONGEST:
        raise wrong("timeType", "must be 1 or 2")
    start, end = body.number("startTime") * scale, body.number("endTime") * scale
    if not 0 < end - start <= LONGEST[kind]:
        limit = LONGEST[kind] // 60_000
        raise wrong("endTime", f"must be after startTime, by {limit} minutes at most")
    return _Span(kind, max(start, setting.earliest), end)


class _Rows:
    """Rows of a feed that match, newest first; one is rendered when its page is asked for.

    created: the field that tells when a row was created; feeds are in the order of change.
    """

    def __init__(self, feed: Catalog, span: _Span, created: str, keep: Keep | None = None) -> None:
        self._feed = feed
        self._places: Sequence[int] = range(len(feed.keys) - 1, -1, -1)
        if span.kind == 2:
            self._places = range(*_bounds(feed, span))[::-1]
        else:
            self._filter(lambda row: span.holds(row[created]))
        if keep:
            self._filter(keep)

    def _filter(self, keep: Keep) -> None:
        self._places = [place for place in self._places if keep(self._row(place))]

    def __len__(self) -> int:
        return len(self._places)

    def _row(self, place: int) -> Row:
        return self._feed.render(self._feed.keys[place][1])

    def page(self, number: int, size: int) -> list[Row]:
        return [self._row(place) for place in self._places[(number - 1) * size : number * size]]


def _bounds(feed: Catalog, span: _Span) -> tuple[int, int]:
    first = 0 if span.start is None else bisect_left(feed.keys, (span.start, -1))
    after = len(feed.keys)
    return first, after if span.end is None else bisect_right(feed.keys, (span.end, 2**63))


def _equal(wanted: Row) -> Keep | None:
    """Rows with these values; None for all, which then need not be rendered to be counted."""
    return (lambda row: row.items() >= wanted.items()) if wanted else None


def _among(wanted: Mapping[str, AbstractSet[Any]]) -> Keep | None:
    """Rows whose fields have one of the values that are wanted; an empty set wants all."""
    asked = {name: values for name, values in wanted.items() if values}
    if not asked:
        return None
    return lambda row: all(row.get(name) in values for name, values in asked.items())


def _has_sku(buyable: Any, item: Row) -> bool:
    return any(sku.get("buyable") is buyable for sku in item.get("skuInfos") or [])


def _found(feed: Catalog, body: Body, asked: str) -> Row:
    number = body.text(asked)
    row = feed.by_id(number)
    if row is None:
        raise RefusalError(NOT_FOUND, f"{asked} {number} 不存在")
    return row


def _without_skus(item: Row) -> Row:
    return {name: value for name, value in item.items() if name != "skuInfos"}


def _tokens(shop: ArkShop, setting: Setting) -> Row:
    expires_at = shop.expires_at or setting.now + setting.lifetime
    return {
        "accessToken": shop.access_token,
        "accessTokenExpiresAt": milliseconds(expires_at),
        "refreshToken": shop.refresh_token,
        "refreshTokenExpiresAt": milliseconds(expires_at + timedelta(days=7)),
        "sellerId": shop.seller_id,
        "sellerName": "Sandbox",
    }


def index_of_order(shop: ArkShop, body: Body, setting: Setting, order_id: str) -> int | None:
    """The feed's index of an order within the window that the fields ask for."""
    first, after = _bounds(shop.orders, _span(body, setting, setting.order_scale))
    indexes = (index for _, index in shop.orders.keys[first:after])
    render = shop.orders.render
    return next((index for index in indexes if render(index).get("orderId") == order_id), None)
