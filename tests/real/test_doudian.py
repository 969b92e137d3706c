"""`doudian` 0.6 gets tokens and reads Doudian's sandbox, and our adapter reads the same from it.

It escapes other scripts in the body, which the official SDKs never do and the sandbox refuses;
it is given words that have nothing to escape.
"""

from datetime import timedelta

import httpx
import pytest

from core.marketplace.sandbox import serve
from plugins.marketplaces.douyin.sandbox import DoudianSandbox
from tests.plugins.marketplaces.douyin import builders as douyin
from tests.real.clients import Clients
from tests.real.sellers import doudian_seller

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.tells(
        "output", "credential", "phone", reason="a foreign client prints the answers that it got"
    ),
]


@pytest.mark.parametrize("renews", [False, True])
async def test_tokens_orders_and_refunds(clients: Clients, renews: bool) -> None:
    """Tokens are got or renewed; ids and fen are the sandbox's, and the adapter's too."""
    seller = doudian_seller()
    seller.expires_at = douyin.NOW + timedelta(minutes=50)
    sandbox = DoudianSandbox(seller, clock=lambda: douyin.NOW)
    start, end = (int(each.timestamp()) for each in (douyin.DAY.start, douyin.DAY.end))
    orders = {"order_by": "update_time", "order_asc": True, "page": 0, "size": 50}
    refunds = {"order_by": ["update_time asc"], "page": 0, "size": 50}
    orders |= {"update_time_start": start, "update_time_end": end}
    refunds |= {"update_start_time": start, "update_end_time": end}

    with serve(sandbox.app) as url:
        told = clients.run(
            "doudian_shop",
            {
                "base_url": url,
                "now": douyin.NOW.timestamp(),
                "app_key": seller.app_key,
                "app_secret": seller.app_secret,
                "shop_id": seller.shop_id,
                "renew": renews,
                "calls": [["/order/searchList", orders], ["/afterSale/List", refunds]],
            },
        )
    shop = douyin.Shop(httpx.ASGITransport(sandbox.app))
    shop.credentials = {
        **douyin.CREDENTIALS,
        "access_token": seller.access_token,
        "refresh_token": seller.refresh_token,
    }
    adapter = shop.adapter()
    [order] = douyin.records(await douyin.pull(adapter))
    [refund] = douyin.records(await douyin.pull(adapter, "refunds"))

    sold_answer, refund_answer = told["answers"]
    [sold] = sold_answer["data"]["shop_order_list"]
    [given] = refund_answer["data"]["items"]
    assert [10_000, 10_000] == [sold_answer["code"], refund_answer["code"]]
    assert seller.access_token == told["tokens"][-1]
    assert ("6900000000000000001", 11_800) == (sold["order_id"], sold["pay_amount"])
    assert ("99", 2_000) == tuple(
        given["aftersale_info"][name] for name in ("aftersale_id", "refund_amount")
    )
    assert ("6900000000000000001", 11_800) == (order.platform_id, order.paid_amount)
    assert "99" == refund.platform_id
