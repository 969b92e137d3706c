"""A sandbox with one shop, and an adapter that reaches it through HTTP without a socket."""

from datetime import timedelta

import httpx
import pytest

from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.douyin.sandbox import DoudianSandbox, DoudianShop
from tests.plugins.marketplaces.douyin.builders import CREDENTIALS, NOW, SHOP_ID, Shop


@pytest.fixture
def seller() -> DoudianShop:
    return DoudianShop(**CREDENTIALS, shop_id=SHOP_ID, expires_at=NOW + timedelta(days=3))


@pytest.fixture
def sandbox(seller: DoudianShop) -> DoudianSandbox:
    return DoudianSandbox(seller, clock=SetClock(NOW))


@pytest.fixture
def shop(sandbox: DoudianSandbox) -> Shop:
    return Shop(httpx.ASGITransport(sandbox.app))


@pytest.fixture
def order_feed(seller: DoudianShop) -> MemoryFeed:
    feed = MemoryFeed([], "update_time", "order_id")
    seller.orders = feed
    return feed
