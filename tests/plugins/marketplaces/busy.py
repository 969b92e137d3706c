"""Five busy shops, one per platform: how a sandbox is filled, and what opens the shop on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.marketplace.contract import Marketplace
from core.marketplace.sandbox import Clock, MemoryFeed, Row, SetClock
from plugins.marketplaces import douyin, jd, pinduoduo, taobao, xiaohongshu
from plugins.marketplaces.douyin.sandbox import DoudianSandbox, DoudianShop
from plugins.marketplaces.jd.client import CHINA
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from plugins.marketplaces.pinduoduo.sandbox.gate import Level, Limit
from plugins.marketplaces.pinduoduo.sandbox.methods import METHODS
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.plugins.marketplaces.douyin import builders as doudian
from tests.plugins.marketplaces.jd import builders as jos
from tests.plugins.marketplaces.pinduoduo import builders as pdd
from tests.plugins.marketplaces.taobao import builders as top
from tests.plugins.marketplaces.xiaohongshu import builders as ark

NOW = top.NOW
"""What time it is for sandboxes and adapters; all builders say the same."""
SPAN = timedelta(hours=12)
"""How long the shop has been selling."""
LINES = 3
ORDERS_OF_A_BUYER = 4
FREE_OF_LIMITS = 1e6
"""Requests per second: how fast we are is asked, not how fast a platform lets us be."""

Fill = Callable[[int, Clock, int | None], Any]
"""Makes the sandbox of a shop with so many orders, on a clock, which allows so many calls a second;
returns its ASGI application."""


@dataclass(frozen=True)
class Platform:
    """A marketplace, a sandbox for it, and what a shop on that is registered with.

    addresses: names of the config that hold the sandbox's address, each with a path.
    """

    marketplace: Marketplace
    fill: Fill
    credentials: Mapping[str, str] = field(repr=False)
    addresses: Mapping[str, str]
    platform_id: str = "1"

    def sandbox(self, orders: int, clock: Clock | None = None, rate: int | None = None) -> Any:
        """The ASGI application of a sandbox in which the shop has sold so much."""
        return self.fill(orders, clock or SetClock(NOW), rate)

    def config(self, address: str) -> dict[str, Any]:
        """The public settings of the shop, whose platform answers there."""
        return {
            **{name: address + path for name, path in self.addresses.items()},
            "requests_per_second": FREE_OF_LIMITS,
            "retention_days": SPAN / timedelta(days=1),
        }


def moments(count: int) -> list[datetime]:
    """When each order was changed last: spread over the span, and all far enough from its ends."""
    begun, step = NOW - SPAN + timedelta(minutes=20), (SPAN - timedelta(hours=1)) / count
    return [begun + number * step for number in range(count)]


def _text(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _buyer(number: int) -> str:
    return f"AAF-{number // ORDERS_OF_A_BUYER}"


def _parts(number: int) -> range:
    """Numbers of an order's lines, which no other line has."""
    return range(LINES * number + 1, LINES * number + LINES + 1)


def _trade(number: int, moment: datetime) -> Row:
    lines = [top.line(part, sku_id=str(8000 + part % 50)) for part in _parts(number)]
    changes = {"modified": _text(moment), "payment": "354.00", "buyer_open_uid": _buyer(number)}
    return top.trade(number + 1, *lines, **changes)


def _taobao(count: int, clock: Clock, rate: int | None) -> Any:
    rows = [_trade(number, moment) for number, moment in enumerate(moments(count))]
    shop = TopShop(**top.CREDENTIALS, trades=MemoryFeed(rows, "modified", "tid"))
    return TopSandbox(shop, clock=clock, calls_per_second=rate).app


def _jd_order(number: int, moment: datetime) -> Row:
    lines = [jos.line(str(1000 + (LINES * number + place) % 50)) for place in range(LINES)]
    changes = {"modified": _text(moment), "open_id_buyer": _buyer(number)}
    return jos.order(number + 1, *lines, **changes)


def _jd(count: int, clock: Clock, rate: int | None) -> Any:
    rows = [_jd_order(number, moment) for number, moment in enumerate(moments(count))]
    keys = ("app_key", "app_secret", "access_token", "refresh_token")
    opened = {name: jos.CREDENTIALS[name] for name in keys}
    shop = JosShop(**opened, orders=MemoryFeed(rows, "modified", "orderId"), expires_at=jos.ENDS)
    return JosSandbox(shop, clock=clock, calls_per_second=rate).app


def _pdd_order(number: int, moment: datetime) -> Row:
    items = [pdd.item(sku_id=8000 + (LINES * number + place) % 50) for place in range(LINES)]
    return pdd.order(number + 1, *items, updated_at=_text(moment))


def _pinduoduo(count: int, clock: Clock, rate: int | None) -> Any:
    rows = [_pdd_order(number, moment) for number, moment in enumerate(moments(count))]
    shop = PddShop(**pdd.CREDENTIALS, orders=MemoryFeed(rows, "updated_at", "order_sn"))
    limits = {} if rate is None else {name: [Limit(Level.SHOP, 1, rate)] for name in METHODS}
    return PddSandbox(shop, clock=clock, limits=limits).app


def _doudian_order(number: int, moment: datetime) -> Row:
    name = str(10**9 + number)
    lines = [
        doudian.line(str(10**12 + part), parent_order_id=name, sku_id=1000 + part % 50)
        for part in _parts(number)
    ]
    changes = {"update_time": int(moment.timestamp()), "doudian_open_id": _buyer(number)}
    return doudian.order(name, *lines, **changes)


def _douyin(count: int, clock: Clock, rate: int | None) -> Any:
    rows = [_doudian_order(number, moment) for number, moment in enumerate(moments(count))]
    shop = DoudianShop(
        **doudian.CREDENTIALS,
        shop_id=doudian.SHOP_ID,
        orders=MemoryFeed(rows, "update_time", "order_id"),
        expires_at=NOW + timedelta(days=3),
    )
    return DoudianSandbox(shop, clock=clock, calls_per_second=rate).app


def _ark_order(number: int, moment: datetime) -> Row:
    skus = [ark.sku(f"k{(LINES * number + place) % 50}") for place in range(LINES)]
    return ark.order(number + 1, *skus, updateTime=ark.ms(moment), userId=_buyer(number))


def _xiaohongshu(count: int, clock: Clock, rate: int | None) -> Any:
    rows = [_ark_order(number, moment) for number, moment in enumerate(moments(count))]
    shop = ArkShop(**ark.CREDENTIALS, orders=MemoryFeed(rows, "updateTime", "orderId"))
    return ArkSandbox(shop, clock=clock, calls_per_second=rate).app


def _market(plugin: Any) -> Marketplace:
    [marketplace] = plugin.opsgraph_marketplaces()
    return marketplace


_ARK_PATH = "/ark/open_api/v3/common_controller"
PLATFORMS: Mapping[str, Platform] = {
    "taobao": Platform(_market(taobao), _taobao, top.CREDENTIALS, {"base_url": "/router/rest"}),
    "jd": Platform(
        _market(jd),
        _jd,
        jos.CREDENTIALS,
        {"base_url": "/routerjson", "oauth_url": "/oauth2/refresh_token"},
    ),
    "pinduoduo": Platform(
        _market(pinduoduo), _pinduoduo, pdd.CREDENTIALS, {"base_url": "/api/router"}
    ),
    "douyin": Platform(
        _market(douyin), _douyin, doudian.CREDENTIALS, {"base_url": ""}, doudian.SHOP_ID
    ),
    "xiaohongshu": Platform(
        _market(xiaohongshu), _xiaohongshu, ark.CREDENTIALS, {"base_url": _ARK_PATH}
    ),
}
