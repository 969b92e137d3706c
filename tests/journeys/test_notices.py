"""A change at a platform that gives notice of it is in the graph seconds later, not at its turn."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio
import httpx
import pytest
from starlette.applications import Starlette

import gateway
from core.cli.house import make_engine
from core.graph.scalars import global_id
from core.house import build_house
from core.marketplace.sandbox import MemoryFeed, Row, serve
from core.models import Shop
from core.settings import Settings
from core.sync.shops import NewShop, register_shop
from core.sync.worker import work
from plugins.marketplaces.douyin.sandbox import DoudianSandbox, DoudianShop, Pusher
from plugins.marketplaces.taobao.client import wall_clock
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.builders import make_merchant
from tests.graphql import Api
from tests.plugins.marketplaces.douyin import builders as douyin
from tests.plugins.marketplaces.taobao import builders as taobao

pytestmark = pytest.mark.anyio
SOON = 20.0
"""Seconds that a busy machine may take; `every` of the stream is 300."""
ORDERS = "{ orders(first: 10) { nodes { number } } }"


@dataclass
class Running:
    """The gateway with its worker beside it, a shop, and its owner who asks."""

    app: Starlette
    shop: Shop
    token: str

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://opsgraph"
        )

    async def orders(self) -> set[str]:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.client() as client:
            answer = await client.post("/graphql", json={"query": ORDERS}, headers=headers)
        return {node["number"] for node in answer.json()["data"]["orders"]["nodes"]}

    async def shows(self, *orders: str) -> None:
        """Wait until these orders, and no others, are in the graph."""
        with anyio.fail_after(SOON):
            while True:
                if set(orders) == await self.orders():
                    return
                await anyio.sleep(0.05)

    async def fetches(self, there: TopShop) -> None:
        """Wait until the worker has asked the platform to keep messages."""
        with anyio.fail_after(SOON):
            while True:
                if there.is_permitted:
                    return
                await anyio.sleep(0.05)


@asynccontextmanager
async def running(settings: Settings, new: NewShop) -> AsyncIterator[Running]:
    house = build_house(settings, gateway.BUILT_IN)

    @asynccontextmanager
    async def worker() -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work, make_engine(house), house.registry)
            yield
            tasks.cancel_scope.cancel()

    app = gateway.create_app(house, worker)
    merchant_id = make_merchant(house.db)
    known, moment = house.registry.marketplaces, datetime.now(UTC)
    shop = house.db.run_now(
        merchant_id, lambda session: register_shop(session, known, house.keys, new, moment)
    )
    async with app.router.lifespan_context(app):
        yield Running(app, shop, Api(settings, house.db).token(merchant_id))


def pushed_order(number: str) -> Row:
    second = int(time.time())
    return douyin.order(number, douyin.line(number), update_time=second, create_time=second)


def traded(tid: int) -> Row:
    moment = wall_clock(datetime.now(UTC))
    return taobao.trade(tid, created=moment, pay_time=moment, modified=moment)


async def test_a_pushed_order(settings: Settings) -> None:
    """Doudian pushes; the pull that follows reads the order itself."""
    feed = MemoryFeed([pushed_order("1")], "update_time", "order_id")
    there = DoudianShop(**douyin.CREDENTIALS, shop_id=douyin.SHOP_ID)
    there.orders = feed
    with serve(DoudianSandbox(there).app) as url:
        config = {"base_url": url, "retention_days": 1}
        new = NewShop("douyin", there.shop_id, "Lantern store", douyin.CREDENTIALS, config)
        async with running(settings, new) as here, here.client() as client:
            await here.shows("1")
            pusher = Pusher(there, f"/hooks/douyin/{global_id('Shop', here.shop.id)}", client)

            feed.put(pushed_order("2"))
            answer = await pusher.order("2")
            await here.shows("1", "2")

    assert 200 == answer.status_code


async def test_an_order_that_a_message_names(settings: Settings) -> None:
    """TOP keeps a message; the worker fetches it, and the pull that follows reads the order."""
    feed = MemoryFeed([traded(1)], "modified", "tid")
    there = TopShop(**taobao.CREDENTIALS, user_id=22001, trades=feed)
    with serve(TopSandbox(there).app) as url:
        config = {"base_url": url, "retention_days": 1}
        new = NewShop("taobao", "22001", "Lantern store", taobao.CREDENTIALS, config)
        async with running(settings, new) as here:
            await here.shows("1")
            await here.fetches(there)

            feed.put(traded(2))
            there.announce("taobao_trade_TradeBuyerPay", {"tid": 2}, datetime.now(UTC))
            await here.shows("1", "2")

    assert {} == there.messages.waiting
