"""What Taobao's words, amounts and times mean: one test per rule, which it states."""

from datetime import UTC, datetime

import pytest

from core.marketplace.records import (
    OrderStatus,
    RefundStatus,
)
from core.marketplace.sandbox import Row
from tests.plugins.marketplaces.taobao.builders import line, trade
from tests.plugins.marketplaces.taobao.reading import MAPPER, order, refunded


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("TRADE_NO_CREATE_PAY", OrderStatus.PENDING),
        ("WAIT_BUYER_PAY", OrderStatus.PENDING),
        ("PAY_PENDING", OrderStatus.PENDING),
        ("WAIT_PRE_AUTH_CONFIRM", OrderStatus.PENDING),
        ("PAID_FORBID_CONSIGN", OrderStatus.PAID),
        ("WAIT_SELLER_SEND_GOODS", OrderStatus.PAID),
        ("SELLER_CONSIGNED_PART", OrderStatus.PARTIALLY_SHIPPED),
        ("WAIT_BUYER_CONFIRM_GOODS", OrderStatus.SHIPPED),
        ("TRADE_BUYER_SIGNED", OrderStatus.DELIVERED),
        ("TRADE_FINISHED", OrderStatus.COMPLETED),
        ("TRADE_CLOSED", OrderStatus.CLOSED),
        ("TRADE_CLOSED_BY_TAOBAO", OrderStatus.CANCELLED),
    ],
)
def test_trade_statuses(word: str, status: OrderStatus) -> None:
    """CLOSED was paid and refunded; CLOSED_BY_TAOBAO was never paid."""
    record, unknown = MAPPER.trade(trade(1, line(1, status=word), status=word))

    assert (status, word, ()) == (record.status, record.platform_status, unknown)


def test_a_refund_shrinks_the_trades_payment_but_not_what_was_paid() -> None:
    """`payment` shrinks with a partial refund; the lines' shares don't, and freight is added."""
    lines = [line(11, divide_order_fee="80.00"), line(12, divide_order_fee="20.50")]

    record = order(*lines, payment="40.00", post_fee="6.00")

    assert (10_650, 600, 4_000) == (record.paid_amount, record.freight, record.reported_amount)


def test_discounts_are_what_the_goods_cost_less() -> None:
    """Goods are price times number; what the lines' paid shares lack is the discount."""
    record = order(line(11, price="50.00", num=3, divide_order_fee="120.00"))

    assert (15_000, 3_000) == (record.items_amount, record.discount)
    assert (5_000, 3_000, 12_000) == (
        record.lines[0].unit_price,
        record.lines[0].discount,
        record.lines[0].amount,
    )


@pytest.mark.parametrize(
    ("fees", "amount"),
    [
        ({"divide_order_fee": "90.00", "payment": "95.00"}, 9_000),
        ({"divide_order_fee": "0.00", "payment": "95.00"}, 0),
        ({"divide_order_fee": "", "payment": "95.00"}, 9_500),
        ({"divide_order_fee": None, "payment": None}, 12_800),
    ],
)
def test_a_line_is_worth_its_share_of_the_payment(fees: Row, amount: int) -> None:
    """`divide_order_fee` has the trade's discounts shared out; `payment` of a line has not."""
    record = order(line(11, **fees), line(12))

    assert amount == record.lines[0].amount


def test_the_payment_of_an_only_line_includes_the_freight() -> None:
    """TOP gives an only line the trade's payment: without its share, freight is taken out again."""
    only = line(1, divide_order_fee=None, payment="134.00")

    record = order(only, payment="134.00", post_fee="6.00")

    assert (12_800, 13_400) == (record.lines[0].amount, record.paid_amount)


def test_parcels_are_told_apart_by_waybill() -> None:
    """A trade can go out in several parcels; lines of one waybill are one shipment."""
    sent = {"logistics_company": "顺丰", "consign_time": "2026-11-22 11:00:00"}
    lines = [
        line(11, invoice_no="SF1", **sent),
        line(12, invoice_no="SF1", **sent),
        line(13, invoice_no="SF2"),
        line(14),
    ]

    parcels = order(*lines, consign_time="2026-11-22 11:30:00").shipments

    assert [("11", "SF1", "顺丰"), ("13", "SF2", None)] == [
        (parcel.platform_id, parcel.tracking_number, parcel.carrier) for parcel in parcels
    ]
    assert [3, 3] == [parcel.shipped_at.hour for parcel in parcels if parcel.shipped_at]


def test_a_refund_that_succeeded_moved_money() -> None:
    """TOP tells no time of payment: a successful refund was changed last when it was paid."""
    record = refunded()

    assert (RefundStatus.REFUNDED, 2_000, 1, True) == (
        record.status,
        record.amount,
        record.quantity,
        record.goods_returned,
    )
    assert datetime(2026, 11, 22, 3, 0, tzinfo=UTC) == record.refunded_at


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("WAIT_SELLER_AGREE", RefundStatus.REQUESTED),
        ("EXCHANGE_TRANSFORM_TO_REFUND", RefundStatus.REQUESTED),
        ("WAIT_BUYER_RETURN_GOODS", RefundStatus.AWAITING_RETURN),
        ("WAIT_SELLER_CONFIRM_GOODS", RefundStatus.RETURNED),
        ("WAIT_SELLER_CONSIGN_GOODS", RefundStatus.RETURNED),
        ("WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS", RefundStatus.EXCHANGED),
        ("SELLER_REFUSE_BUYER", RefundStatus.REJECTED),
        ("CLOSED", RefundStatus.CLOSED),
    ],
)
def test_other_refunds_moved_no_money(word: str, status: RefundStatus) -> None:
    """Only SUCCESS has a time of payment; every word of TOP's list has a meaning."""
    record = refunded(status=word)

    assert (status, None) == (record.status, record.refunded_at)
