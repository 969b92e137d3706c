"""A sandbox with one mall, and an adapter that reaches it through HTTP without a socket."""

import httpx
import pytest

from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from tests.plugins.marketplaces.pinduoduo.builders import CREDENTIALS, NOW, Shop


@pytest.fixture
def mall() -> PddShop:
    return PddShop(
        CREDENTIALS["client_id"],
        CREDENTIALS["client_secret"],
        CREDENTIALS["access_token"],
        CREDENTIALS["refresh_token"],
    )


@pytest.fixture
def sandbox(mall: PddShop) -> PddSandbox:
    return PddSandbox(mall, clock=SetClock(NOW))


@pytest.fixture
def shop(sandbox: PddSandbox) -> Shop:
    return Shop(httpx.ASGITransport(sandbox.app))


@pytest.fixture
def order_feed(mall: PddShop) -> MemoryFeed:
    feed = MemoryFeed([], "updated_at", "order_sn")
    mall.orders = feed
    return feed
