"""What JD's words, amounts and times mean: one test per rule, which it states."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.marketplace.records import (
    OrderKind,
    OrderRecord,
    OrderStatus,
    RefundKind,
    RefundRecord,
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
from tests.plugins.marketplaces.sums import assert_adds_up


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


# --- units -----------------------------------------------------------------------------------


def test_money_is_yuan_in_text_and_time_is_chinas_wall_clock() -> None:
    """JOS: "200.07" is 20,007 fen, 10:00 in China is 2:00 UTC; only `applyRefundSum` is fen."""
    record = mapped(orderSellerPrice="200.07", actualPay="200.07")

    assert 20_007 == record.paid_amount
    assert datetime(2026, 11, 22, 2, tzinfo=UTC) == record.ordered_at


# --- gross, net, and who bears what ----------------------------------------------------------


@pytest.mark.parametrize(
    ("figures", "platform"),
    [
        ({"actualPay": "118.00"}, 0),
        ({"actualPay": "100.00"}, 1_800),
        ({"actualPay": "105.00", "freightPrice": "6.00"}, 1_900),
        ({"actualPay": "100.00", "balanceUsed": "18.00"}, 0),
    ],
)
def test_what_jd_gives_off_it_pays_the_merchant(figures: Row, platform: int) -> None:
    """货款 = 总金额 - 商家优惠 is the merchant's; 用户优惠 (JD's coupons, beans) is off after it.

    What is left of the whole discount is sellerDiscount, 10 yuan; balance is no discount.
    """
    record = mapped(**figures)

    assert platform == record.platform_discount
    assert 1_000 == record.discount - platform
    assert 11_800 + record.freight == record.paid_amount + platform


def test_freight_is_beside_the_goods() -> None:
    """freightPrice 商品的运费 is in what is payable, and in no SKU's price."""
    record = mapped(actualPay="124.00", freightPrice="6.00")

    assert (600, 12_400, [11_800]) == (
        record.freight,
        record.paid_amount,
        [each.amount for each in record.lines],
    )


@given(
    items=st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 9)), min_size=1, max_size=5),
    merchant=st.floats(0, 1),
    user=st.floats(0, 1),
    freight=st.integers(0, 10**4),
)
def test_every_order_adds_up(
    items: list[tuple[int, int]], merchant: float, user: float, freight: int
) -> None:
    """Whatever is off, to the last fen: the shares of the lines and the freight are the payment."""
    total = sum(price * count for price, count in items)
    seller = total - int(total * merchant)
    paid = int((seller + freight) * (1 - user))
    figures = {
        "orderTotalPrice": total,
        "orderSellerPrice": seller,
        "actualPay": paid,
        "freightPrice": freight,
    }
    rows = [
        line(str(number), jdPrice=f"{price / 100:.2f}", itemTotal=str(count))
        for number, (price, count) in enumerate(items, start=1)
    ]

    record = mapped(*rows, **{name: f"{fen / 100:.2f}" for name, fen in figures.items()})

    assert_adds_up(record)
    assert paid == record.reported_amount
    assert seller + freight - paid == record.platform_discount


# --- parts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parents", "parent"),
    [
        ({}, None),
        ({"parentOrderId": "290000000000"}, "290000000000"),
        ({"parentOrderId": "1"}, None),
        ({"directParentOrderId": "290000000005"}, "290000000005"),
        ({"parentOrderId": "290000000000", "directParentOrderId": "290000000005"}, "290000000000"),
    ],
)
def test_a_child_names_the_order_it_was_split_from(parents: Row, parent: str | None) -> None:
    """parentOrderId 根父订单号 is the first one, directParentOrderId the last; 0 is none."""
    assert parent == mapped(**parents).parent_id


@pytest.mark.parametrize(
    ("record", "kind", "returned"),
    [(cancelled(), RefundKind.MONEY, False), (refunded(), RefundKind.UNKNOWN, None)],
    ids=["cancelled", "after-sale"],
)
def test_what_is_asked_for(record: RefundRecord, kind: RefundKind, returned: bool | None) -> None:
    """Cancelled before it was sent, goods can't come back; of after-sales JD doesn't tell."""
    assert (kind, returned, None) == (record.refund_kind, record.goods_returned, record.freight)


# --- the platform's own figures --------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({}, datetime(2026, 11, 22, 2, 1, tzinfo=UTC)),
        (UNPAID, None),
        ({"payType": "1", **UNPAID}, datetime(2026, 11, 22, 2, tzinfo=UTC)),
        ({"payType": "1"}, datetime(2026, 11, 22, 2, tzinfo=UTC)),
        ({"payType": "1", "orderState": "TRADE_CANCELED", **UNPAID}, None),
    ],
    ids=["paid", "unpaid", "cod placed", "cod paid", "cod refused"],
)
def test_jd_counts_turnover_when_paid_or_for_cash_on_delivery_when_placed(
    changes: Row, counted: datetime | None
) -> None:
    """商智: 先款 by payment, 货到付款 by placing; that cancelled ones don't count is a guess."""
    assert counted == mapped(**changes).reported_at
