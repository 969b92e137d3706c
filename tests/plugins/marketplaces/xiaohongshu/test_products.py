"""Reading products: items one by one with all their SKUs, prices and stock."""

import httpx
import orjson
import pytest

from core.marketplace.contract import Rejected
from core.marketplace.records import ProductStatus
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.plugins.marketplaces.xiaohongshu.builders import (
    NOW,
    Shop,
    ids,
    item,
    item_sku,
    ms,
    pull,
    records,
)

LIST, DETAIL = "product.searchItemList", "product.getItemInfo"
pytestmark = pytest.mark.anyio


def stock(shop: ArkShop, rows: list[Row]) -> None:
    shop.items = MemoryFeed(rows, "createTime", "id")


async def test_an_item_with_its_skus(ark_shop: ArkShop, shop: Shop) -> None:
    """Prices are fen, stock is what can be sold; variants make an SKU's title."""
    stock(ark_shop, [item(1)])

    (record,) = records(await pull(shop.adapter(), "products"))

    (sku,) = record.skus
    assert ("i1", "保温杯", "CUP", "5a31", 12800, "buyable") == (
        record.platform_id,
        record.title,
        record.code,
        record.category,
        record.price,
        record.platform_status,
    )
    assert ("k1", "SKU-A", "颜色:红;尺码:L", 12800, 5) == (
        sku.platform_id,
        sku.code,
        sku.title,
        sku.price,
        sku.stock,
    )


async def test_pages_and_details_are_counted(
    sandbox: ArkSandbox, ark_shop: ArkShop, shop: Shop
) -> None:
    """The list shows no SKUs: every item takes one more call."""
    stock(ark_shop, [item(number) for number in range(1, 71)])

    pages = await pull(shop.adapter(), "products")

    assert [20, 50] == [len(page.items) for page in pages]
    assert [22, 51] == [page.requests for page in pages]
    assert [None, 70] == [page.reported for page in pages]
    assert {f"i{number}" for number in range(1, 71)} == set(ids(pages))
    assert ["1", "2", "1"] == [call.params["pageNo"] for call in sandbox.log.of(LIST)]


async def test_an_item_of_many_skus_is_read_whole(
    sandbox: ArkSandbox, ark_shop: ArkShop, shop: Shop
) -> None:
    """SKUs come by a hundred: those that are not read would count as gone."""
    stock(ark_shop, [item(1, *(item_sku(f"k{number}") for number in range(250)))])

    (record,) = records(await pull(shop.adapter(), "products"))

    assert 250 == len({sku.platform_id for sku in record.skus})
    assert ["1", "2", "3"] == [call.params["pageNo"] for call in sandbox.log.of(DETAIL)]


async def test_a_count_of_skus_that_is_too_high_ends() -> None:
    """Should ARK count more SKUs than it shows, an empty page is the end."""

    def answer(request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        skus = [item_sku()] if body["pageNo"] == 1 else []
        detail = {"itemInfo": item(1), "skuInfos": skus, "total": 9}
        data = {"itemDetailV3s": [item(1)], "total": 1} if body["method"] == LIST else detail
        return httpx.Response(200, json={"success": True, "error_code": 0, "data": data})

    (page,) = await pull(Shop(httpx.MockTransport(answer)).adapter(), "products")

    assert (["i1"], 3) == (ids([page]), page.requests)


async def test_an_item_that_vanished_meanwhile_costs_no_other() -> None:
    """Deleted between list and details, an item is null: it is put aside, and the scan goes on."""

    def answer(request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        found = item(1) if body.get("itemId") == "i1" else None
        detail = {"itemInfo": found, "skuInfos": [item_sku()] if found else None, "total": 1}
        listed = {"itemDetailV3s": [item(2), item(1)], "total": 2}
        data = listed if body["method"] == LIST else detail
        return httpx.Response(200, json={"success": True, "error_code": 0, "data": data})

    (page,) = await pull(Shop(httpx.MockTransport(answer)).adapter(), "products")

    assert ["i1"] == ids([page])
    assert ["i2"] == [each.platform_id for each in page.items if isinstance(each, Rejected)]


async def test_an_item_is_on_sale_while_one_sku_is(ark_shop: ArkShop, shop: Shop) -> None:
    """在架 is told per SKU; the item's price is the lowest of those that can be bought."""
    cheap_but_gone = item_sku("a", buyable=False, price=100)
    stock(
        ark_shop,
        [
            item(1, cheap_but_gone, item_sku("b", price=300), item_sku("c", price=200)),
            item(2, cheap_but_gone),
            item(3) | {"skuInfos": []},
        ],
    )

    pages = await pull(shop.adapter(), "products")

    found = {each.platform_id: (each.status, each.price) for each in records(pages)}
    assert {
        "i1": (ProductStatus.ON_SALE, 200),
        "i2": (ProductStatus.OFF_SALE, 100),
        "i3": (ProductStatus.OFF_SALE, 0),
    } == found


async def test_a_change_of_an_sku_is_a_change_of_its_item(ark_shop: ArkShop, shop: Shop) -> None:
    """The item's own time may not move when stock or price does."""
    stock(ark_shop, [item(1, item_sku(updateTime=ms(NOW)))])

    (record,) = records(await pull(shop.adapter(), "products"))

    assert NOW == record.updated_at


async def test_one_bad_item_costs_no_other(ark_shop: ArkShop, shop: Shop) -> None:
    """A price in yuan text is no price in fen."""
    stock(ark_shop, [item(1), item(2, item_sku(price="128.00"))])

    (page,) = await pull(shop.adapter(), "products")

    (bad,) = [each for each in page.items if isinstance(each, Rejected)]
    assert ["i1"] == ids([page])
    assert ("i2", "price", "128.00") == (bad.platform_id, bad.error.where, bad.error.value)


async def test_a_scan_goes_on_where_it_stopped(ark_shop: ArkShop, shop: Shop) -> None:
    """A mark names the page: those read before are not read again."""
    stock(ark_shop, [item(number) for number in range(1, 121)])
    adapter = shop.adapter()
    first, *others = await pull(adapter, "products")

    rest = await pull(adapter, "products", resume=first.resume)

    assert ids(others) == ids(rest)
