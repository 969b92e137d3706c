"""A backfill through TOP's sandbox, which refuses whoever asks too often in a second."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime

import pytest

from core.db import Database
from core.marketplace.sandbox import serve
from core.settings import Settings
from core.sync.lease import Wanted
from core.sync.shops import NewShop, register_shop
from plugins.marketplaces.taobao import opsgraph_marketplaces
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.taobao.builders import CREDENTIALS
from tests.sync.bazaar import KEYS, make_engine

(TAOBAO,) = opsgraph_marketplaces()
KNOWN = {"taobao": TAOBAO}
RATE = 20
DAYS = 60


@pytest.mark.anyio
async def test_a_backfill_is_never_throttled(
    database: Database, merchant_id: int, top_shop: TopShop
) -> None:
    """With the platform's limit as its budget, a shop is read day by day without a refusal."""
    sandbox, now = TopSandbox(top_shop, calls_per_second=RATE), datetime.now(UTC)
    with serve(sandbox.app) as address:
        config = {
            "base_url": f"{address}/router/rest",
            "retention_days": DAYS,
            "requests_per_second": RATE,
        }
        new = NewShop("taobao", "1", "Lantern", CREDENTIALS, config)
        database.run_now(merchant_id, lambda session: register_shop(session, KNOWN, KEYS, new, now))
        engine = make_engine(database, TAOBAO, clock=lambda: datetime.now(UTC))

        report = await engine.run_next(Wanted(streams=("orders",)))

    assert report is not None
    assert ("succeeded", 0) == (report.status, report.retries)
    assert len(sandbox.log.calls) >= DAYS


@pytest.mark.anyio
async def test_shops_of_one_app_are_never_throttled(
    database: Database, settings: Settings, merchant_id: int
) -> None:
    """TOP counts calls per app: two shops of one app, pulled by two processes, share its limit."""
    first, second = (
        {**CREDENTIALS, "session": f"session{n}", "refresh_token": f"r{n}"} for n in (1, 2)
    )
    sandbox = TopSandbox(*(TopShop(*each.values()) for each in (first, second)), calls_per_second=5)
    other, now = Database(settings), datetime.now(UTC)
    with serve(sandbox.app) as address, closing(other):
        config = {"base_url": f"{address}/router/rest", "retention_days": 15}
        news = [
            NewShop("taobao", each["session"], "Lantern", each, config | {"requests_per_second": 5})
            for each in (first, second)
        ]
        for new in news:
            database.run_now(
                merchant_id, lambda session, new=new: register_shop(session, KNOWN, KEYS, new, now)
            )
        engines = [
            make_engine(each, TAOBAO, clock=lambda: datetime.now(UTC)) for each in (database, other)
        ]

        reports = await asyncio.gather(*(e.run_next(Wanted(streams=("orders",))) for e in engines))

    assert [("succeeded", 0)] * 2 == [(each.status, each.retries) for each in reports if each]
    assert len(sandbox.log.calls) >= 2 * 15
