"""What JD's words, amounts and times mean: one test per rule, which it states."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.marketplace.records import (
    OrderKind,
    OrderRecord,
    OrderStatus,
    RefundStatus,
)
from core.marketplace.sandbox import Row
from plugins.marketplaces.jd.mapping import DETAIL
from tests.plugins.marketplaces.jd.builders import (
    line,
    money,
    order,
    service,
)
from tests.plugins.marketplaces.jd.reading import MAPPER, UNPAID, cancelled, mapped, refunded


@pytest.mark.parametrize(
    ("word", "paid", "unpaid"),
    [
        ("NOT_PAY", OrderStatus.PENDING, OrderStatus.PENDING),
        ("WAIT_SELLER_STOCK_OUT", OrderStatus.PAID, OrderStatus.PENDING),
        ("WAIT_SELLER_DELIVERY", OrderStatus.PAID, OrderStatus.PENDING),
        ("WAIT_SEND_CODE", OrderStatus.PAID, OrderStatus.PENDING),
        ("POP_ORDER_PAUSE", OrderStatus.PAID, OrderStatus.PENDING),
        ("POP", OrderStatus.PAID, OrderStatus.PENDING),
        ("PAUSE", OrderStatus.PAID, OrderStatus.PENDING),
        ("LOCKED", OrderStatus.PAID, OrderStatus.PENDING),
        ("WAIT_GOODS_RECEIVE_CONFIRM", OrderStatus.SHIPPED, OrderStatus.SHIPPED),
        ("DELIVERY_RETURN", OrderStatus.SHIPPED, OrderStatus.SHIPPED),
        ("FINISHED_L", OrderStatus.COMPLETED, OrderStatus.COMPLETED),
        ("TRADE_CANCELED", OrderStatus.CLOSED, OrderStatus.CANCELLED),
        ("DengDaiChuKu", OrderStatus.PAID, OrderStatus.PENDING),
        ("DengDaiFaHuo", OrderStatus.PAID, OrderStatus.PENDING),
        ("ZanTing", OrderStatus.PAID, OrderStatus.PENDING),
        ("DengDaiQueRenShouHuo", OrderStatus.SHIPPED, OrderStatus.SHIPPED),
        ("PeiSongTuiHuo", OrderStatus.SHIPPED, OrderStatus.SHIPPED),
        ("WanCheng", OrderStatus.COMPLETED, OrderStatus.COMPLETED),
    ],
)
def test_order_states(word: str, paid: OrderStatus, unpaid: OrderStatus) -> None:
    """JD's words don't tell whether money came: a cancelled order is CLOSED if it had been paid."""
    record, unknown = MAPPER.order(order(1, orderState=word))
    without = mapped(orderState=word, **UNPAID)

    assert isinstance(record, OrderRecord)
    assert (paid, word, ()) == (record.status, record.platform_status, unknown)
    assert unpaid is without.status


def test_gross_net_and_reported_stand_beside_each_other() -> None:
    """JD: total is before discounts, goods' price after the merchant's, actual pay after all."""
    record = mapped(
        line("1", jdPrice="100.00"),
        line("2", jdPrice="14.00", itemTotal="2"),
        orderTotalPrice="128.00",
        orderSellerPrice="118.00",
        actualPay="111.00",
        freightPrice="6.00",
    )

    assert (12_800, 2_300, 600, 11_100, 11_100) == (
        record.items_amount,
        record.discount,
        record.freight,
        record.paid_amount,
        record.reported_amount,
    )
    assert record.paid_amount - record.freight == sum(each.amount for each in record.lines)
    assert record.discount == sum(each.discount for each in record.lines)


def test_lines_bear_an_orders_discount_by_their_price() -> None:
    """JD tells no share of a line: to the last fen, a line bears as much as it costs."""
    lines = [line(str(n), jdPrice="33.33") for n in (1, 2, 3)]

    record = mapped(*lines, orderSellerPrice="100.00", actualPay="100.00")

    assert [3334, 3333, 3333] == [each.amount for each in record.lines]
    assert 9_999 == record.items_amount


def test_a_special_offer_is_borne_by_its_own_sku() -> None:
    """JD: only discounts of kind 30 name a SKU; all others are the whole order's."""
    coupons = [
        {"couponType": "30", "skuId": "2", "couponPrice": "50.00"},
        {"couponType": "41-京东券优惠", "skuId": "", "couponPrice": "15.00"},
    ]

    record = mapped(
        line("1", jdPrice="100.00"),
        line("2", jdPrice="100.00"),
        couponDetailList=coupons,
        orderSellerPrice="150.00",
        actualPay="135.00",
    )

    assert [(9_000, 1_000), (4_500, 5_500)] == [
        (each.amount, each.discount) for each in record.lines
    ]


@pytest.mark.parametrize(
    ("figures", "paid", "reported"),
    [
        ({"actualPay": "118.00", "orderPayment": "1.00"}, 11_800, 11_800),
        ({"actualPay": None, "orderPayment": "110.00"}, 11_000, 11_000),
        ({"actualPay": "", "orderPayment": None}, 11_800, None),
        ({"actualPay": None, "orderPayment": None, "freightPrice": "6.00"}, 12_400, None),
        ({"actualPay": "100.00", "balanceUsed": "18.00"}, 11_800, 10_000),
        ({"actualPay": "118.00", "balanceUsed": "18.00"}, 11_800, 11_800),
        ({"actualPay": "0.00", "freightPrice": "6.00"}, 0, 0),
    ],
)
def test_what_was_paid(figures: Row, paid: int, reported: int | None) -> None:
    """`actualPay` replaced `orderPayment` in 2024; orders of 京喜 have neither, then goods and
    freight are what was due. JD takes the balance off, but it is the buyer's money."""
    record = mapped(**figures)

    assert (paid, reported) == (record.paid_amount, record.reported_amount)
    assert paid == record.freight + sum(each.amount for each in record.lines)


def test_tax_and_service_fee_are_paid_for_the_goods() -> None:
    """Orders from overseas: JD adds tax and a fee to what is due, and calls them neither freight
    nor goods; the lines carry them."""
    record = mapped(
        line("1", jdPrice="100.00"),
        orderSellerPrice="100.00",
        freightPrice="10.00",
        taxFee="9.10",
        serviceFee="1.00",
        actualPay="120.10",
    )

    assert (12_010, 1_000, 11_010, 0) == (
        record.paid_amount,
        record.freight,
        record.lines[0].amount,
        record.discount,
    )


def test_cash_on_delivery_is_no_payment_until_it_is_confirmed() -> None:
    """JD: `payType` 1 has no payment time until the courier's money is in; it ships first."""
    waiting = mapped(payType="1-货到付款", **UNPAID)
    sent = mapped(payType="1", orderState="WAIT_GOODS_RECEIVE_CONFIRM", **UNPAID)
    done = mapped(payType="1", orderState="FINISHED_L", orderEndTime="2026-11-22 11:00:00")

    assert [OrderStatus.PENDING, OrderStatus.SHIPPED, OrderStatus.COMPLETED] == [
        waiting.status,
        sent.status,
        done.status,
    ]
    assert ((), (), "cod") == (waiting.payments, sent.payments, done.payments[0].method)


def test_a_presale_deposit_is_no_payment() -> None:
    """JD keeps a pre-sale order NOT_PAY until the rest is paid: a time of the deposit's payment
    makes neither a payment nor a sale."""
    record = mapped(orderState="NOT_PAY", paymentConfirmTime="2026-11-22 10:01:00")

    assert (OrderStatus.PENDING, None, (), 11_800) == (
        record.status,
        record.paid_at,
        record.payments,
        record.paid_amount,
    )


def test_a_split_order_was_paid_as_its_parent() -> None:
    """JD takes one payment for the parent: the child's part of it keeps the parent's number."""
    child = mapped(parentOrderId="10")
    alone = mapped(parentOrderId="0")

    assert [("10", 11_800), ("1", 11_800)] == [
        (each.payments[0].platform_id, each.payments[0].amount) for each in (child, alone)
    ]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("0", OrderKind.SALE),
        ("1", OrderKind.ADJUSTMENT),
        ("2", OrderKind.ADJUSTMENT),
        (None, OrderKind.SALE),
    ],
)
def test_goods_sent_after_a_sale_are_no_sale(word: str | None, kind: OrderKind) -> None:
    """JD: `returnOrder` 1 is a repair, compensation or a missing part, 2 an exchange."""
    record = mapped(returnOrder=word)

    assert kind is record.order_kind


@pytest.mark.parametrize("null", ["0001-01-01 00:00:00", "1970-01-01 00:00:00", "", None])
def test_no_time_is_written_as_the_year_one(null: str | None) -> None:
    """JD: an order whose end is one of these dates has not ended."""
    record = mapped(orderEndTime=null, paymentConfirmTime=null)

    assert (None, None, ()) == (record.ended_at, record.paid_at, record.payments)


@pytest.mark.parametrize(
    "when",
    ["2026-11-22 11:00:00", 1_795_316_400_000, "1795316400000"],
)
def test_a_refunds_completion_may_be_text_or_milliseconds(when: Any) -> None:
    """JD's own sources disagree about the form of `completeTime`: all are the same moment."""
    record = refunded(completeTime=when)

    assert datetime(2026, 11, 22, 3, 0, tzinfo=UTC) == record.refunded_at


@pytest.mark.parametrize(
    ("word", "status", "unknown"),
    [
        (13, RefundStatus.REFUNDED, ()),
        ("13", RefundStatus.REFUNDED, ()),
        (14, RefundStatus.CLOSED, ()),
        (None, RefundStatus.REQUESTED, ()),
        (10, RefundStatus.UNKNOWN, ("status=10",)),
    ],
)
def test_aftersale_states(word: Any, status: RefundStatus, unknown: tuple[str, ...]) -> None:
    """JD documents 13 (success), 14 (failed) and "others": what those are is not told."""
    record, told = MAPPER.aftersale({**service(501, status=word), DETAIL: money()})

    assert (status, unknown) == (record.status, told)
    assert (status is RefundStatus.REFUNDED) == (record.refunded_at is not None)


def test_an_unfinished_refund_shows_the_most_it_can_be() -> None:
    """JD gives either the actual or an estimated amount, never both."""
    detail = {"afsEstimateRefundDetail": {"maxRefundAmount": "35.5"}}

    record = refunded(detail=detail, status=None, completeTime=None)

    assert (3_550, None) == (record.amount, record.refunded_at)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        (0, RefundStatus.REQUESTED),
        (1, RefundStatus.REQUESTED),
        (2, RefundStatus.REJECTED),
        (3, RefundStatus.REFUNDED),
        (4, RefundStatus.REJECTED),
        (5, RefundStatus.REQUESTED),
        (6, RefundStatus.AWAITING_RETURN),
        (7, RefundStatus.RETURNED),
        (8, RefundStatus.REJECTED),
        (9, RefundStatus.CLOSED),
        (10, RefundStatus.AWAITING_RETURN),
        (11, RefundStatus.CLOSED),
        (12, RefundStatus.UNKNOWN),
    ],
)
def test_cancellation_states(word: int, status: RefundStatus) -> None:
    """3 is the last word JD has: its accountants agreed. Nothing tells that the money arrived."""
    record = cancelled(status=word)

    assert (status, str(word)) == (record.status, record.platform_status)
    assert (status is RefundStatus.REFUNDED) == (record.refunded_at is not None)


@pytest.mark.parametrize("fen", [11_800, "11800"])
def test_a_cancelled_orders_refund_is_in_fen(fen: Any) -> None:
    """JD: `applyRefundSum` is fen, unlike all other money of orders and refunds."""
    record = cancelled(applyRefundSum=fen)

    assert (11_800, "cancel-801", "cancel") == (record.amount, record.platform_id, record.phase)


def test_a_part_of_a_cancelled_order_may_be_refunded() -> None:
    """JD pays back what was applied for, which need not be the whole order."""
    record = cancelled(applyRefundSum=50)

    assert 50 == record.amount
