"""The Doudian methods that the sandbox knows, with their limits (op.jinritemai.com)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.marketplace.sandbox import Feed, Key, Row
from plugins.marketplaces.douyin.sandbox.protocol import (
    Params,
    RefusalError,
    invalid,
    no_such,
    page_of,
)
from plugins.marketplaces.douyin.sandbox.shop import DoudianShop

HOUR = timedelta(hours=1)
LIFETIME = timedelta(days=7)
ROWS_OF_AFTER_SALES = 50_000
ROWS_OF_PRODUCTS = 10_000
DEFAULT_AFTER_SALES = timedelta(days=183)


@dataclass(frozen=True)
class Setting:
    """The sandbox's time, and where the platform's pages leave room.

    retention: orders created longer ago are not listed.
    order_bounds: whether an order's time may be the very start, and the very end, of what is
    asked for; nobody says, so a reader has to do with either.
    """

    now: datetime
    retention: timedelta | None
    order_bounds: tuple[bool, bool]
    token_lifetime: timedelta


def search_orders(shop: DoudianShop, params: Params, setting: Setting) -> Row:
    """/order/searchList: pages from 0, newest first and by creation unless told otherwise."""
    number, size = params.number("page"), params.number("size", 1, 100)
    column = params.get("order_by") or "create_time"
    if column not in {"create_time", "update_time"}:
        raise invalid("order_by", "must be create_time or update_time")
    created = params.span("create_time_start", "create_time_end")
    span = params.span("update_time_start", "update_time_end")
    places = _places(shop.orders, *span, *setting.order_bounds)
    rows = [shop.orders.render(shop.orders.keys[place][1]) for place in places]
    earliest = setting.now - setting.retention if setting.retention else None
    rows = [row for row in rows if _is_listed(row, created, earliest)]
    rows.sort(key=lambda row: row.get(column) or 0, reverse=not params.get("order_asc"))
    shown = page_of(rows, number, size)
    return {"page": number, "total": len(rows), "size": len(shown), "shop_order_list": shown}


def _is_listed(row: Row, created: tuple[int | None, int | None], earliest: datetime | None) -> bool:
    time = row.get("create_time") or 0
    start, end = created
    if earliest and time < earliest.timestamp():
        return False
    return (start is None or time >= start) and (end is None or time < end)


def order_detail(shop: DoudianShop, params: Params, setting: Setting) -> Row:
    """/order/orderDetail: also of orders that lists no longer show."""
    order = shop.orders.by_id(params.text_needed("shop_order_id"))
    if order is None:
        raise no_such("shop_order_id")
    return {"shop_order_detail": order}


def list_after_sales(shop: DoudianShop, params: Params, setting: Setting) -> Row:
    """/afterSale/List: half a year unless asked by time; by update only with an order for it."""
    number, size = params.number("page"), params.number("size", 1, 100)
    if number * size > ROWS_OF_AFTER_SALES:
        raise invalid("page", f"page * size must not exceed {ROWS_OF_AFTER_SALES}")
    applied = params.span("start_time", "end_time")
    start, end = params.span("update_start_time", "update_end_time")
    order = params.get("order_by") or ["apply_time desc"]
    _check_order(order, is_by_update=(start, end) != (None, None))
    if (start, end, *applied) == (None,) * 4:
        start = int((setting.now - DEFAULT_AFTER_SALES).timestamp())
    places = _places(shop.after_sales, start, end, True, False)
    rows = [_after_sale(shop.after_sales, place) for place in places]
    rows = [row for row in rows if _is_applied(row, applied)]
    column, _, direction = order[0].partition(" ")
    rows.sort(key=lambda row: row["aftersale_info"].get(column) or 0, reverse=direction == "desc")
    shown = page_of(rows, number, size)
    return {
        "items": shown,
        "has_more": (number + 1) * size < len(rows),
        "total": len(rows),
        "page": number,
        "size": len(shown),
    }


def _check_order(order: Any, is_by_update: bool) -> None:
    columns = {"status_deadline", "apply_time", "update_time"}
    words = [each.split(" ") if isinstance(each, str) else [] for each in order]
    if not all(
        len(word) == 2 and word[0] in columns and word[1] in {"asc", "desc"} for word in words
    ):
        raise invalid("order_by", "must be a list like ['update_time asc']")
    if is_by_update and words[0][0] != "update_time":
        raise invalid("order_by", "must begin with update_time where update times are asked for")


def _after_sale(feed: Feed, place: int) -> Row:
    row = feed.render(feed.keys[place][1])
    item: Row = row["item"]
    if not isinstance(item.get("aftersale_info"), dict):
        return {**item, "aftersale_info": {}}
    return {**item, "aftersale_info": {**item["aftersale_info"], "update_time": row["update_time"]}}


def _is_applied(row: Row, applied: tuple[int | None, int | None]) -> bool:
    time = row["aftersale_info"].get("apply_time") or 0
    start, end = applied
    return (start is None or time >= start) and (end is None or time < end)


def after_sale_detail(shop: DoudianShop, params: Params, setting: Setting) -> Row:
    """/afterSale/Detail: what was really paid back, and when."""
    number = params.text_needed("after_sale_id")
    row = shop.after_sales.by_id(number)
    if row is None:
        raise no_such("after_sale_id")
    told = {"after_sale_id": int(number), **(row.get("detail") or {})}
    return {"process_info": {"after_sale_info": told}, "order_info": {}}


def list_products(shop: DoudianShop, params: Params, setting: Setting) -> Row:
    """/product/listV2: pages from 1, bounds exclusive, no more than 10,000 rows for a condition."""
    number, size = params.number("page", 1, 100), params.number("size", 1, 100)
    if number * size > ROWS_OF_PRODUCTS:
        raise invalid("page", f"page * size must not exceed {ROWS_OF_PRODUCTS}")
    status = params.number_if_any("status")
    span = params.span("update_start_time", "update_end_time")
    places = _places(shop.products, *span, False, False)
    rows = [shop.products.render(shop.products.keys[place][1]) for place in reversed(places)]
    rows = [row for row in rows if status is None or row.get("status") == status]
    shown = [_without(row, "skus") for row in page_of(rows, number - 1, size)]
    return {"data": shown, "total": len(rows), "page": number, "size": len(shown)}


def list_skus(shop: DoudianShop, params: Params, setting: Setting) -> list[Row]:
    """/sku/list: the data is the list itself."""
    product = shop.products.by_id(params.number("product_id", 1))
    if product is None:
        raise no_such("product_id")
    skus: list[Row] = product.get("skus", [])
    return skus


def create_token(shop: DoudianShop, params: Params, setting: Setting) -> Row:
    """/token/create: with a code, or for the shop whose own app it is."""
    grant, code = params.text_needed("grant_type"), params.text("code")
    if grant == "authorization_code":
        if not code or code != shop.code:
            raise _no_token("code")
        shop.code = ""
    elif grant != "authorization_self" or not shop.own_app:
        raise _no_token("grant_type")
    elif params.get("test_shop") != "1" and params.text_needed("shop_id") != shop.shop_id:
        raise _no_token("shop_id")
    shop.renew(setting.now + setting.token_lifetime)
    return _tokens(shop, setting)


def refresh_token(shop: DoudianShop, params: Params, setting: Setting) -> Row:
    """/token/refresh: the same tokens until an hour before their end, then new ones.

    In the last hour the old access token stays good for an hour; after its end it is void.
    """
    if params.text_needed("grant_type") != "refresh_token":
        raise _no_token("grant_type")
    if params.text_needed("refresh_token") != shop.refresh_token:
        raise _no_token("refresh_token")
    left = shop.expires_at - setting.now if shop.expires_at else None
    if left is not None and left <= HOUR:
        good_until = setting.now + HOUR if left > timedelta(0) else None
        shop.renew(setting.now + setting.token_lifetime, good_until)
    return _tokens(shop, setting)


def _no_token(why: str) -> RefusalError:
    return RefusalError(50001, "令牌生成失败", f"dop.token-generate-failed:{why}", why)


def _tokens(shop: DoudianShop, setting: Setting) -> Row:
    left = shop.expires_at - setting.now if shop.expires_at else LIFETIME
    return {
        "access_token": shop.access_token,
        "refresh_token": shop.refresh_token,
        "expires_in": int(left.total_seconds()),
        "shop_id": int(shop.shop_id),
        "shop_name": "sandbox",
        "scope": "SCOPE",
        "authority_id": shop.shop_id,
        "auth_subject_type": "",
    }


Method = Callable[[DoudianShop, Params, Setting], Any]

METHODS: Mapping[str, Method] = {
    "order.searchList": search_orders,
    "order.orderDetail": order_detail,
    "afterSale.List": list_after_sales,
    "afterSale.Detail": after_sale_detail,
    "product.listV2": list_products,
    "sku.list": list_skus,
}
OPEN_METHODS: Mapping[str, Method] = {
    "token.create": create_token,
    "token.refresh": refresh_token,
}
"""Those that ask for no token."""


def _seconds(key: Key) -> int:
    return int(key[0])


def _places(
    feed: Feed, start: int | None, end: int | None, with_start: bool, with_end: bool
) -> Sequence[int]:
    """Places of the keys between two times; whether those times themselves count is told apart."""
    keys = feed.keys
    first, after = 0, len(keys)
    if start is not None:
        first = (bisect_left if with_start else bisect_right)(keys, start, key=_seconds)
    if end is not None:
        after = (bisect_right if with_end else bisect_left)(keys, end, key=_seconds)
    return range(first, after)


def _without(row: Row, field: str) -> Row:
    return {name: value for name, value in row.items() if name != field}
