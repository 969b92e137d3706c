"""Reading products: the list has stock, the details have prices and say what can be bought."""

import pytest

from core.marketplace.contract import Rejected
from core.marketplace.errors import PermanentError
from core.marketplace.records import ProductStatus
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from plugins.marketplaces.pinduoduo.sandbox.protocol import RefusalError
from tests.plugins.marketplaces.pinduoduo.builders import Shop, goods, ids, pull, records

LIST, DETAIL = "pdd.goods.list.get", "pdd.goods.detail.get"
pytestmark = pytest.mark.anyio


class HalfGone(MemoryFeed):
    """Still lists goods 2, but no longer knows them."""

    def by_id(self, number: int) -> Row | None:
        return super().by_id(number) if number != 2 else None


class Forbidden(MemoryFeed):
    """Lists goods, but shows no details."""

    def by_id(self, number: int) -> Row | None:
        raise RefusalError(20031, "用户没有授权访问此接口")


def stock(mall: PddShop, *rows: Row) -> None:
    mall.goods = MemoryFeed(rows, "goods_id", "goods_id")


async def test_goods_are_read_with_their_details(
    sandbox: PddSandbox, mall: PddShop, shop: Shop
) -> None:
    """PDD: prices stand in the details only, one call for each goods; all count as requests."""
    stock(mall, *(goods(number) for number in range(1, 121)))

    pages = await pull(shop.adapter(), "products")

    assert [(20, None), (100, 120)] == [(len(page.items), page.reported) for page in pages]
    assert [2 + 20, 1 + 100] == [page.requests for page in pages]
    assert 120 == len(sandbox.log.of(DETAIL))
    assert {str(number) for number in range(1, 121)} == set(ids(pages))


async def test_goods_off_sale_are_listed_too(
    sandbox: PddSandbox, mall: PddShop, shop: Shop
) -> None:
    """Without `is_onsale` PDD lists all goods, so none can change sides while it is read."""
    stock(mall, goods(1), goods(2, status=2), goods(3, status=3), goods(4, status=4))

    pages = await pull(shop.adapter(), "products")

    found = {record.platform_id: record.status for record in records(pages)}
    assert {
        "1": ProductStatus.ON_SALE,
        "2": ProductStatus.OFF_SALE,
        "3": ProductStatus.OFF_SALE,
        "4": ProductStatus.REMOVED,
    } == found
    assert all("is_onsale" not in call.params for call in sandbox.log.of(LIST))


async def test_goods_that_vanish_meanwhile_cost_no_others(mall: PddShop, shop: Shop) -> None:
    """Deleted since they were listed, goods have no price any more: they are rejected alone."""
    mall.goods = HalfGone([goods(1), goods(2), goods(3)], "goods_id", "goods_id")

    (page,) = await pull(shop.adapter(), "products")

    (bad,) = [each for each in page.items if isinstance(each, Rejected)]
    assert ["1", "3"] == sorted(ids([page]))
    assert ("2", "detail.sku_list") == (bad.platform_id, bad.error.where)


async def test_a_refused_permission_is_no_vanished_product(mall: PddShop, shop: Shop) -> None:
    """Only the method's own refusal means that goods are gone; others end the run."""
    mall.goods = Forbidden([goods(1)], "goods_id", "goods_id")

    with pytest.raises(PermanentError, match="20031"):
        await pull(shop.adapter(), "products")


async def test_an_unchanged_product_keeps_its_payload(mall: PddShop, shop: Shop) -> None:
    """PDD tells no time of change: what is new is known by the payload, which holds no time."""
    stock(mall, goods(1))
    adapter = shop.adapter()

    (first,) = await pull(adapter, "products")
    (again,) = await pull(adapter, "products")

    assert [each.payload for each in first.items] == [each.payload for each in again.items]
