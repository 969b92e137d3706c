"""Personal data and secrets stay out of payloads, errors and representations."""

import httpx
import orjson
import pytest

from core.marketplace.contract import Mapped, Page
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.jd.mapping import PERSONAL
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.plugins.marketplaces.jd.builders import (
    BASE_URL,
    CREDENTIALS,
    Shop,
    ad_day,
    cancellation,
    line,
    money,
    order,
    pull,
    service,
    sku,
    ware,
)

pytestmark = pytest.mark.anyio

PRIVATE = "王小明-private"
STREAMS = ("orders", "refunds", "cancellations", "products", "ad_spend")


def gossip(row: Row) -> Row:
    """The row as a JD would send it that tells more than it was asked for."""
    told = {
        name: gossip(value) if isinstance(value, dict) else value for name, value in row.items()
    }
    return {**told, **dict.fromkeys(PERSONAL, PRIVATE)}


def gossiping(request: httpx.Request) -> httpx.Response:
    """A JD that answers every method with one row."""
    form = dict(httpx.QueryParams(request.content.decode()))
    results = {
        "jingdong.pop.order.search": (
            "searchorderinfo_result",
            {"orderTotal": 1, "orderInfoList": [gossip(order(1, gossip(line())))]},
        ),
        "jingdong.asc.serviceAndRefund.view": (
            "pageResult",
            {"totalCount": 1, "data": [gossip(service())]},
        ),
        "jingdong.b2c.shop.aftersales.refund.get": ("result", {"data": gossip(money())}),
        "jingdong.pop.afs.soa.refundapply.queryPageList": (
            "queryResult",
            {"totalCount": 1, "result": [gossip(cancellation())]},
        ),
        "jingdong.ware.read.searchWare4Valid": (
            "page",
            {"totalItem": 1, "data": [gossip(ware(2001, jdPrice="1.00"))]},
        ),
        "jingdong.sku.read.searchSkuList": (
            "page",
            {"totalItem": 1, "data": [gossip(sku(jdPrice="1.00", wareId=2001))]},
        ),
        "jingdong.dsp.report.queryCampDailySum": (
            "querycampdailysum_result",
            {"value": [gossip(ad_day())]},
        ),
    }
    name, result = results[form["method"]]
    root = form["method"].replace(".", "_") + "_responce"
    return httpx.Response(200, content=orjson.dumps({root: {"code": "0", name: result}}))


def bodies(pages: list[Page]) -> str:
    payloads = [dict(each.payload.body) for page in pages for each in page.items]
    return orjson.dumps(payloads).decode()


@pytest.mark.parametrize("stream", STREAMS)
async def test_no_payload_holds_a_personal_value(stream: str) -> None:
    """Whatever JD sends along: accounts, names, addresses, waybills and free text are masked."""
    pages = await pull(Shop(httpx.MockTransport(gossiping)).adapter(), stream)

    assert [Mapped] == [type(each) for page in pages for each in page.items]
    assert PRIVATE not in bodies(pages)


async def test_rejected_rows_are_masked_too(jos_shop: JosShop, shop: Shop) -> None:
    """A row in quarantine is read by people: it must not tell more than a mapped one."""
    bad = cancellation(1, applyRefundSum="much", buyerName=PRIVATE)
    jos_shop.cancellations = MemoryFeed([bad], "applyTime")

    pages = await pull(shop.adapter(), "cancellations")

    assert PRIVATE not in bodies(pages)
    assert '"applyRefundSum":"much"' in bodies(pages)


async def test_what_is_not_needed_is_not_asked_for(sandbox: JosSandbox, shop: Shop) -> None:
    """The best mask is not to have it: names, phones and addresses are in no list of fields."""
    adapter = shop.adapter()

    for stream in ("orders", "products"):
        await pull(adapter, stream)

    asked = {
        name
        for call in sandbox.log.calls
        for list_name in ("optional_fields", "field")
        for name in call.params.get(list_name, "").split(",")
    }
    assert {"waybill"} == asked & PERSONAL


@pytest.mark.parametrize("secret", ["app_secret", "access_token", "refresh_token"])
async def test_no_representation_holds_a_secret(shop: Shop, secret: str) -> None:
    """Adapters and credentials end up in tracebacks and logs."""
    adapter = shop.adapter()
    await pull(adapter)

    shown = f"{adapter!r} {vars(adapter)!r}"

    assert CREDENTIALS[secret] not in shown
    assert BASE_URL in shown
