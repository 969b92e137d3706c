"""The TOP methods that the sandbox knows, with their limits (open.taobao.com/api.htm)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from core.marketplace.sandbox import Feed, Row
from plugins.marketplaces.taobao.sandbox.ads import campaign_report
from plugins.marketplaces.taobao.sandbox.messages import confirmed, consumed
from plugins.marketplaces.taobao.sandbox.protocol import (
    TIME,
    Nested,
    Params,
    RefusalError,
    Selection,
    invalid,
)
from plugins.marketplaces.taobao.sandbox.shop import TopShop

DAY = timedelta(days=1)
DEFAULT_TYPES = "guarantee_trade,auto_delivery,ec,cod,step"
DEFAULT_REFUND_TYPES = "guarantee_trade,auto_delivery"
EVERY_TYPE = frozenset(
    "fixed auction guarantee_trade step independent_simple_trade independent_shop_trade "
    "auto_delivery ec cod game_equipment shopex_trade netcn_trade external_trade instant_trade "
    "b2c_cod hotel_trade super_market_trade super_market_cod_trade taohua waimai o2o_offlinetrade "
    "nopaid eticket tmall_i18n insurance_plus finance pre_auth_type lazada".split()
)
ROWS_OF_ITEMS = 20_000
ROWS_OF_RATES = 1500
PAGES_OF_RATES = 200
FOREVER = 2**63

Keep = Callable[[Row], bool]


@dataclass(frozen=True)
class Setting:
    """The sandbox's time, how far back it shows data, and how long sessions live."""

    now: datetime
    retention: timedelta
    rate_retention: timedelta
    session_lifetime: timedelta | None

    def earliest(self, retention: timedelta) -> str:
        return (self.now - retention).strftime(TIME)


def sold_trades(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.trades.sold.increment.get"""
    params.required("fields")
    start, end = _time(params, "start_modified"), _time(params, "end_modified")
    span = datetime.strptime(end, TIME) - datetime.strptime(start, TIME)
    if not timedelta(0) < span <= DAY:
        raise invalid("end_modified", "must be after start_modified, by a day at most")
    start = max(start, setting.earliest(setting.retention))
    rows = _Rows(shop.trades, start, end, _trade_filter(params, DEFAULT_TYPES))
    selection = Selection(params.words("fields"), Nested("orders", "orders", "order"))
    return _answer(params, rows, selection, ("trades", "trade"), 100)


def received_refunds(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.refunds.receive.get"""
    params.required("fields")
    start = max(params.time("start_modified") or "", setting.earliest(setting.retention))
    keep = _trade_filter(params, DEFAULT_REFUND_TYPES)
    rows = _Rows(shop.refunds, start, params.time("end_modified"), keep)
    return _answer(params, rows, Selection(params.words("fields")), ("refunds", "refund"), 100)


def items_onsale(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.items.onsale.get"""
    return _items(shop, params, lambda item: item.get("approve_status") == "onsale")


def items_inventory(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.items.inventory.get"""
    banner = params.get("banner") or "for_shelved"
    if banner not in {"for_shelved", "sold_out", "violation_off_shelf"}:
        raise invalid("banner", "is not known to this sandbox")
    params.number("page_no", 1, highest=101)
    return _items(shop, params, lambda item: _banner(item) == banner)


def items_details(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.items.seller.list.get: what doesn't exist is left out without a word."""
    params.required("fields")
    numbers = params.required("num_iids").split(",")
    if len(numbers) > 20:
        raise invalid("num_iids", "at most 20")
    selection = Selection(params.words("fields"), Nested("sku", "skus", "sku"))
    found = (shop.items.by_id(int(number)) for number in numbers)
    return _wrapped("items", "item", [selection.of(item) for item in found if item])


def trade_rates(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.traderates.get: the last 180 days, at most 1,500 rows for one condition."""
    for name in ("fields", "rate_type", "role"):
        params.required(name)
    params.number("page_no", 1, highest=PAGES_OF_RATES)
    asked = {name: params[name] for name in ("role", "result") if params.get(name)}
    start = max(params.time("start_date") or "", setting.earliest(setting.rate_retention))
    rows = _Rows(
        shop.rates, start, params.time("end_date"), lambda row: row.items() >= asked.items()
    )
    rows.cut(ROWS_OF_RATES)
    selection = Selection(params.words("fields"))
    return _answer(params, rows, selection, ("trade_rates", "trade_rate"), 150)


def ad_days(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.universalbp.report.query.campaign"""
    return campaign_report(shop, params)


def server_time(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.time.get"""
    return {"time": setting.now.strftime(TIME)}


def refreshed_token(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.top.auth.token.refresh: the tokens come as JSON inside a string."""
    if params.required("refresh_token") != shop.refresh_token:
        raise RefusalError(15, "Remote service error", "isv.refresh-token-invalid", "refresh token")
    lifetime = setting.session_lifetime
    shop.renew(setting.now + lifetime if lifetime else None)
    seconds = int((lifetime or timedelta(days=365)).total_seconds())
    tokens = {
        "access_token": shop.session,
        "refresh_token": shop.refresh_token,
        "expires_in": seconds,
        "re_expires_in": seconds,
        "token_type": "Bearer",
    }
    return {"token_result": orjson.dumps(tokens).decode()}


def permitted_user(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.tmc.user.permit"""
    shop.is_permitted = True
    return {"is_success": True}


def consumed_messages(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.tmc.messages.consume"""
    return consumed(shop.messages, params, setting.now)


def confirmed_messages(shop: TopShop, params: Params, setting: Setting) -> Row:
    """taobao.tmc.messages.confirm"""
    return confirmed(shop.messages, params)


Method = Callable[[TopShop, Params, Setting], Row]

METHODS: Mapping[str, Method] = {
    "taobao.trades.sold.increment.get": sold_trades,
    "taobao.refunds.receive.get": received_refunds,
    "taobao.items.onsale.get": items_onsale,
    "taobao.items.inventory.get": items_inventory,
    "taobao.items.seller.list.get": items_details,
    "taobao.traderates.get": trade_rates,
    "taobao.universalbp.report.query.campaign": ad_days,
    "taobao.tmc.user.permit": permitted_user,
}
OPEN_METHODS: Mapping[str, Method] = {
    "taobao.time.get": server_time,
    "taobao.top.auth.token.refresh": refreshed_token,
    "taobao.tmc.messages.consume": consumed_messages,
    "taobao.tmc.messages.confirm": confirmed_messages,
}
"""Those that ask for no session."""


def index_of_trade(feed: Feed, params: Params, tid: int) -> int | None:
    """The feed's index of a trade within the window that the parameters ask for."""
    start, end = _time(params, "start_modified"), _time(params, "end_modified")
    first, after = _bounds(feed, start, end)
    indexes = (index for _, index in feed.keys[first:after])
    return next((index for index in indexes if feed.render(index).get("tid") == tid), None)


class _Rows:
    """Rows of a feed that match, newest first; one is rendered when its page is asked for."""

    def __init__(self, feed: Feed, start: str, end: str | None, keep: Keep | None = None) -> None:
        self._feed = feed
        first, after = _bounds(feed, start, end)
        self._places: Sequence[int] = range(after - 1, first - 1, -1)
        if keep:
            self._places = [place for place in self._places if keep(self._row(place))]

    def __len__(self) -> int:
        return len(self._places)

    def _row(self, place: int) -> Row:
        return self._feed.render(self._feed.keys[place][1])

    def rank(self, keep: Keep, field: str, *, descending: bool) -> None:
        """Only the rows that match, in the order of a field; each is rendered once for it."""
        rows = ((self._row(place), place) for place in self._places)
        ranked = [(field in row, row.get(field), place) for row, place in rows if keep(row)]
        self._places = [place for *_, place in sorted(ranked, reverse=descending)]

    def cut(self, most: int) -> None:
        self._places = self._places[:most]

    def page(self, number: int, size: int) -> list[Row]:
        return [self._row(place) for place in self._places[(number - 1) * size : number * size]]


def _bounds(feed: Feed, start: str, end: str | None) -> tuple[int, int]:
    """Places of the keys from `start` to `end`, both inclusive."""
    after = bisect_right(feed.keys, (end, FOREVER)) if end else len(feed.keys)
    return bisect_left(feed.keys, (start, -1)), after


def _answer(
    params: Params, rows: _Rows, selection: Selection, keys: tuple[str, str], highest: int
) -> Row:
    """A page with the total, or only whether there is another one if `use_has_next` asks so."""
    size = params.number("page_size", 40, highest)
    number = params.number("page_no", 1)
    answer = _wrapped(*keys, [selection.of(row) for row in rows.page(number, size)])
    if params.flag("use_has_next"):
        return {"has_next": number * size < len(rows), **answer}
    return {"total_results": len(rows), **answer}


def _wrapped(outer: str, inner: str, rows: list[Row]) -> Row:
    return {outer: {inner: rows}} if rows else {}


def _items(shop: TopShop, params: Params, keep: Keep) -> Row:
    params.required("fields")
    size, number = params.number("page_size", 40, 200), params.number("page_no", 1)
    if size * number > ROWS_OF_ITEMS:
        raise invalid("page_no", f"page_no * page_size is over {ROWS_OF_ITEMS}")
    column, _, direction = (params.get("order_by") or "list_time:desc").partition(":")
    if column not in {"list_time", "delist_time", "num", "modified", "sold_quantity"}:
        raise invalid("order_by", "no such column")
    start = params.time("start_modified") or ""
    rows = _Rows(shop.items, start, params.time("end_modified"))
    rows.rank(keep, column, descending=direction == "desc")
    return _answer(params, rows, Selection(params.words("fields")), ("items", "item"), 200)


def _banner(item: Row) -> str:
    """Where TOP shows an item that is not on sale; one that is has no banner."""
    if item.get("approve_status") != "instock":
        return ""
    if item.get("violation"):
        return "violation_off_shelf"
    return "for_shelved" if item.get("num", 1) else "sold_out"


def _trade_filter(params: Params, default: str) -> Keep | None:
    """By `type` and `status`; None when everything is asked for. A type not told is `fixed`."""
    types = params.words("type", default)
    status = params.get("status")
    if types >= EVERY_TYPE and not status:
        return None
    if "guarantee_trade" in types:
        types |= {"fixed", "auction"}
    return lambda row: (
        row.get("type", "fixed") in types and (not status or row.get("status") == status)
    )


def _time(params: Params, name: str) -> str:
    params.required(name)
    return params.time(name) or ""
