"""Parts of the demo's shop for journeys that need not pull the whole year."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from core.db import Database
from core.marketplace.sandbox import Key, Row
from core.registry import load_plugins
from core.security.envelope import load_keys
from core.settings import Settings
from core.sync.shops import NewShop, register_shop
from gateway import BUILT_IN
from plugins.demo.emulation import Emulation
from plugins.demo.platforms.taobao import CREDENTIALS, make_shop
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop

ANCHOR = datetime(2026, 11, 22, 20, 0)
"""The shop's wall clock to which the data set is moved: all journeys happen after it."""


class Recent:
    """The part of a feed that changed on or after a moment, ids included."""

    def __init__(self, feed: Any, since: str) -> None:
        self._feed = feed
        self.keys: Sequence[Key] = feed.keys[bisect_left(feed.keys, (since, -1)) :]

    def render(self, index: int) -> Row:
        return self._feed.render(index)

    def by_id(self, number: int) -> Row | None:
        return self._feed.by_id(number)


class Listed:
    """Rows under keys of their own, so that a row's own times may be anything."""

    def __init__(self, rows: Sequence[tuple[str, Row]]) -> None:
        self.keys: Sequence[Key] = sorted((moment, n) for n, (moment, _) in enumerate(rows))
        self._rows = [row for _, row in rows]

    def render(self, index: int) -> Row:
        return self._rows[index]


def recent_shop(year: Emulation, days: int) -> TopShop:
    """The whole year on Taobao as if the shop had opened `days` before the anchor."""
    since = f"{ANCHOR - timedelta(days=days):%Y-%m-%d %H:%M:%S}"
    shop = make_shop(year.whole)
    return TopShop(
        **CREDENTIALS,
        trades=Recent(shop.trades, since),
        refunds=Recent(shop.refunds, since),
        items=Recent(shop.items, since),
        rates=Recent(shop.rates, since),
    )


def sandbox_of(shop: TopShop) -> TopSandbox:
    """A marketplace that keeps everything, however old a test run finds it."""
    return TopSandbox(shop, retention=timedelta(days=3650), rate_retention=timedelta(days=3650))


def register(
    database: Database, settings: Settings, merchant_id: int, base_url: str, days: int
) -> int:
    """Register the shop at a sandbox's address; returns its id."""
    new = NewShop(
        marketplace="taobao",
        platform_id="journey",
        name="Journey",
        credentials=CREDENTIALS,
        config={
            "base_url": base_url,
            "retention_days": (datetime.now() - ANCHOR).days + days + 2,
            "requests_per_second": 1000,
        },
    )
    marketplaces = load_plugins(BUILT_IN, third_parties=False).marketplaces
    keys = load_keys(settings)
    return database.run_now(
        merchant_id,
        lambda session: register_shop(session, marketplaces, keys, new, datetime.now(UTC)).id,
    )
