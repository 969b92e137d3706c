"""Reading wares with their SKUs and stock."""

import pytest

from core.marketplace.records import ProductStatus
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.plugins.marketplaces.jd.builders import Shop, ids, pull, records, sku, ware

WARES = "jingdong.ware.read.searchWare4Valid"
SKUS = "jingdong.sku.read.searchSkuList"
pytestmark = pytest.mark.anyio


def stock(shop: JosShop, rows: list[Row]) -> None:
    shop.wares = MemoryFeed(rows, "_modified", "wareId")


async def test_wares_come_with_their_skus_and_stock(jos_shop: JosShop, shop: Shop) -> None:
    """Prices are JSON numbers of yuan: they are read to the last digit, never as floats."""
    first = ware(1, sku(11, jdPrice=19.9, stockNum=7), sku(12, stockNum=0), jdPrice=19.9)
    stock(jos_shop, [first, ware(2, wareStatus=2)])

    pages = await pull(shop.adapter(), "products")

    found = {record.platform_id: record for record in records(pages)}
    assert (1990, ProductStatus.ON_SALE) == (found["1"].price, found["1"].status)
    assert [("11", 1990, 7), ("12", 12_800, 0)] == [
        (each.platform_id, each.price, each.stock) for each in found["1"].skus
    ]
    assert ProductStatus.OFF_SALE is found["2"].status


async def test_deleted_skus_are_not_listed(jos_shop: JosShop, shop: Shop) -> None:
    """Status 4 is deleted: what can't be bought again has no stock to show."""
    stock(jos_shop, [ware(1, sku(11), sku(12, status=4), sku(13, status=2))])

    (record,) = records(await pull(shop.adapter(), "products"))

    assert ["11", "13"] == [each.platform_id for each in record.skus]


async def test_a_page_of_wares_takes_one_listing_of_skus(
    sandbox: JosSandbox, jos_shop: JosShop, shop: Shop
) -> None:
    """JD takes twenty wares in one request; more SKUs than a page are read to the end."""
    wares = [ware(n, *[sku(1000 * n + k) for k in range(4)]) for n in range(1, 26)]
    stock(jos_shop, wares)

    pages = await pull(shop.adapter(), "products")

    assert [5, 20] == [len(page.items) for page in pages]
    assert {4} == {len(record.skus) for record in records(pages)}
    asked = [len(call.params["wareId"].split(",")) for call in sandbox.log.of(SKUS)]
    assert [5, 20, 20] == asked
    assert [3, 3] == [page.requests for page in pages]
    assert [None, 25] == [page.reported for page in pages]


async def test_a_scan_goes_on_where_it_stopped(jos_shop: JosShop, shop: Shop) -> None:
    """A mark names the page: wares read before are not read again."""
    stock(jos_shop, [ware(number) for number in range(1, 46)])
    adapter = shop.adapter()
    pages = await pull(adapter, "products")

    rest = await pull(adapter, "products", resume=pages[0].resume)

    assert 40 == len(ids(rest))
    assert set(ids(pages)) == {*ids(pages[:1]), *ids(rest)}


async def test_a_ware_without_skus_is_kept(jos_shop: JosShop, shop: Shop) -> None:
    """Its SKUs may all be deleted; the listing is still one."""
    stock(jos_shop, [ware(1, sku(11, status=4))])

    (record,) = records(await pull(shop.adapter(), "products"))

    assert () == record.skus
