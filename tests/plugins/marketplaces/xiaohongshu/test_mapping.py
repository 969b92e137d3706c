"""What ARK's words, amounts and times become; each test names the platform's rule."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.marketplace.errors import MappingError
from core.marketplace.records import OrderKind, OrderRecord, OrderStatus, RefundRecord, RefundStatus
from core.marketplace.sandbox import Row
from plugins.marketplaces.xiaohongshu.mapping import Mapper
from tests.plugins.marketplaces.xiaohongshu.builders import (
    CHANGED,
    CREATED,
    NOW,
    PAID,
    after_sale,
    ms,
    order,
    part,
    sku,
)

MAPPER = Mapper("CNY", latest=NOW + timedelta(days=1))


def mapped(row: Row) -> OrderRecord:
    record, unknown = MAPPER.order(row)
    assert () == unknown
    return record


def refunded(row: Row) -> RefundRecord:
    record, unknown = MAPPER.after_sale(row)
    assert () == unknown
    return record


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


@pytest.mark.parametrize(
    ("state", "paid", "status"),
    [
        (1, 0, OrderStatus.PENDING),
        (2, PAID, OrderStatus.PAID),
        (3, PAID, OrderStatus.PAID),
        (4, PAID, OrderStatus.PAID),
        (5, PAID, OrderStatus.PARTIALLY_SHIPPED),
        (6, PAID, OrderStatus.SHIPPED),
        (7, PAID, OrderStatus.COMPLETED),
        (8, PAID, OrderStatus.CLOSED),
        (8, 0, OrderStatus.CANCELLED),
        (9, PAID, OrderStatus.CLOSED),
        (9, 0, OrderStatus.CANCELLED),
        (9, None, OrderStatus.CANCELLED),
        (10, PAID, OrderStatus.SHIPPED),
    ],
)
def test_order_status(state: int, paid: int | None, status: OrderStatus) -> None:
    """已关闭 and 已取消 are said of paid and unpaid orders: `paidTime` tells which."""
    record = mapped(order(1, orderStatus=state, paidTime=paid))

    assert (status, str(state)) == (record.status, record.platform_status)


@pytest.mark.parametrize("after_sales", range(1, 8))
def test_after_sales_do_not_change_an_order(after_sales: int) -> None:
    """售后 of one line leaves the others sold; the word is kept with the line it is about."""
    line = sku(skuAfterSaleStatus=after_sales)
    record = mapped(order(1, line, orderStatus=7, orderAfterSalesStatus=after_sales))

    assert OrderStatus.COMPLETED is record.status
    assert [str(after_sales)] == [line.platform_refund_status for line in record.lines]


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


def test_both_parties_discounts_lower_what_the_buyer_pays() -> None:
    """商家承担 and 平台承担 (red packets) are both off; the platform pays its part to the merchant.

    `merchantActualReceiveAmount` = payment + platform discount: it is in the payload, and never
    what the buyer paid.
    """
    row = order(
        1,
        sku(totalPaidAmount=11000, totalMerchantDiscount=1000, totalRedDiscount=800),
        totalPayAmount=11000,
        totalRedDiscount=800,
        merchantActualReceiveAmount=11800,
    )

    record = mapped(row)

    assert (12800, 1800, 11000, 11000) == (
        record.items_amount,
        record.discount,
        record.paid_amount,
        record.reported_amount,
    )


def test_freight_is_paid_beside_the_lines() -> None:
    """totalPayAmount holds the freight (totalShippingFree, as ARK spells it), no line does."""
    record = mapped(order(1, totalPayAmount=12800, totalShippingFree=1000))

    assert (11800, 1000, 12800, 12800) == (
        record.lines[0].amount,
        record.freight,
        record.paid_amount,
        record.reported_amount,
    )


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


def test_a_deposit_is_part_of_the_payment() -> None:
    """定金预售: totalPayAmount holds the deposit; where the lines don't, it is added to them."""
    row = order(
        1,
        sku(totalPaidAmount=9800),
        orderType=2,
        totalPayAmount=11800,
        totalDepositAmount=2000,
    )

    record = mapped(row)

    assert ("2", 11800, 11800, 11800) == (
        record.platform_type,
        record.lines[0].amount,
        record.paid_amount,
        record.reported_amount,
    )


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


def test_a_deposit_within_the_lines_is_not_added_twice() -> None:
    """Where payments per SKU and freight are the order's payment already, they stand."""
    record = mapped(order(1, orderType=2, totalDepositAmount=2000))

    assert 11800 == record.paid_amount


def test_an_unpaid_rest_of_a_presale_is_no_payment() -> None:
    """Until the rest is paid (待付款) there is no paidTime: no payment, and no sale yet."""
    record, _ = MAPPER.order(order(1, orderType=2, orderStatus=1, paidTime=0, totalPayAmount=2000))

    assert (OrderStatus.PENDING, None, ()) == (record.status, record.paid_at, record.payments)


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


def test_goods_sent_for_an_exchange_are_no_sale() -> None:
    """换货补发 (type 5) repeats an order's amounts: counted as a sale they would be sold twice."""
    record = mapped(order(2, orderType=5, originalOrderId="P1"))

    assert OrderKind.ADJUSTMENT is record.order_kind


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


def parcels(record: OrderRecord) -> list[tuple[Any, ...]]:
    return [
        (
            each.platform_id,
            each.carrier,
            each.tracking_number,
            each.shipped_at and ms(each.shipped_at),
        )
        for each in record.shipments
    ]


def test_an_influencers_order_has_a_channel() -> None:
    """kolId is set for orders from a live stream or a shopping list, and empty for all others."""
    records = [mapped(order(1, sku(kolId=kol))) for kol in ("", "60a3")]

    assert ["", "kol"] == [record.channel for record in records]


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


@pytest.mark.parametrize(
    ("state", "kind", "money", "status"),
    [
        (1, 1, 0, RefundStatus.REQUESTED),
        (2, 1, 0, RefundStatus.AWAITING_RETURN),
        (2, 1, 2, RefundStatus.REFUNDED),  # 极速退款: the money is faster than the goods
        (3, 1, None, RefundStatus.RETURNED),
        (4, 1, 2, RefundStatus.REFUNDED),
        (4, 1, 1, RefundStatus.REQUESTED),
        (4, 5, 3, RefundStatus.REQUESTED),
        (4, 2, 0, RefundStatus.EXCHANGED),
        (5, 4, 401, RefundStatus.CLOSED),
        (6, 4, 402, RefundStatus.CLOSED),
        (9, 4, 0, RefundStatus.REJECTED),
        (9001, 1, 0, RefundStatus.REJECTED),
        (11, 2, 0, RefundStatus.REQUESTED),
        (12, 2, 0, RefundStatus.RETURNED),
        (13, 2, 0, RefundStatus.EXCHANGED),
        (14, 4, 0, RefundStatus.REQUESTED),
        (4, 6, 2, RefundStatus.REFUNDED),
    ],
)
def test_refund_status(state: int, kind: int, money: int | None, status: RefundStatus) -> None:
    """Only refundStatus 2 says that money moved: 已完成 may be an exchange, or still open."""
    record = refunded(after_sale(1, status=state, returnType=kind, refundStatus=money))

    assert (status, str(state)) == (record.status, record.platform_status)
    assert (status is RefundStatus.REFUNDED) == (record.refunded_at is not None)


def test_unknown_words_of_after_sales_are_counted() -> None:
    """They are stored as they came."""
    record, unknown = MAPPER.after_sale(after_sale(1, status=15, returnType=7, refundStatus=500))

    assert (RefundStatus.UNKNOWN, "15", "7") == (
        record.status,
        record.platform_status,
        record.phase,
    )
    assert ("status=15", "returnType=7", "refundStatus=500") == unknown


def test_a_partial_refund() -> None:
    """refundAmountYuan is what was paid back, deposit included; it may be less than was asked."""
    record = refunded(after_sale(1, expectedRefundAmountYuan=118.0, refundAmountYuan=50.5))

    assert 5050 == record.amount


def test_an_open_request_tells_what_is_expected() -> None:
    """Until money moves there is no refundAmountYuan; the expected sum is no refund."""
    record = refunded(after_sale(1, status=1, refundStatus=0, refundAmountYuan=None, refundTime=0))

    assert (2000, None) == (record.amount, record.refunded_at)


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        (0.29, 29),
        (1.1, 110),
        (19.990000000000002, 1999),
        (0.1 + 0.2, 30),
        (118, 11800),
        ("118.00", 11800),
        (99999999.99, 9999999999),
        (0.0, 0),
    ],
)
def test_yuan_are_read_exactly(sent: float | int | str, amount: int) -> None:
    """A double is read as the shortest text that stands for it; noise of sums is dropped."""
    assert amount == refunded(after_sale(1, refundAmountYuan=sent)).amount


@pytest.mark.parametrize("sent", [0.005, 19.999, float("nan"), float("inf"), None, True, "x", 1e30])
def test_yuan_that_are_no_fen_are_refused(sent: Any) -> None:
    """A third decimal is no noise, and no amount is no zero."""
    with pytest.raises(MappingError) as caught:
        MAPPER.after_sale(after_sale(1, refundAmountYuan=sent))

    assert "refundAmountYuan" == caught.value.where


@pytest.mark.parametrize(
    ("kind", "phase", "returned"),
    [
        (1, "shipped", True),
        (2, "shipped", True),
        (4, "shipped", False),
        (5, "unshipped", False),
        (6, "price_protection", False),
    ],
)
def test_the_type_tells_phase_and_goods(kind: int, phase: str, returned: bool) -> None:
    """4 已发货仅退款 and 5 未发货仅退款 bring no goods back, 1 退货 and 2 换货 do; 6 is 价保."""
    record = refunded(after_sale(1, returnType=kind))

    assert (phase, returned) == (record.phase, record.goods_returned)


def test_an_after_sale_about_several_skus_names_no_line() -> None:
    """One request may hold several SKUs: its amount can't be put on one of them."""
    skus = [{"skuId": "k1", "appliedCount": 1}, {"skuId": "k2", "appliedCount": 2}]

    record = refunded(after_sale(1, skus=skus))

    assert (None, 3) == (record.line_id, record.quantity)


@pytest.mark.parametrize("unit", [1, 1000])
def test_the_time_of_a_refund_may_be_in_seconds(unit: int) -> None:
    """refundTime has no documented unit; no moment since 1990 can be read both ways."""
    moment = int((NOW - timedelta(minutes=20)).timestamp())

    record = refunded(after_sale(1, refundTime=moment * unit))

    assert NOW - timedelta(minutes=20) == record.refunded_at


def test_a_refund_without_time_happened_when_it_changed_last() -> None:
    """ARK may leave refundTime out; the change to refundStatus 2 is the last thing that is sure."""
    record = refunded(after_sale(1, refundTime=None))

    assert record.updated_at == record.refunded_at


def test_seconds_of_creation_are_kept() -> None:
    """Milliseconds are not rounded away."""
    record = mapped(order(1, createdTime=CREATED + 123))

    assert 123_000 == record.ordered_at.microsecond


def test_an_exchange_needs_no_sum() -> None:
    """换货 gives goods for goods: without expectedRefundAmountYuan nothing is to be paid back."""
    row = after_sale(1, returnType=2, status=12, refundStatus=None, expectedRefundAmountYuan=None)

    record = refunded(row)

    assert (RefundStatus.RETURNED, 0) == (record.status, record.amount)


@pytest.mark.parametrize("skus", [[], None, [{"skuId": "k1"}]])
def test_pieces_may_be_untold(skus: Any) -> None:
    """A refund's money is known without appliedCount; how many pieces, then, isn't."""
    record = refunded(after_sale(1, skus=skus))

    assert (1990, None) == (record.amount, record.quantity)
