"""`node-taobao-topclient` 0.1.7 from npm reads Taobao's sandbox, and our adapter the same."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from core.marketplace.sandbox import MemoryFeed, serve
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.taobao import builders as taobao
from tests.real import npm

pytestmark = pytest.mark.anyio
PINNED = "node-taobao-topclient@0.1.7"


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the client."""
    return npm.install(tmp_path_factory.mktemp("npm"), PINNED)


def run_client(modules: Path, job: dict[str, Any]) -> Any:
    """What the client got for each of its calls; it must succeed."""
    answers = npm.run(modules, "topclient.js", job, {"TZ": "Asia/Shanghai"})
    # Its `invoke` leaves TOP's envelope on, which has one name.
    return [next(iter(each.values())) if len(each) == 1 else each for each in answers]


async def test_trades_and_refunds(modules: Path) -> None:
    """Trades and refunds of a day: ids and yuan are the sandbox's, and the adapter's too."""
    app_key, secret, session, refresh = taobao.CREDENTIALS.values()
    shop = TopShop(app_key, secret, session, refresh)
    shop.trades = MemoryFeed([taobao.trade(17)], "modified", "tid")
    shop.refunds = MemoryFeed([taobao.refund()], "modified", "refund_id")
    sandbox = TopSandbox(shop, clock=lambda: taobao.NOW)
    span = {"start_modified": "2026-11-21 12:00:00", "end_modified": "2026-11-22 12:00:00"}
    asked = {**span, "page_no": 1, "page_size": 20}
    job = {
        "now": taobao.NOW.timestamp(),
        "app_key": app_key,
        "app_secret": secret,
        "session": session,
        "calls": [
            ["taobao.trades.sold.increment.get", {**asked, "fields": "tid,payment,modified"}],
            ["taobao.refunds.receive.get", {**asked, "fields": "refund_id,refund_fee"}],
        ],
    }

    with serve(sandbox.app) as url:
        trades, refunds = run_client(modules, {**job, "base_url": f"{url}/router/rest"})
    adapter = taobao.Shop(httpx.ASGITransport(sandbox.app)).adapter()
    [order] = taobao.records(await taobao.pull(adapter))
    [refund] = taobao.records(await taobao.pull(adapter, "refunds"))

    [trade], [given] = trades["trades"]["trade"], refunds["refunds"]["refund"]
    assert (17, "118.00") == (int(trade["tid"]), trade["payment"])
    assert ("99", "20.00") == (str(given["refund_id"]), given["refund_fee"])
    assert ("17", 11_800) == (order.platform_id, order.paid_amount)
    assert ("99", 2_000) == (refund.platform_id, refund.amount)
