"""How Xiaohongshu's objects become records; what they mean stands in `test_meaning`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.marketplace.errors import MappingError
from core.marketplace.records import OrderStatus, RefundStatus
from core.marketplace.sandbox import Row
from tests.plugins.marketplaces.xiaohongshu.builders import (
    CHANGED,
    CREATED,
    NOW,
    after_sale,
    ms,
    order,
    part,
    sku,
)
from tests.plugins.marketplaces.xiaohongshu.reading import MAPPER, mapped, parcels, refunded


def test_an_order() -> None:
    """Amounts are fen, times unix milliseconds, 0 is no time; the buyer is a pseudonym."""
    record = mapped(order(1))

    (line,) = record.lines
    (payment,) = record.payments
    assert ("P1", OrderStatus.PAID, "4", "1") == (
        record.platform_id,
        record.status,
        record.platform_status,
        record.platform_type,
    )
    assert (datetime(2026, 11, 22, 2, 0, tzinfo=UTC), None) == (record.ordered_at, record.ended_at)
    assert (12800, 1000, 0, 11800, 11800) == (
        record.items_amount,
        record.discount,
        record.freight,
        record.paid_amount,
        record.reported_amount,
    )
    assert ("P1-k1", "i1", "k1", "SKU-A", 1, 12800, 1000, 11800, "1") == (
        line.platform_id,
        line.product_id,
        line.sku_id,
        line.sku_code,
        line.quantity,
        line.unit_price,
        line.discount,
        line.amount,
        line.platform_refund_status,
    )
    assert ("2026112200001", "alipay", 11800) == (
        payment.platform_id,
        payment.method,
        payment.amount,
    )
    assert record.customer is not None
    assert ("u1", "中国", "浙江省") == (
        record.customer.platform_id,
        record.customer.country,
        record.customer.region,
    )


def test_unknown_words_are_kept_and_counted() -> None:
    """A word that ARK adds later costs no order: it is stored as it came, and counted."""
    row = order(
        1,
        sku(skuAfterSaleStatus=8),
        orderStatus=11,
        orderType=6,
        orderAfterSalesStatus=9,
        paymentType=12,
    )

    record, unknown = MAPPER.order(row)

    assert (OrderStatus.UNKNOWN, "11", "12") == (
        record.status,
        record.platform_status,
        record.payments[0].method,
    )
    assert (
        "orderStatus=11",
        "orderType=6",
        "orderAfterSalesStatus=9",
        "skuList.skuAfterSaleStatus=8",
        "paymentType=12",
    ) == unknown


def test_equal_skus_are_one_line() -> None:
    """相同sku聚合: amounts are of all pieces together; the unit price is the listed one."""
    row = order(
        1,
        sku(skuQuantity=3, totalPaidAmount=35400, skuDetailList=[part(quantity=3)]),
        sku("k2", totalPaidAmount=0, totalMerchantDiscount=500, skuTag=1, skuDetailList=[]),
        totalPayAmount=35400,
    )

    record = mapped(row)

    assert [("P1-k1", 3, 12800, 3000, 35400), ("P1-k2-gift", 1, 500, 500, 0)] == [
        (line.platform_id, line.quantity, line.unit_price, line.discount, line.amount)
        for line in record.lines
    ]


def test_a_bundle_costs_what_was_paid_and_given_off() -> None:
    """组合品 list their parts, whose prices are not the bundle's: it is worked out per piece."""
    bundle = sku(
        skuQuantity=2,
        totalPaidAmount=20001,
        totalMerchantDiscount=500,
        totalRedDiscount=500,
        skuDetailList=[part("a"), part("b")],
    )

    record = mapped(order(1, bundle, totalPayAmount=20001))

    (line,) = record.lines
    assert (10500, 999, 20001) == (line.unit_price, line.discount, line.amount)


def test_an_sku_that_comes_twice_makes_two_lines() -> None:
    """ARK says it doesn't; if it does, no line may take the other's place."""
    record = mapped(order(1, sku(), sku(), sku(), totalPayAmount=35400))

    assert ["P1-k1", "P1-k1-2", "P1-k1-3"] == [line.platform_id for line in record.lines]


def test_customs_tax_is_paid_by_the_buyer() -> None:
    """保税: totalTaxAmount per SKU; on top of the payment per SKU, if the order's sum says so."""
    row = order(
        1,
        sku(totalPaidAmount=10000, totalTaxAmount=910),
        sku("k2", totalPaidAmount=5000, totalTaxAmount=455, skuDetailList=[]),
        orderStatus=3,
        logistics="red_bonded",
        logisticsMode=2,
        customsCode="zhengzhou",
        totalPayAmount=17365,
        totalShippingFree=1000,
        boundExtendInfo={"payNo": "n", "taxAmount": 1365.0, "productValue": 15000.0},
    )

    record = mapped(row)

    assert [10910, 5455] == [line.amount for line in record.lines]
    assert (17365, 17365) == (record.paid_amount, record.reported_amount)


def test_tax_within_the_payment_is_not_added() -> None:
    """包税 goods: where the payments per SKU add up, the tax is in them."""
    record = mapped(order(1, sku(totalTaxAmount=910)))

    assert 11800 == record.paid_amount


def test_deposit_and_tax_may_both_come_on_top() -> None:
    """A cross-border pre-sale has both; the order's own sum is the judge."""
    row = order(
        1,
        sku(totalPaidAmount=8000, totalTaxAmount=800),
        totalDepositAmount=2000,
        totalPayAmount=10800,
    )

    assert 10800 == mapped(row).paid_amount


def test_what_does_not_add_up_is_counted() -> None:
    """The lines stay as told, the platform's figure is beside ours, and the run counts it."""
    record, unknown = MAPPER.order(order(1, totalPayAmount=11000))

    assert (11800, 11000) == (record.paid_amount, record.reported_amount)
    assert ("totalPayAmount=not the sum of its parts",) == unknown


def test_what_is_not_paid_need_not_add_up() -> None:
    """实付 of an unpaid order is nothing yet; what the buyer owes is told by the lines."""
    record = mapped(order(1, orderStatus=1, paidTime=0, totalPayAmount=0))

    assert (11800, 0) == (record.paid_amount, record.reported_amount)


def test_a_changed_price_is_a_discount() -> None:
    """改价: the merchant lowers an order; the listed price stays, the payment doesn't."""
    row = order(1, sku(totalPaidAmount=10000), totalPayAmount=10000, totalChangePriceAmount=1800)

    record = mapped(row)

    assert (12800, 2800, 10000) == (record.items_amount, record.discount, record.paid_amount)


def test_one_parcel() -> None:
    """An order that isn't split tells its waybill itself, and when it was sent."""
    record = mapped(
        order(
            1,
            orderStatus=6,
            deliveryTime=CHANGED,
            expressTrackingNo="SF1",
            expressCompanyCode="shunfeng",
        )
    )

    assert [("P1", "shunfeng", "SF1", CHANGED)] == parcels(record)


def test_a_buyer_without_id_is_a_guest() -> None:
    """Never one shared customer for all whom ARK doesn't name."""
    assert mapped(order(1, userId="")).customer is None


@pytest.mark.parametrize(
    ("row", "where", "value"),
    [
        (order(1, orderId=""), "orderId", ""),
        (order(1, orderStatus=None), "orderStatus", None),
        (order(1, orderStatus=4.5), "orderStatus", 4.5),
        (order(1, updateTime=0), "updateTime", 0),
        (order(1, updateTime="now"), "updateTime", "now"),
        (order(1, createdTime=ms(NOW + timedelta(days=2))), "createdTime", 1795492800000),
        (order(1, createdTime=10**300), "createdTime", 10**300),
        (order(1, totalPayAmount="118.00"), "totalPayAmount", "118.00"),
        (order(1, totalPayAmount=118.5), "totalPayAmount", 118.5),
        (order(1, totalShippingFree=2**70), "totalShippingFree", 2**70),
        (order(1, skuList=[]), "skuList", []),
        (order(1, skuList=None), "skuList", None),
        (order(1, skuList=["k1"]), "skuList", ["k1"]),
        (order(1, sku(), sku(totalPaidAmount=None)), "skuList[1].totalPaidAmount", None),
        (order(1, sku(skuQuantity=-1)), "skuList[0].skuQuantity", -1),
        (order(1, sku(skuQuantity=True)), "skuList[0].skuQuantity", True),
        (order(1, sku(skuId=None)), "skuList[0].skuId", None),
        (order(1, sku(skuName=5)), "skuList[0].skuName", 5),
    ],
)
def test_what_cannot_be_used_is_named(row: Row, where: str, value: Any) -> None:
    """The place and the value go to quarantine: nothing is guessed."""
    with pytest.raises(MappingError) as caught:
        MAPPER.order(row)

    assert (where, value) == (caught.value.where, caught.value.value)


def test_an_after_sale() -> None:
    """Yuan as doubles become fen; what was refunded counts, not what was asked for."""
    record = refunded(after_sale(1))

    assert ("R1", "P1", "P1-k1", "u1") == (
        record.platform_id,
        record.order_id,
        record.line_id,
        record.customer_id,
    )
    assert (RefundStatus.REFUNDED, "4", "shipped", "尺码不合适") == (
        record.status,
        record.platform_status,
        record.phase,
        record.reason,
    )
    assert (1990, 1, True) == (record.amount, record.quantity, record.goods_returned)
    assert (CHANGED - 1000, CHANGED) == (
        record.refunded_at and ms(record.refunded_at),
        ms(record.updated_at),
    )


def test_unknown_words_of_after_sales_are_counted() -> None:
    """They are stored as they came."""
    record, unknown = MAPPER.after_sale(after_sale(1, status=15, returnType=7, refundStatus=500))

    assert (RefundStatus.UNKNOWN, "15", "7") == (
        record.status,
        record.platform_status,
        record.phase,
    )
    assert ("status=15", "returnType=7", "refundStatus=500") == unknown


@pytest.mark.parametrize("sent", [0.005, 19.999, float("nan"), float("inf"), None, True, "x", 1e30])
def test_yuan_that_are_no_fen_are_refused(sent: Any) -> None:
    """A third decimal is no noise, and no amount is no zero."""
    with pytest.raises(MappingError) as caught:
        MAPPER.after_sale(after_sale(1, refundAmountYuan=sent))

    assert "refundAmountYuan" == caught.value.where


def test_an_after_sale_about_several_skus_names_no_line() -> None:
    """One request may hold several SKUs: its amount can't be put on one of them."""
    skus = [{"skuId": "k1", "appliedCount": 1}, {"skuId": "k2", "appliedCount": 2}]

    record = refunded(after_sale(1, skus=skus))

    assert (None, 3) == (record.line_id, record.quantity)


def test_a_refund_without_time_happened_when_it_changed_last() -> None:
    """ARK may leave refundTime out; the change to refundStatus 2 is the last thing that is sure."""
    record = refunded(after_sale(1, refundTime=None))

    assert record.updated_at == record.refunded_at


def test_seconds_of_creation_are_kept() -> None:
    """Milliseconds are not rounded away."""
    record = mapped(order(1, createdTime=CREATED + 123))

    assert 123_000 == record.ordered_at.microsecond


@pytest.mark.parametrize("skus", [[], None, [{"skuId": "k1"}]])
def test_pieces_may_be_untold(skus: Any) -> None:
    """A refund's money is known without appliedCount; how many pieces, then, isn't."""
    record = refunded(after_sale(1, skus=skus))

    assert (1990, None) == (record.amount, record.quantity)


def test_deposits_are_told_per_piece() -> None:
    """depositAmountPerSku is for one: three pieces carry three deposits."""
    pieces = [part(quantity=3, depositAmountPerSku=500)]
    row = order(
        1,
        sku(skuQuantity=3, totalPaidAmount=30000, skuDetailList=pieces),
        sku("k2", totalPaidAmount=5000, skuDetailList=[part("k2", depositAmountPerSku=700)]),
        orderType=2,
        totalPayAmount=37200,
        totalDepositAmount=2200,
    )

    record = mapped(row)

    assert [31500, 5700] == [line.amount for line in record.lines]
    assert 37200 == record.paid_amount


def test_split_deliveries() -> None:
    """拆包: parcels are in simpleDeliveryOrderList; one that has no waybill isn't sent yet."""
    waybills = [("SF1", 1), ("SF2", 2), ("", 3)]
    record = mapped(
        order(
            1,
            orderStatus=5,
            unpack=True,
            deliveryTime=CHANGED,
            expressTrackingNo="SF1",
            simpleDeliveryOrderList=[
                {"deliveryOrderIndex": n, "expressTrackingNo": no, "expressCompanyCode": "sf"}
                for no, n in waybills
            ],
        )
    )

    assert [("P1-1", "sf", "SF1", CHANGED), ("P1-2", "sf", "SF2", CHANGED)] == parcels(record)


@pytest.mark.parametrize("unit", [1, 1000])
def test_the_time_of_a_refund_may_be_in_seconds(unit: int) -> None:
    """refundTime has no documented unit; no moment since 1990 can be read both ways."""
    moment = int((NOW - timedelta(minutes=20)).timestamp())

    record = refunded(after_sale(1, refundTime=moment * unit))

    assert NOW - timedelta(minutes=20) == record.refunded_at
