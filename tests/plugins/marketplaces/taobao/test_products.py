"""Reading products: what is on sale, what lies in the warehouse, and their SKUs."""

from urllib.parse import parse_qsl

import httpx
import pytest

from core.marketplace.records import ProductStatus
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.taobao.builders import Shop, ids, item, pull, records

ONSALE = "taobao.items.onsale.get"
DETAILS = "taobao.items.seller.list.get"
pytestmark = pytest.mark.anyio


class HalfGone(MemoryFeed):
    """Still lists item 2, but no longer knows it."""

    def by_id(self, number: int) -> Row | None:
        return super().by_id(number) if number != 2 else None


def stock(shop: TopShop, rows: list[Row]) -> None:
    shop.items = MemoryFeed(rows, "modified", "num_iid")


async def test_items_of_every_shelf_are_read(top_shop: TopShop, shop: Shop) -> None:
    """On sale, waiting, sold out, taken off by TOP: each has its list, and TOP mixes none."""
    warehouse = {"approve_status": "instock"}
    rows = [
        item(1),
        item(2, **warehouse),
        item(3, **warehouse, num=0),
        item(4, **warehouse, violation=True),
    ]
    stock(top_shop, rows)

    pages = await pull(shop.adapter(), "products")

    found = {record.platform_id: record.status for record in records(pages)}
    assert ["1", "2", "3", "4"] == list(found)
    assert [ProductStatus.ON_SALE, *[ProductStatus.OFF_SALE] * 3] == list(found.values())


async def test_skus_are_fetched_by_twenty(
    sandbox: TopSandbox, top_shop: TopShop, shop: Shop
) -> None:
    """Lists hold no SKUs: 45 items take three calls for details, all counted as requests."""
    stock(top_shop, [item(number) for number in range(1, 46)])

    pages = await pull(shop.adapter(), "products")

    asked = [len(call.params["num_iids"].split(",")) for call in sandbox.log.of(DETAILS)]
    assert [20, 20, 5] == asked
    assert [4, 1, 1, 1] == [page.requests for page in pages]
    assert [None, None, None, 45] == [page.reported for page in pages]
    assert {1} == {len(record.skus) for record in records(pages)}


async def test_an_item_that_vanished_meanwhile_is_kept_without_skus(
    top_shop: TopShop, shop: Shop
) -> None:
    """TOP leaves unknown items out of the details without a word; the listing still counts."""
    top_shop.items = HalfGone([item(1), item(2)], "modified", "num_iid")

    pages = await pull(shop.adapter(), "products")

    found = {record.platform_id: len(record.skus) for record in records(pages)}
    assert {"1": 1, "2": 0} == found


async def test_a_scan_goes_on_where_it_stopped(
    sandbox: TopSandbox, top_shop: TopShop, shop: Shop
) -> None:
    """A mark names the list and the page in it: lists read before are not read again."""
    rows = [item(number) for number in range(1, 451)]
    stock(top_shop, [*rows, item(900, approve_status="instock")])
    adapter = shop.adapter()
    pages = await pull(adapter, "products")
    sandbox.log.calls.clear()

    rest = await pull(adapter, "products", resume=pages[2].resume)

    assert [] == sandbox.log.of(ONSALE)
    assert ["900"] == ids(rest)


async def test_more_items_than_one_condition_shows_are_cut_by_time() -> None:
    """TOP refuses pages past 20,000 rows: a longer list is read in spans of `modified`."""
    spans = []

    def answer(request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl(request.content.decode()))
        if form["method"] == ONSALE and "start_modified" in form:
            spans.append((form["start_modified"], form["end_modified"]))
        is_whole = form["method"] == ONSALE and "start_modified" not in form
        content = {"total_results": 20_001 if is_whole else 0}
        root = form["method"].removeprefix("taobao.").replace(".", "_")
        return httpx.Response(200, json={f"{root}_response": content})

    await pull(Shop(httpx.MockTransport(answer)).adapter(), "products")

    (older, newer) = spans
    assert "2003-05-10 08:00:00" == older[0]
    assert older[1] == newer[0]
    assert "2026-11-22 12:00:00" == newer[1]
