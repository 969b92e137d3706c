"""A sandbox with one shop, and an adapter that reaches it through HTTP without a socket."""

import httpx
import pytest

from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.plugins.marketplaces.xiaohongshu.builders import CREDENTIALS, NOW, Shop


@pytest.fixture
def ark_shop() -> ArkShop:
    return ArkShop(**CREDENTIALS)


@pytest.fixture
def sandbox(ark_shop: ArkShop) -> ArkSandbox:
    return ArkSandbox(ark_shop, clock=SetClock(NOW))


@pytest.fixture
def shop(sandbox: ArkSandbox) -> Shop:
    return Shop(httpx.ASGITransport(sandbox.app))


@pytest.fixture
def order_feed(ark_shop: ArkShop) -> MemoryFeed:
    feed = MemoryFeed([], "updateTime", "orderId")
    ark_shop.orders = feed
    return feed


@pytest.fixture
def after_sale_feed(ark_shop: ArkShop) -> MemoryFeed:
    feed = MemoryFeed([], "updatedAt", "returnsId")
    ark_shop.after_sales = feed
    return feed
