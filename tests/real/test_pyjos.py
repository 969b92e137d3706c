"""`pyjos` 0.1.1 reads JD's sandbox by GET, and our adapter reads the same from it."""

import httpx
import pytest

from core.marketplace.sandbox import MemoryFeed, serve
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.plugins.marketplaces.jd import builders as jd
from tests.real.clients import Clients

pytestmark = pytest.mark.anyio


async def test_orders_and_wares(clients: Clients) -> None:
    """Orders and wares: ids and yuan are the sandbox's, and the adapter's too."""
    app_key, secret, token, refresh, _ = jd.CREDENTIALS.values()
    shop = JosShop(app_key, secret, token, refresh, expires_at=jd.ENDS)
    shop.orders = MemoryFeed([jd.order()], "modified", "orderId")
    shop.wares = MemoryFeed([jd.ware()], "_modified", "wareId")
    sandbox = JosSandbox(shop, clock=lambda: jd.NOW)
    orders = {
        "start_date": "2026-11-21 12:00:00",
        "end_date": "2026-11-22 12:00:00",
        "page": "1",
        "page_size": "20",
        "order_state": "ALL",
        "source_id": "JOS",
        "optional_fields": "orderId,orderSellerPrice,orderState,modified",
        "dateType": 0,
        "sortType": 2,
    }
    wares = {
        "field": "wareId,title,jdPrice", "pageNo": 1, "pageSize": 20,
        "orderField": "wareId", "orderType": "desc",
    }  # fmt: skip

    with serve(sandbox.app) as url:
        answers = clients.run(
            "jos",
            {
                "base_url": f"{url}/routerjson",
                "now": jd.NOW.timestamp(),
                "app_key": app_key,
                "app_secret": secret,
                "access_token": token,
                "calls": [
                    ["jingdong.pop.order.search", orders],
                    ["jingdong.ware.read.searchWare4Valid", wares],
                ],
            },
        )
    adapter = jd.Shop(httpx.ASGITransport(sandbox.app)).adapter()
    [order] = jd.records(await jd.pull(adapter))
    [product] = jd.records(await jd.pull(adapter, "products"))

    found = answers[0]["jingdong_pop_order_search_responce"]["searchorderinfo_result"]
    [sold] = found["orderInfoList"]
    [ware] = answers[1]["jingdong_ware_read_searchWare4Valid_responce"]["page"]["data"]
    assert ("290000000001", "118.00") == (sold["orderId"], sold["orderSellerPrice"])
    assert (2001, 128.0) == (ware["wareId"], ware["jdPrice"])
    assert ("290000000001", 11_800) == (order.platform_id, order.paid_amount)
    assert "2001" == product.platform_id
