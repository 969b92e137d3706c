"""Personal data and secrets stay out of payloads, errors and representations."""

import logging
from typing import Any

import httpx
import orjson
import pytest

from core.marketplace.contract import Mapped, Page, Rejected
from core.marketplace.errors import MarketplaceError
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.xiaohongshu.mapping import PERSONAL
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.plugins.marketplaces.xiaohongshu.builders import (
    BASE_URL,
    CREDENTIALS,
    Shop,
    after_sale,
    answering,
    order,
    part,
    pull,
    sku,
)

pytestmark = pytest.mark.anyio

PRIVATE = "王小明-private"
SECRETS = ["app_secret", "access_token", "refresh_token"]


def gossip(row: Row) -> Row:
    """The row as an ARK would send it that tells more than it needs to, at every depth."""
    told: dict[str, Any] = {**row, **dict.fromkeys(PERSONAL, PRIVATE)}
    for name, value in row.items():
        if isinstance(value, list):
            told[name] = [gossip(each) if isinstance(each, dict) else each for each in value]
    return told


def bodies(pages: list[Page]) -> str:
    payloads = [dict(each.payload.body) for page in pages for each in page.items]
    return orjson.dumps(payloads).decode()


async def test_no_payload_of_an_order_holds_a_personal_value(
    order_feed: MemoryFeed, shop: Shop
) -> None:
    """ARK has no choice of fields: names, addresses, waybills and remarks are masked."""
    order_feed.put(gossip(order(1, sku(skuDetailList=[part()]))))

    pages = await pull(shop.adapter())

    assert [Mapped] == [type(each) for page in pages for each in page.items]
    assert PRIVATE not in bodies(pages)


async def test_no_payload_of_an_after_sale_holds_a_personal_value(
    after_sale_feed: MemoryFeed, shop: Shop
) -> None:
    """What the buyer wrote and photographed, and where the goods go back to, are masked."""
    after_sale_feed.put(gossip(after_sale(1)))

    pages = await pull(shop.adapter(), "refunds")

    assert [Mapped] == [type(each) for page in pages for each in page.items]
    assert PRIVATE not in bodies(pages)


async def test_what_the_documentation_calls_personal_is_masked(
    order_feed: MemoryFeed, after_sale_feed: MemoryFeed, shop: Shop
) -> None:
    """The fields of both details, named here once more: the list itself must not shrink unseen."""
    receiver = "receiverName receiverPhone receiverAddress receiverTownName openAddressId"
    places = "receiverDistrictName receiverDistrictId receiverCityName receiverCityId"
    remarks = "customerRemark sellerRemark expressTrackingNo"
    secret = dict.fromkeys(f"{receiver} {places} {remarks}".split(), PRIVATE)
    parcel = {"deliveryOrderIndex": 1, "expressTrackingNo": PRIVATE}
    line = sku(kolName=PRIVATE, skuIdentifyCodeInfo={"sNCode": PRIVATE, "iMEI1Code": PRIVATE})
    customs = {"zoneCodes": [PRIVATE]}
    transfer = dict.fromkeys(
        ["internationalExpressNo", "paintMarker", "collectionPlace", "threeSegmentCode"], PRIVATE
    )
    order_feed.put(
        order(1, line, **secret, simpleDeliveryOrderList=[parcel], boundExtendInfo=customs,
              transferExtendInfo=transfer)
    )  # fmt: skip
    address = {"name": PRIVATE, "phone": PRIVATE, "fullAddress": PRIVATE, "street": PRIVATE}
    after_sale_feed.put(
        after_sale(1, desc=PRIVATE, proofPhotos=[PRIVATE], returnAddress=address,
                   openAddressId=PRIVATE, returnExpressNo=PRIVATE, expressNo=PRIVATE)
    )  # fmt: skip
    adapter = shop.adapter()

    pages = [*await pull(adapter), *await pull(adapter, "refunds")]

    assert [Mapped, Mapped] == [type(each) for page in pages for each in page.items]
    assert PRIVATE not in bodies(pages)
    assert "浙江省" in bodies(pages)


async def test_rejected_rows_are_masked_too(shop: Shop, order_feed: MemoryFeed) -> None:
    """A row in quarantine is read by people: it must not tell more than a mapped one."""
    order_feed.put(order(1, sku(skuQuantity=0), sellerRemark=PRIVATE))

    pages = await pull(shop.adapter())

    assert PRIVATE not in bodies(pages)
    assert '"skuQuantity":0' in bodies(pages)


async def test_receivers_are_not_asked_for(sandbox: ArkSandbox, shop: Shop) -> None:
    """`order.getOrderReceiverInfo` would tell names and phones: it is never called."""
    adapter = shop.adapter()

    for stream in ("orders", "refunds", "products"):
        await pull(adapter, stream)

    methods = {call.method for call in sandbox.log.calls}
    assert {
        "order.getOrderList",
        "afterSale.listAfterSaleInfos",
        "product.searchItemList",
    } == methods


@pytest.mark.parametrize("secret", SECRETS)
async def test_errors_hide_secrets_that_ark_repeats(secret: str) -> None:
    """Neither text nor repr of an error holds a token, even where the platform's message does."""
    told = {"success": False, "error_code": -1, "error_msg": f"不存在 {CREDENTIALS[secret]}"}

    with pytest.raises(MarketplaceError) as caught:
        await pull(Shop(answering(orjson.dumps(told))).adapter())

    shown = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r}"
    assert CREDENTIALS[secret] not in shown
    assert "不存在 ***" in shown


@pytest.mark.parametrize("secret", SECRETS)
async def test_no_representation_holds_a_secret(shop: Shop, secret: str) -> None:
    """Adapters and credentials end up in tracebacks and logs."""
    adapter = shop.adapter()
    await pull(adapter)

    shown = f"{adapter!r} {vars(adapter)!r}"

    assert CREDENTIALS[secret] not in shown
    assert BASE_URL in shown


async def test_no_log_holds_a_secret(
    sandbox: ArkSandbox, ark_shop: ArkShop, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """Even at DEBUG, where httpx tells what it does, tokens old and new stay out."""
    caplog.set_level(logging.DEBUG)
    sandbox.faults.set({"expire": True, "fail": 0})

    await pull(shop.adapter())

    secrets = [*(CREDENTIALS[name] for name in SECRETS), ark_shop.access_token]
    assert [] == [secret for secret in secrets if secret in caplog.text]


@pytest.mark.parametrize("secret", SECRETS)
async def test_quarantined_refusals_hide_secrets(secret: str) -> None:
    """What ARK says of a single order is stored for people to read: without tokens."""

    def answer(request: httpx.Request) -> httpx.Response:
        if b"getOrderList" in request.content:
            data = {"total": 1, "orderList": [order(1)]}
            return httpx.Response(200, json={"success": True, "error_code": 0, "data": data})
        message = f"包裹不存在 {CREDENTIALS[secret]}"
        told = {"success": False, "error_code": -2000101, "error_msg": message}
        return httpx.Response(200, json=told)

    (page,) = await pull(Shop(httpx.MockTransport(answer)).adapter())

    (rejected,) = page.items
    assert isinstance(rejected, Rejected)
    assert CREDENTIALS[secret] not in f"{rejected!r} {rejected.error.value}"
    assert rejected.error.value.endswith("包裹不存在 ***")
