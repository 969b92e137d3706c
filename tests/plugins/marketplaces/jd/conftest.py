"""A sandbox with one shop, and an adapter that reaches it through HTTP without a socket."""

import httpx
import pytest

from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.plugins.marketplaces.jd.builders import CREDENTIALS, ENDS, NOW, Shop


@pytest.fixture
def jos_shop() -> JosShop:
    return JosShop(
        CREDENTIALS["app_key"],
        CREDENTIALS["app_secret"],
        CREDENTIALS["access_token"],
        CREDENTIALS["refresh_token"],
        expires_at=ENDS,
    )


@pytest.fixture
def clock() -> SetClock:
    """The time of JD and of the adapter together."""
    return SetClock(NOW)


@pytest.fixture
def sandbox(jos_shop: JosShop, clock: SetClock) -> JosSandbox:
    return JosSandbox(jos_shop, clock=clock)


@pytest.fixture
def shop(sandbox: JosSandbox, clock: SetClock) -> Shop:
    return Shop(httpx.ASGITransport(sandbox.app), clock=clock)


@pytest.fixture
def order_feed(jos_shop: JosShop) -> MemoryFeed:
    feed = MemoryFeed([], "modified", "orderId")
    jos_shop.orders = feed
    return feed
