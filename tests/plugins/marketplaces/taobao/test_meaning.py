"""What Taobao's words, amounts and times mean: one test per rule, which it states."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.marketplace.records import (
    OrderStatus,
    PaymentKind,
    RefundKind,
    RefundStatus,
)
from core.marketplace.sandbox import Row
from tests.plugins.marketplaces.sums import assert_adds_up
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


# --- units -----------------------------------------------------------------------------------


def test_money_is_yuan_in_text_and_time_is_chinas_wall_clock() -> None:
    """TOP: 精确到2位小数;单位:元, yyyy-MM-dd HH:mm:ss in GMT+8: 10:00 in China is 2:00 UTC."""
    record = order(line(2, price="200.07", divide_order_fee="200.07"), post_fee="12.30")

    assert (20_007, 1_230, 21_237) == (record.items_amount, record.freight, record.paid_amount)
    assert datetime(2026, 11, 22, 2, tzinfo=UTC) == record.ordered_at


# --- gross, net, and who bears what ----------------------------------------------------------


def test_the_merchants_discounts_come_off_the_gross_amount() -> None:
    """discount_fee, adjust_fee and part_mjz_discount are all in `divide_order_fee`."""
    parts = {"discount_fee": "10.00", "adjust_fee": "-5.00", "part_mjz_discount": "13.00"}

    record = order(line(2, price="128.00", divide_order_fee="100.00", **parts))

    assert (12_800, 2_800, 10_000) == (record.items_amount, record.discount, record.paid_amount)


def test_taobao_does_not_tell_what_it_bears_of_discounts() -> None:
    """The listings have no field for platform subsidies: unknown is not zero."""
    assert None is order().platform_discount


def test_freight_is_told_for_the_trade() -> None:
    """post_fee 邮费 is the buyer's, and no line's."""
    record = order(
        line(2, divide_order_fee="60.00"), line(3, divide_order_fee="40.00"), post_fee="10.00"
    )

    assert (1_000, [6_000, 4_000], 11_000) == (
        record.freight,
        [each.amount for each in record.lines],
        record.paid_amount,
    )


@given(
    lines=st.lists(
        st.tuples(st.integers(1, 10**7), st.integers(1, 9), st.floats(0, 1)), min_size=1, max_size=5
    ),
    freight=st.integers(0, 10**5),
)
def test_every_trade_adds_up(lines: list[tuple[int, int, float]], freight: int) -> None:
    """The lines' shares and post_fee are the trade's payment, whatever the discounts are."""
    rows = [
        line(
            number,
            price=f"{price / 100:.2f}",
            num=count,
            divide_order_fee=f"{int(price * count * part) / 100:.2f}",
        )
        for number, (price, count, part) in enumerate(lines, start=1)
    ]

    assert_adds_up(order(*rows, post_fee=f"{freight / 100:.2f}"))


# --- ways to pay -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("WAIT_SELLER_SEND_GOODS", OrderStatus.PENDING),
        ("WAIT_BUYER_CONFIRM_GOODS", OrderStatus.SHIPPED),
        ("TRADE_BUYER_SIGNED", OrderStatus.DELIVERED),
        ("TRADE_FINISHED", OrderStatus.COMPLETED),
        ("TRADE_CLOSED", OrderStatus.CANCELLED),
    ],
)
@pytest.mark.parametrize("kind", ["cod", "b2c_cod", "super_market_cod_trade"])
def test_cash_on_delivery_is_sent_before_it_is_paid(
    kind: str, word: str, status: OrderStatus
) -> None:
    """货到付款: without pay_time "等待卖家发货,即:买家已付款" can't mean that it is paid."""
    record = order(type=kind, status=word, pay_time=None)

    assert (status, None, ()) == (record.status, record.paid_at, record.payments)


def test_a_deposit_is_no_sale_yet() -> None:
    """FRONT_PAID_FINAL_NOPAID 定金已付尾款未付: what came in is step_paid_fee, the deposit."""
    record = order(
        type="step",
        status="WAIT_BUYER_PAY",
        step_trade_status="FRONT_PAID_FINAL_NOPAID",
        step_paid_fee="20.00",
    )

    assert (OrderStatus.PENDING, None, 11_800) == (
        record.status,
        record.paid_at,
        record.paid_amount,
    )
    assert [(PaymentKind.DEPOSIT, 2_000)] == [
        (each.payment_kind, each.amount) for each in record.payments
    ]


@pytest.mark.parametrize(
    ("step", "count"), [("FRONT_NOPAID_FINAL_NOPAID", 0), ("FRONT_PAID_FINAL_PAID", 1)]
)
def test_a_presale_is_one_payment_once_it_is_paid_whole(step: str, count: int) -> None:
    """TOP has one pay_time and one alipay_no for both steps: two payments would be a guess."""
    paid_at = "2026-11-22 10:01:00" if count else None
    record = order(type="step", step_trade_status=step, step_paid_fee="118.00", pay_time=paid_at)

    assert [PaymentKind.FULL] * count == [each.payment_kind for each in record.payments]


# --- parts -----------------------------------------------------------------------------------


def test_a_trade_that_is_sent_in_parts_is_one_order() -> None:
    """SELLER_CONSIGNED_PART 卖家部分发货: tid is the order, oid its lines; nothing is split off."""
    record = order(
        line(2, status="WAIT_BUYER_CONFIRM_GOODS", invoice_no="SF1"),
        line(3, status="WAIT_SELLER_SEND_GOODS"),
        status="SELLER_CONSIGNED_PART",
    )

    assert (OrderStatus.PARTIALLY_SHIPPED, None, ["2", "3"]) == (
        record.status,
        record.parent_id,
        [each.platform_id for each in record.lines],
    )
    assert 1 == len(record.shipments)


def test_a_partial_refund_is_of_one_line() -> None:
    """A refund names tid and oid; refund_fee 退还金额 may be less than the line's payment."""
    record = refunded(tid=1, oid=2, payment="118.00", refund_fee="20.00", num=1)

    assert ("1", "2", 2_000, 1, None) == (
        record.order_id,
        record.line_id,
        record.amount,
        record.quantity,
        record.freight,
    )


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"has_good_return": True}, RefundKind.RETURN),
        ({"has_good_return": False}, RefundKind.MONEY),
        ({"has_good_return": None}, RefundKind.UNKNOWN),
        ({"status": "WAIT_SELLER_CONSIGN_GOODS"}, RefundKind.EXCHANGE),
        ({"status": "WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS"}, RefundKind.EXCHANGE),
        ({"status": "EXCHANGE_TRANSFORM_TO_REFUND", "has_good_return": True}, RefundKind.RETURN),
    ],
)
def test_what_is_asked_for(changes: Row, kind: RefundKind) -> None:
    """has_good_return 买家是否需要退货; exchanges are told by their statuses alone."""
    assert kind is refunded(**changes).refund_kind


# --- the platform's own figures --------------------------------------------------------------


def test_taobao_counts_turnover_when_it_is_paid() -> None:
    """支付金额 goes by pay_time, as ours does; its figure is the `payment` that is shown now."""
    record = order(line(2, divide_order_fee="118.00"), payment="98.00")

    assert (11_800, 9_800, None) == (
        record.paid_amount,
        record.reported_amount,
        record.reported_at,
    )
