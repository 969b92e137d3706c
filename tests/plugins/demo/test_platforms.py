"""The year divided among five shops: nothing is lost, and each platform can show what it has."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from plugins.demo.emulation import EmulatedShop, Emulation
from plugins.demo.emulation.ids import invoice_of
from plugins.demo.emulation.nouns import Order
from plugins.demo.platforms import STANDS
from plugins.demo.platforms.pinduoduo import order_sn

Shops = dict[str, EmulatedShop]


@pytest.fixture(scope="module")
def shops(emulation: Emulation) -> Shops:
    """The five shops."""
    return emulation.shops


@pytest.fixture(scope="module")
def orders(shops: Shops) -> dict[str, list[Order]]:
    """All orders of each shop."""
    return {
        name: [shop.orders.make(index) for index in range(len(shop.orders))]
        for name, shop in shops.items()
    }


def test_every_order_and_refund_is_in_one_shop(
    emulation: Emulation, shops: Shops, orders: dict[str, list[Order]]
) -> None:
    """The shops' orders and refunds are those of the whole year, each once and unchanged."""
    whole = emulation.whole

    shown = {order.number: order for found in orders.values() for order in found}
    refunds = {refund.number: refund for shop in shops.values() for refund in shop.refunds}

    assert STANDS.keys() == shops.keys()
    assert 22_117 == len(shown) == sum(map(len, orders.values()))
    assert all(shown[each.number] == each for each in map(whole.orders.make, range(22_117)))
    assert 9_288 == len(refunds) == sum(len(shop.refunds) for shop in shops.values())
    assert all(refunds[each.number] == each for each in whole.refunds)


def test_a_customer_stays_on_one_platform(shops: Shops, orders: dict[str, list[Order]]) -> None:
    """Orders and refunds of a customer are in one shop, so that customers add up to 4,372."""
    met = {
        (each.customer, name)
        for name, shop in shops.items()
        for each in (*orders[name], *shop.refunds)
        if each.customer is not None
    }

    assert 4_372 == len(met) == len({customer for customer, _ in met})


def test_refunds_are_where_their_orders_are(shops: Shops, orders: dict[str, list[Order]]) -> None:
    """A refund that names an order is in the shop of that order: 5,627 lines of 2,670 invoices."""
    matched = [
        (name, refund)
        for name, shop in shops.items()
        for refund in shop.refunds
        if refund.order is not None
    ]

    known = {(name, order.number) for name, found in orders.items() for order in found}
    assert all((name, refund.order) in known for name, refund in matched)
    assert 2_670 == len({refund.invoice for _, refund in matched})


def test_the_shops_are_of_unequal_size(orders: dict[str, list[Order]]) -> None:
    """Taobao has half of the sales, Pinduoduo the fewest: those of guests who bought one thing."""
    sales = {name: sum(each.is_sale for each in found) for name, found in orders.items()}

    assert ["taobao", "douyin", "jd", "xiaohongshu", "pinduoduo"] == sorted(
        sales, key=lambda name: -sales[name]
    )
    assert 0.45 < sales["taobao"] / sum(sales.values()) < 0.6
    assert sales["pinduoduo"] > 20


def test_platforms_hold_what_they_can_show(shops: Shops, orders: dict[str, list[Order]]) -> None:
    """No buyers and single lines on Pinduoduo; repeated SKUs and adjustments only where known."""
    repeats = {
        name
        for name, found in orders.items()
        for order in found
        if len({line.sku for line in order.lines}) < len(order.lines)
    }
    adjusted = {name for name, found in orders.items() for order in found if not order.is_sale}
    pinduoduo = orders["pinduoduo"]

    assert {"taobao", "douyin"} == repeats
    assert {"taobao"} == adjusted
    assert {(1, None)} == {(len(order.lines), order.customer) for order in pinduoduo}
    for name in ("jd", "douyin", "pinduoduo"):  # their refunds name no buyer
        assert all(r.order or r.customer is None for r in shops[name].refunds), name


def test_shops_begin_with_their_data(shops: Shops, orders: dict[str, list[Order]]) -> None:
    """Nothing is older than a shop says, so that pulling from there on loses nothing."""
    for name, shop in shops.items():
        assert shop.begins <= min(order.created for order in orders[name]), name
        assert shop.refunds_begin <= min(refund.applied for refund in shop.refunds), name


def test_shops_show_what_they_sold(shops: Shops, orders: dict[str, list[Order]]) -> None:
    """Each line names a variant of the shop's own products."""
    for name, shop in shops.items():
        goods = [shop.goods.make(index) for index in range(len(shop.goods))]
        variants = {(item.number, sku.number) for item in goods for sku in item.variants}

        assert {(line.item, line.sku) for o in orders[name] for line in o.lines} <= variants, name


def test_the_division_does_not_depend_on_the_week(shops: Shops, anchor: datetime) -> None:
    """Whenever the demo begins, the same invoices are in the same shops."""
    later = Emulation(anchor + timedelta(weeks=30)).shops

    assert {name: len(shop.orders) for name, shop in shops.items()} == {
        name: len(shop.orders) for name, shop in later.items()
    }
    assert [refund.number for refund in shops["xiaohongshu"].refunds] == [
        refund.number for refund in later["xiaohongshu"].refunds
    ]


def test_jd_has_refunds_of_both_kinds(shops: Shops) -> None:
    """What came back before it was shipped is a cancellation, all else an after-sale."""
    kinds = Counter(refund.is_unshipped for refund in shops["jd"].refunds)

    assert kinds[True] > 50
    assert kinds[False] > 500


@pytest.mark.parametrize(
    "platform_id",
    [
        3_600_000_005_363_650_012,
        "3600000005363650012",
        "P3600000005363650012",
        "R3700000005363650012",
        "service-3700000005363650012",
        "cancel-3700000005363650012",
        order_sn(3_600_000_005_363_650_000, datetime(2026, 11, 22)),
    ],
)
def test_ids_tell_the_invoice(platform_id: int | str) -> None:
    """Whatever a platform writes around our numbers, the invoice can be read from its ids."""
    assert 536365 == invoice_of(platform_id)
