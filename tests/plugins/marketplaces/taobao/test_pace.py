"""A backfill through TOP's sandbox, which refuses whoever asks too often in a second."""

from datetime import UTC, datetime

import pytest

from core.db import Database
from core.marketplace.sandbox import serve
from core.sync.lease import Wanted
from core.sync.shops import NewShop, register_shop
from plugins.marketplaces.taobao import opsgraph_marketplaces
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.taobao.builders import CREDENTIALS
from tests.sync.bazaar import KEYS, make_engine

(TAOBAO,) = opsgraph_marketplaces()
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
        database.run_now(
            merchant_id, lambda session: register_shop(session, {"taobao": TAOBAO}, KEYS, new, now)
        )
        engine = make_engine(database, TAOBAO, clock=lambda: datetime.now(UTC))

        report = await engine.run_next(Wanted(streams=("orders",)))

    assert report is not None
    assert ("succeeded", 0) == (report.status, report.retries)
    assert len(sandbox.log.calls) >= DAYS
