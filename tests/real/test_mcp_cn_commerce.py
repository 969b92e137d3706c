"""`mcp-cn-commerce` 0.1.6 reads all five sandboxes, and our adapters read the same from them.

The client raises for every refusal and every answer that it doesn't understand, so whatever it
prints was accepted on both sides.
"""

from datetime import datetime
from typing import Any

import httpx
import pytest

from core.marketplace.contract import Window
from core.marketplace.sandbox import MemoryFeed, serve
from plugins.marketplaces.douyin.sandbox import DoudianSandbox
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.plugins.marketplaces.douyin import builders as douyin
from tests.plugins.marketplaces.jd import builders as jd
from tests.plugins.marketplaces.pinduoduo import builders as pinduoduo
from tests.plugins.marketplaces.taobao import builders as taobao
from tests.plugins.marketplaces.xiaohongshu import builders as xiaohongshu
from tests.real.clients import Clients
from tests.real.sellers import doudian_seller

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.tells(
        "output", "credential", "phone", reason="a foreign client prints the answers that it got"
    ),
]
DAY = {"start": "2026-11-21 12:00:00", "end": "2026-11-22 12:00:00"}


def ask(
    clients: Clients, server: str, base_url: str, now: datetime, credentials: Any, *calls: Any
) -> list[Any]:
    """What the client got for each of its calls."""
    job = {"server": server, "base_url": base_url, "now": now.timestamp()}
    return clients.run("mcp_cn_commerce", {**job, "credentials": credentials, "calls": list(calls)})


def bounds(window: Window) -> tuple[int, int]:
    """In unix seconds."""
    return int(window.start.timestamp()), int(window.end.timestamp())


def keys(app_key: str, app_secret: str, access_token: str) -> dict[str, str]:
    return {"app_key": app_key, "app_secret": app_secret, "access_token": access_token}


async def test_taobao(clients: Clients) -> None:
    """Trades and refunds of a day: ids and yuan are the sandbox's, and the adapter's too."""
    app_key, secret, session, refresh = taobao.CREDENTIALS.values()
    shop = TopShop(app_key, secret, session, refresh)
    shop.trades = MemoryFeed([taobao.trade()], "modified", "tid")
    shop.refunds = MemoryFeed([taobao.refund()], "modified", "refund_id")
    sandbox = TopSandbox(shop, clock=lambda: taobao.NOW)
    span = {"start_modified": DAY["start"], "end_modified": DAY["end"]}
    pages = {"page_no": "1", "page_size": "20"}
    trade_fields = "tid,type,status,payment,pay_time,created,modified,end_time,orders"
    refund_fields = "refund_id,tid,oid,status,refund_fee,created,modified,end_time"

    with serve(sandbox.app) as url:
        answers = ask(
            clients, "taobao", f"{url}/router/rest", taobao.NOW, keys(app_key, secret, session),
            ["taobao.trades.sold.increment.get", {**span, **pages, "fields": trade_fields}],
            ["taobao.refunds.receive.get", {**span, **pages, "fields": refund_fields}],
        )  # fmt: skip
    adapter = taobao.Shop(httpx.ASGITransport(sandbox.app)).adapter()
    [order] = taobao.records(await taobao.pull(adapter))
    [refund] = taobao.records(await taobao.pull(adapter, "refunds"))

    [trade] = answers[0]["trades_sold_increment_get_response"]["trades"]["trade"]
    [given] = answers[1]["refunds_receive_get_response"]["refunds"]["refund"]
    assert (3_600_000_000_000_000_001, "118.00") == (int(trade["tid"]), trade["payment"])
    assert ("99", "20.00") == (given["refund_id"], given["refund_fee"])
    assert (str(trade["tid"]), 11_800) == (order.platform_id, order.paid_amount)
    assert ("99", 2_000) == (refund.platform_id, refund.amount)


async def test_jd(clients: Clients) -> None:
    """Orders of a day: ids and yuan are the sandbox's, and the adapter's too.

    The client's tools for refunds and wares name methods that JD doesn't document.
    """
    app_key, secret, token, refresh, _ = jd.CREDENTIALS.values()
    shop = JosShop(app_key, secret, token, refresh, expires_at=jd.ENDS)
    shop.orders = MemoryFeed([jd.order()], "modified", "orderId")
    sandbox = JosSandbox(shop, clock=lambda: jd.NOW)
    asked = {
        "start_date": DAY["start"],
        "end_date": DAY["end"],
        "page": "1",
        "page_size": "20",
        "order_state": "ALL",
        "source_id": "JOS",
        "optional_fields": "orderId,orderSellerPrice,orderState,modified",
        "dateType": 0,
        "sortType": 2,
    }

    with serve(sandbox.app) as url:
        [answer] = ask(
            clients, "jd", f"{url}/routerjson", jd.NOW, keys(app_key, secret, token),
            ["jingdong.pop.order.search", asked],
        )  # fmt: skip
    adapter = jd.Shop(httpx.ASGITransport(sandbox.app)).adapter()
    [order] = jd.records(await jd.pull(adapter))

    [given] = answer["jingdong_pop_order_search_responce"]["searchorderinfo_result"][
        "orderInfoList"
    ]
    assert ("290000000001", "118.00") == (given["orderId"], given["orderSellerPrice"])
    assert ("290000000001", 11_800) == (order.platform_id, order.paid_amount)


async def test_pinduoduo(clients: Clients) -> None:
    """Orders and refunds of half an hour: ids and yuan are the sandbox's, and the adapter's too.

    The client has no tools for them, so its own transport is given the documented parameters.
    """
    app_key, secret, token, refresh = pinduoduo.CREDENTIALS.values()
    shop = PddShop(app_key, secret, token, refresh)
    shop.orders = MemoryFeed([pinduoduo.order()], "updated_at", "order_sn")
    shop.refunds = MemoryFeed([pinduoduo.refund()], "updated_time")
    sandbox = PddSandbox(shop, clock=lambda: pinduoduo.NOW)
    start, end = bounds(pinduoduo.HALF_HOUR)
    pages = {"page": 1, "page_size": 50}
    orders = {"order_status": 5, "refund_status": 5, "is_lucky_flag": 0, **pages}
    refunds = {"after_sales_status": 10, "after_sales_type": 1, **pages}
    orders |= {"start_updated_at": start, "end_updated_at": end}
    refunds |= {"start_updated_at": start, "end_updated_at": end}

    with serve(sandbox.app) as url:
        answers = ask(
            clients, "pinduoduo", f"{url}/api/router", pinduoduo.NOW,
            keys(app_key, secret, token),
            ["pdd.order.number.list.increment.get", orders],
            ["pdd.refund.list.increment.get", refunds],
        )  # fmt: skip
    adapter = pinduoduo.Shop(httpx.ASGITransport(sandbox.app)).adapter()
    [order] = pinduoduo.records(await pinduoduo.pull(adapter, "orders", pinduoduo.HALF_HOUR))
    [refund] = pinduoduo.records(await pinduoduo.pull(adapter, "refunds", pinduoduo.HALF_HOUR))

    [sold] = answers[0]["order_sn_increment_get_response"]["order_sn_list"]
    [given] = answers[1]["refund_increment_get_response"]["refund_list"]
    assert (pinduoduo.order_sn(1), 118.0) == (sold["order_sn"], sold["pay_amount"])
    assert (99, "20.00") == (given["id"], given["refund_amount"])
    assert pinduoduo.order_sn(1) == order.platform_id
    assert ("99", 2_000) == (refund.platform_id, refund.amount)


async def test_douyin(clients: Clients) -> None:
    """Orders and after-sales of a day: ids and fen are the sandbox's, and the adapter's too."""
    seller = doudian_seller()
    sandbox = DoudianSandbox(seller, clock=lambda: douyin.NOW)
    credentials = keys(seller.app_key, seller.app_secret, seller.access_token)
    start, end = bounds(douyin.DAY)
    pages = {"page": 0, "size": 50}
    orders = {"order_by": "update_time", "order_asc": True, **pages}
    refunds = {"order_by": ["update_time asc"], **pages}
    orders |= {"update_time_start": start, "update_time_end": end}
    refunds |= {"update_start_time": start, "update_end_time": end}

    with serve(sandbox.app) as url:
        answers = ask(
            clients, "doudian", url, douyin.NOW, {**credentials, "shop_id": seller.shop_id},
            ["order/searchList", orders],
            ["afterSale/List", refunds],
        )  # fmt: skip
    adapter = douyin.Shop(httpx.ASGITransport(sandbox.app)).adapter()
    [order] = douyin.records(await douyin.pull(adapter))
    [refund] = douyin.records(await douyin.pull(adapter, "refunds"))

    [sold] = answers[0]["shop_order_list"]
    [given] = answers[1]["items"]
    assert ("6900000000000000001", 11_800) == (sold["order_id"], sold["pay_amount"])
    assert "99" == given["aftersale_info"]["aftersale_id"]
    assert ("6900000000000000001", 11_800) == (order.platform_id, order.paid_amount)
    assert "99" == refund.platform_id


async def test_xiaohongshu(clients: Clients) -> None:
    """Orders and after-sales of half an hour, and an order's details: the same on both sides."""
    app_key, secret, token, _ = xiaohongshu.CREDENTIALS.values()
    shop = ArkShop(**xiaohongshu.CREDENTIALS)
    shop.orders = MemoryFeed([xiaohongshu.order()], "updateTime", "orderId")
    shop.after_sales = MemoryFeed([xiaohongshu.after_sale()], "updatedAt", "returnsId")
    sandbox = ArkSandbox(shop, clock=lambda: xiaohongshu.NOW)
    start, end = bounds(xiaohongshu.HALF_HOUR)
    pages = {"pageNo": 1, "pageSize": 50, "timeType": 2}

    with serve(sandbox.app) as url:
        answers = ask(
            clients, "xiaohongshu", f"{url}/ark/open_api/v3/common_controller", xiaohongshu.NOW,
            keys(app_key, secret, token),
            ["POST", "/api/order/list", {**pages, "startTime": start, "endTime": end}],
            ["POST", "/api/order/detail", {"order_id": "P1"}],
            ["POST", "/api/refund/list",
             {**pages, "startTime": start * 1000, "endTime": end * 1000}],
        )  # fmt: skip
    adapter = xiaohongshu.Shop(httpx.ASGITransport(sandbox.app)).adapter()
    window = xiaohongshu.HALF_HOUR
    [order] = xiaohongshu.records(await xiaohongshu.pull(adapter, "orders", window))
    [refund] = xiaohongshu.records(await xiaohongshu.pull(adapter, "refunds", window))

    [listed] = answers[0]["data"]["orderList"]
    detail = answers[1]["data"]
    assert "P1" == listed["orderId"]
    assert ("P1", 11_800) == (detail["orderId"], detail["totalPayAmount"])
    assert ("P1", 11_800) == (order.platform_id, order.paid_amount)
    assert "R1" in str(answers[2]["data"])
    assert "R1" == refund.platform_id
