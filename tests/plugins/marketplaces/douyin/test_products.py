"""Reading products: every status's list, and the SKUs of each product."""

import httpx
import orjson
import pytest

from core.marketplace.contract import Rejected
from core.marketplace.errors import PermanentError
from core.marketplace.records import ProductStatus
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.douyin.sandbox import DoudianSandbox, DoudianShop
from tests.plugins.marketplaces.douyin.builders import (
    Shop,
    ids,
    product,
    pull,
    records,
    sku,
)

LIST, SKUS = "product.listV2", "sku.list"
pytestmark = pytest.mark.anyio


class HalfGone(MemoryFeed):
    """Still lists product 2, but no longer knows it."""

    def by_id(self, number: int) -> Row | None:
        return super().by_id(number) if number != 2 else None


def stock(seller: DoudianShop, rows: list[Row]) -> None:
    seller.products = MemoryFeed(rows, "update_time", "product_id")


async def test_products_of_every_status_are_read(seller: DoudianShop, shop: Shop) -> None:
    """Doudian: 0 在线, 1 下线, 2 删除; check_status 5 封禁 keeps an online one from being sold."""
    stock(
        seller,
        [product(1), product(2, status=1), product(3, status=2), product(4, check_status=5)],
    )

    pages = await pull(shop.adapter(), "products")

    found = {
        record.platform_id: (record.status, record.platform_status) for record in records(pages)
    }
    assert {
        "1": (ProductStatus.ON_SALE, "0/3"),
        "4": (ProductStatus.OFF_SALE, "0/5"),
        "2": (ProductStatus.OFF_SALE, "1/3"),
        "3": (ProductStatus.REMOVED, "2/3"),
    } == found
    assert [None, None, 4] == [page.reported for page in pages]


async def test_a_product_whole(seller: DoudianShop, shop: Shop) -> None:
    """The price is its cheapest SKU's; lists no longer tell one of their own."""
    stock(seller, [product(7001, sku(1, price=900), sku(2, price=800, code="", out_sku_id=77))])

    [record] = records(await pull(shop.adapter(), "products"))

    assert (800, "CUP", "123", "保温杯") == (
        record.price,
        record.code,
        record.category,
        record.title,
    )
    assert [("1", "SKU-A", "红;L", 900, 5), ("2", "77", "红;L", 800, 5)] == [
        (each.platform_id, each.code, each.title, each.price, each.stock) for each in record.skus
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"stock_num": 0}, 0),
        ({"sku_type": 1, "stock_num": 0, "stock_map": {"w1": 3, "w2": 4}}, 7),
        ({"sku_type": 10, "stock_num": 2, "step_stock_num": 5}, 7),
        ({"sku_type": 9}, None),
    ],
)
async def test_stock(seller: DoudianShop, shop: Shop, changes: Row, expected: int | None) -> None:
    """sku_type 0: stock_num; 1: a map of warehouses; 10: now and in steps; else nobody knows."""
    stock(seller, [product(1, sku(1, **changes))])

    [page, *_] = await pull(shop.adapter(), "products")

    assert [expected] == [each.stock for record in records([page]) for each in record.skus]
    assert (("skus.sku_type=9",) if changes.get("sku_type") == 9 else ()) == page.items[0].unknown  # type: ignore[union-attr]


async def test_pages_are_read_from_behind(
    sandbox: DoudianSandbox, seller: DoudianShop, shop: Shop
) -> None:
    """The list has no order to ask for: read from its last page, a row that leaves hides none."""
    stock(seller, [product(number) for number in range(1, 251)])

    pages = await pull(shop.adapter(), "products")

    online = [call.params["page"] for call in sandbox.log.of(LIST) if call.params["status"] == "0"]
    assert ["1", "3", "2", "1"] == online
    assert 250 == len(set(ids(pages))) == pages[-1].reported == len(sandbox.log.of(SKUS))


async def test_a_scan_goes_on_where_it_stopped(
    sandbox: DoudianSandbox, seller: DoudianShop, shop: Shop
) -> None:
    """A mark names the list and the page in it: lists read before are not read again."""
    stock(seller, [product(1), product(2, status=1), product(3, status=2)])
    adapter = shop.adapter()
    pages = await pull(adapter, "products")
    sandbox.log.calls.clear()

    rest = await pull(adapter, "products", resume=pages[0].resume)

    assert ["1", "2"] == [call.params["status"] for call in sandbox.log.of(LIST)]
    assert ["2", "3"] == ids(rest)


@pytest.mark.parametrize("mark", ["x", "online||0:5", "attic||1:1", "online|5-1|1:1"])
async def test_a_foreign_mark_reads_everything(seller: DoudianShop, shop: Shop, mark: str) -> None:
    """All of it again is never wrong."""
    stock(seller, [product(1), product(2, status=1)])

    assert ["1", "2"] == ids(await pull(shop.adapter(), "products", resume=mark))


async def test_a_product_whose_skus_are_refused_fails_alone(
    seller: DoudianShop, shop: Shop
) -> None:
    """Stored without its SKUs, it would lose those that are known: it waits in quarantine."""
    seller.products = HalfGone([product(1), product(2), product(3)], "update_time", "product_id")

    pages = await pull(shop.adapter(), "products")

    (bad,) = [each for page in pages for each in page.items if isinstance(each, Rejected)]
    assert ("2", "skus") == (bad.platform_id, bad.error.where)
    assert {"1", "3"} == set(ids(pages))


async def test_a_deleted_product_needs_no_skus(seller: DoudianShop, shop: Shop) -> None:
    """Nobody can buy it: what is left is that it is gone."""
    seller.products = HalfGone([product(2, status=2)], "update_time", "product_id")

    [record] = records(await pull(shop.adapter(), "products"))

    assert (ProductStatus.REMOVED, 0, ()) == (record.status, record.price, record.skus)


async def test_more_products_than_the_platform_shows_are_cut_by_time() -> None:
    """Doudian: page * size 最大不能超过1万条. A longer list is read in spans of update_time."""
    spans: list[tuple[int, int]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked = orjson.loads(request.content)
        if "update_start_time" in asked:
            spans.append((asked["update_start_time"], asked["update_end_time"]))
        is_whole = asked["status"] == 0 and "update_start_time" not in asked
        data = {"total": 10_001 if is_whole else 0, "data": []}
        return httpx.Response(200, json={"code": 10000, "data": data})

    await pull(Shop(httpx.MockTransport(answer)).adapter(), "products")

    (older, newer) = spans
    assert older[1] == newer[0] + 1  # exclusive bounds: a second earlier includes it


async def test_more_products_than_shown_within_a_second_are_told() -> None:
    """What cannot be cut any more is an error, not a silent loss."""
    body = {"code": 10000, "data": {"total": 10_001, "data": []}}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=body))

    with pytest.raises(PermanentError, match="some are not shown"):
        await pull(Shop(transport).adapter(), "products")
