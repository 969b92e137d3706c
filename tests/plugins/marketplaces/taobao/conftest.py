"""A sandbox with one shop, and an adapter that reaches it through HTTP without a socket."""

import httpx
import pytest

from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.taobao.builders import CREDENTIALS, NOW, Shop


@pytest.fixture
def top_shop() -> TopShop:
    return TopShop(
        CREDENTIALS["app_key"],
        CREDENTIALS["app_secret"],
        CREDENTIALS["session"],
        CREDENTIALS["refresh_token"],
    )


@pytest.fixture
def sandbox(top_shop: TopShop) -> TopSandbox:
    return TopSandbox(top_shop, clock=SetClock(NOW))


@pytest.fixture
def shop(sandbox: TopSandbox) -> Shop:
    return Shop(httpx.ASGITransport(sandbox.app))


@pytest.fixture
def trade_feed(top_shop: TopShop) -> MemoryFeed:
    feed = MemoryFeed([], "modified", "tid")
    top_shop.trades = feed
    return feed
