"""Personal data and secrets stay out of payloads, errors, logs and representations."""

import logging

import httpx
import orjson
import pytest

from core.marketplace.contract import Mapped, Page
from core.marketplace.errors import MarketplaceError
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.douyin.client import CREATE, REFRESH
from plugins.marketplaces.douyin.sandbox import DoudianShop
from plugins.marketplaces.douyin.words import PERSONAL
from tests.plugins.marketplaces.douyin.builders import (
    BASE_URL,
    CREDENTIALS,
    Shop,
    after_sale,
    answering,
    detail,
    line,
    order,
    product,
    pull,
    stored,
)

pytestmark = pytest.mark.anyio
PRIVATE = "王小明-private"
SECRETS = ["app_secret", "access_token", "refresh_token"]


def gossip(row: Row) -> Row:
    """The row with every personal field there is, wherever fields may stand."""
    row = {**row, **dict.fromkeys(PERSONAL, PRIVATE)}
    for name in ("mask_post_addr", "aftersale_info", "detail"):
        if isinstance(row.get(name), dict):
            row[name] = {**row[name], **dict.fromkeys(PERSONAL, PRIVATE)}
    if "sku_order_list" in row:
        row["sku_order_list"] = [gossip(each) for each in row["sku_order_list"]]
    return row


def bodies(pages: list[Page]) -> str:
    payloads = [dict(each.payload.body) for page in pages for each in page.items]
    return orjson.dumps(payloads).decode()


@pytest.mark.parametrize("stream", ["orders", "refunds", "products"])
async def test_no_payload_holds_a_personal_value(
    seller: DoudianShop, shop: Shop, stream: str
) -> None:
    """Whatever Doudian sends along: names, addresses, waybills and free text are masked."""
    seller.orders = MemoryFeed([gossip(order())], "update_time", "order_id")
    row = stored(gossip(after_sale()), detail=gossip(detail(reason_remark="x")))
    seller.after_sales = MemoryFeed([row], "update_time", "aftersale_id")
    bought = {**product(), "mobile": PRIVATE}
    seller.products = MemoryFeed([bought], "update_time", "product_id")

    pages = await pull(shop.adapter(), stream)

    assert [Mapped] == [type(each) for page in pages for each in page.items]
    assert PRIVATE not in bodies(pages)


async def test_addresses_are_masked_below_the_city(shop: Shop, order_feed: MemoryFeed) -> None:
    """Town, street and detail lead to a door; province and city do not."""
    address = {
        "province": {"name": "浙江省"},
        "city": {"name": "杭州市"},
        "town": {"name": PRIVATE},
        "street": {"name": PRIVATE},
        "detail": PRIVATE,
    }
    order_feed.put(order(post_addr=address, mask_post_addr=address))

    pages = await pull(shop.adapter())

    assert PRIVATE not in bodies(pages)
    assert "杭州市" in bodies(pages)


async def test_rejected_rows_are_masked_too(shop: Shop, order_feed: MemoryFeed) -> None:
    """A row in quarantine is read by people: it must not tell more than a mapped one."""
    order_feed.put(order("1", line("1", item_num=0), post_receiver=PRIVATE))

    pages = await pull(shop.adapter())

    assert PRIVATE not in bodies(pages)
    assert '"item_num":0' in bodies(pages)


@pytest.mark.parametrize("secret", SECRETS)
async def test_errors_hide_secrets_that_doudian_repeats(secret: str) -> None:
    """Neither text nor repr of an error holds a token, even where the platform's message does."""
    told = {"sub_code": "isv.parameter-invalid", "sub_msg": f"no such value {CREDENTIALS[secret]}"}
    body = orjson.dumps({"code": 40004, "msg": "said", **told})

    with pytest.raises(MarketplaceError) as caught:
        await pull(Shop(answering(body)).adapter())

    shown = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r}"
    assert CREDENTIALS[secret] not in shown
    assert "no such value ***" in shown


async def test_logs_hold_no_token(caplog: pytest.LogCaptureFixture) -> None:
    """httpx logs the addresses it calls, and Doudian wants the token in its address."""
    tokens = {"access_token": "renewed-access", "refresh_token": "renewed-refresh"}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path in {CREATE, REFRESH}:
            return httpx.Response(200, json={"code": 10000, "data": tokens})
        if request.url.params["access_token"] != "renewed-access":
            told = {"code": 40003, "sub_code": "isv.access-token-expired"}
            return httpx.Response(200, json=told)
        return httpx.Response(200, json={"code": 10000, "data": {"total": 0}})

    with caplog.at_level(logging.DEBUG):
        await pull(Shop(httpx.MockTransport(answer)).adapter())

    assert f"{BASE_URL}/order/searchList" in caplog.text
    for secret in (*CREDENTIALS.values(), *tokens.values()):
        assert secret not in caplog.text


@pytest.mark.parametrize("secret", SECRETS)
async def test_no_representation_holds_a_secret(
    seller: DoudianShop, shop: Shop, secret: str
) -> None:
    """Adapters, credentials and the sandbox's shops end up in tracebacks and logs."""
    adapter = shop.adapter()
    await pull(adapter)

    shown = f"{adapter!r} {vars(adapter)!r} {seller!r}"

    assert CREDENTIALS[secret] not in shown
    assert BASE_URL in shown
