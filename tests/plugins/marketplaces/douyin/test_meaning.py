"""What Douyin's words, amounts and times mean: one test per rule, which it states."""

from datetime import UTC, datetime

import pytest

from core.marketplace.records import OrderStatus, RefundStatus
from core.marketplace.sandbox import Row
from tests.plugins.marketplaces.douyin.builders import (
    NOW,
    SECOND,
    after_sale,
    line,
    order,
)
from tests.plugins.marketplaces.douyin.reading import MAPPER, mapped, refunded


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (1, OrderStatus.PENDING),
        (105, OrderStatus.PAID),
        (2, OrderStatus.PAID),
        (101, OrderStatus.PARTIALLY_SHIPPED),
        (3, OrderStatus.SHIPPED),
        (5, OrderStatus.COMPLETED),
        (77, OrderStatus.UNKNOWN),
    ],
)
def test_order_status(code: int, status: OrderStatus) -> None:
    """Doudian: 1 待支付, 105 已支付, 2 备货中, 101 部分发货, 3 已发货, 4 已取消, 5 已完成."""
    record, unknown = MAPPER.order(order(order_status=code))

    assert (status, str(code)) == (record.status, record.platform_status)
    assert (status is OrderStatus.UNKNOWN) == ("order_status=77" in unknown)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"pay_time": 0}, OrderStatus.CANCELLED),
        ({}, OrderStatus.CLOSED),
        ({"pay_type": 0}, OrderStatus.CANCELLED),
        ({"pay_time": 0, "main_status": 21}, OrderStatus.CLOSED),
    ],
)
def test_cancelled_or_refunded(changes: Row, status: OrderStatus) -> None:
    """Doudian calls both 4 已取消: who had paid was refunded, who had not just left."""
    row = order(**{"order_status": 4, "main_status": 4, **changes})

    assert status is mapped(row).status


@pytest.mark.parametrize("main_status", [21, 22, 39])
def test_refunded_whole(main_status: int) -> None:
    """main_status 21 发货前, 22 发货后, 39 收货后 退款完结: closed, whatever order_status says."""
    assert OrderStatus.CLOSED is mapped(order(order_status=5, main_status=main_status)).status


def test_the_buyer_pays_less_than_pay_amount() -> None:
    """Doudian: buyer's payment = pay_amount - promotion_pay_amount, what the channel gave.

    The platform's own figure is kept beside it.
    """
    row = order("1", line("1", promotion_pay_amount=300), promotion_pay_amount=300)

    record = mapped(row)

    assert (11_500, 11_800) == (record.paid_amount, record.reported_amount)
    assert [11_500] == [each.amount for each in record.lines]
    assert [11_500] == [each.amount for each in record.payments]


@pytest.mark.parametrize(
    "given",
    [
        {"promotion_shop_amount": 1_000, "shop_cost_amount": 1_000},
        {"promotion_platform_amount": 1_000, "platform_cost_amount": 1_000},
        {"promotion_talent_amount": 1_000, "author_cost_amount": 1_000},
    ],
)
def test_whoever_gives_a_discount_the_buyer_pays_the_same(given: Row) -> None:
    """promotion_amount = shop's + platform's + host's share: all of it is off the gross price."""
    record = mapped(order("1", line("1", **given), **given))

    assert (12_800, 1_000, 11_800) == (record.items_amount, record.discount, record.paid_amount)


def test_gross_and_net() -> None:
    """origin_amount is the price of one before discounts; what was paid is per line."""
    lines = [
        line("1", origin_amount=5_000, item_num=3, pay_amount=12_000),
        line("2", origin_amount=1_000, item_num=1, pay_amount=1_000),
    ]

    record = mapped(order("1", *lines, pay_amount=13_000))

    assert (16_000, 3_000, 13_000) == (record.items_amount, record.discount, record.paid_amount)
    assert [3_000, 0] == [each.discount for each in record.lines]


@pytest.mark.parametrize(
    ("line_pay", "line_post"),
    [(12_600, 800), (11_800, 800), (11_800, 0)],
    ids=["within the line", "beside the line, told", "beside the line"],
)
def test_freight_is_no_goods(line_pay: int, line_post: int) -> None:
    """post_amount is paid on top of the goods, whether or not a line's pay_amount holds it."""
    row = order(
        "1",
        line("1", pay_amount=line_pay, post_amount=line_post),
        pay_amount=12_600,
        post_amount=800,
    )

    record, unknown = MAPPER.order(row)

    assert (800, 11_800, 12_600) == (record.freight, record.lines[0].amount, record.paid_amount)
    assert () == unknown


def test_packing_is_paid_beside_the_goods() -> None:
    """packing_amount (打包费) belongs to the order alone."""
    record, unknown = MAPPER.order(order(pay_amount=11_900, packing_amount=100))

    assert (100, 11_800, 11_900) == (record.freight, record.lines[0].amount, record.paid_amount)
    assert () == unknown


def test_cash_on_delivery_is_paid_at_the_end() -> None:
    """pay_type 0 货到付款: no payment before the order is completed, whatever pay_time says."""
    open_order = mapped(order(pay_type=0, order_status=3, main_status=3))
    done = mapped(order(pay_type=0, order_status=5, main_status=5, finish_time=SECOND))

    assert (None, ()) == (open_order.paid_at, open_order.payments)
    assert NOW == done.paid_at
    assert [("cash_on_delivery", 11_800)] == [(each.method, each.amount) for each in done.payments]


def phase(number: int, amount: int, *, paid: bool) -> Row:
    return {
        "phase_order_id": f"p{number}",
        "total_phase": 2,
        "current_phase": number,
        "pay_success": paid,
        "phase_pay_type": 2,
        "phase_pay_amount": amount,
        "phase_pay_time": SECOND - 7000 + number if paid else 0,
    }


def test_a_deposit_is_no_sale_yet() -> None:
    """Pre-sale: main_status 103 部分支付 after the deposit; the order still waits for payment."""
    phases = [phase(1, 1_800, paid=True), phase(2, 10_000, paid=False)]

    record = mapped(order(order_status=1, main_status=103, pay_time=0, order_phase_list=phases))

    assert (OrderStatus.PENDING, None) == (record.status, record.paid_at)
    assert [("p1", 1_800)] == [(each.platform_id, each.amount) for each in record.payments]


def test_both_phases_are_payments() -> None:
    """Deposit and rest are paid apart, with times and channels of their own."""
    phases = [phase(1, 1_800, paid=True), phase(2, 10_000, paid=True)]

    record = mapped(order(order_phase_list=phases))

    assert [("p1", 1_800), ("p2", 10_000)] == [
        (each.platform_id, each.amount) for each in record.payments
    ]
    assert 11_800 == record.paid_amount


@pytest.mark.parametrize(
    ("lines", "channel"),
    [
        ([line("1", room_id=7_000_000_000_000_000_001, c_biz=2)], "live"),
        ([line("1", room_id_str="7000000000000000001")], "live"),
        ([line("1", video_id="72")], "video"),
        ([line("1", c_biz=2)], "affiliate"),
        ([line("1", c_biz=8)], "shop"),
        ([line("1", c_biz=0)], ""),
        ([line("1", video_id="72"), line("2", c_biz=8)], "mixed"),
    ],
)
def test_where_it_was_sold(lines: list[Row], channel: str) -> None:
    """room_id: 有值则代表订单来自直播间; video_id: 来自短视频; else c_biz, alliance or shop."""
    assert channel == mapped(order("1", *lines)).channel


@pytest.mark.parametrize(
    ("kind", "code", "money", "status"),
    [
        (0, 6, 1, RefundStatus.REQUESTED),
        (0, 7, 1, RefundStatus.AWAITING_RETURN),
        (0, 11, 1, RefundStatus.RETURNED),
        (3, 8, 0, RefundStatus.RETURNED),
        (3, 3, 0, RefundStatus.EXCHANGED),
        (3, 13, 0, RefundStatus.EXCHANGED),
        (3, 14, 0, RefundStatus.EXCHANGED),
        (7, 12, 0, RefundStatus.EXCHANGED),
        (0, 27, 1, RefundStatus.REJECTED),
        (0, 29, 1, RefundStatus.REJECTED),
        (0, 28, 1, RefundStatus.CLOSED),
        (0, 12, 3, RefundStatus.REFUNDED),
        (1, 12, 3, RefundStatus.REFUNDED),
        (6, 12, 3, RefundStatus.REFUNDED),
        (0, 12, 2, RefundStatus.RETURNED),
        (1, 12, 2, RefundStatus.REQUESTED),
        (1, 12, 4, RefundStatus.REQUESTED),
        (1, 12, 0, RefundStatus.CLOSED),
        (1, 12, 5, RefundStatus.UNKNOWN),
        (0, 51, 0, RefundStatus.UNKNOWN),
        (0, 53, 3, RefundStatus.REFUNDED),
    ],
)
def test_refund_status(kind: int, code: int, money: int, status: RefundStatus) -> None:
    """The flow (aftersale_status) and the money (refund_status) are told apart: 3 alone moved any.

    Doudian: a buyer who withdraws leaves 28 售后失败 with refund_status 1 for ever.
    """
    item = after_sale(aftersale_type=kind, aftersale_status=code, refund_status=money)

    record = refunded(item)

    assert (status, str(code)) == (record.status, record.platform_status)
    assert (status is RefundStatus.REFUNDED) == (record.refunded_at is not None)


def test_a_partial_refund_counts_what_was_paid_back() -> None:
    """refund_amount is asked for; real_refund_amount is paid, less what the channel takes back."""
    record = refunded(after_sale(refund_amount=2_000))

    assert (1_900, datetime.fromtimestamp(SECOND - 3700, UTC)) == (
        record.amount,
        record.refunded_at,
    )
    assert ("6900000000000000001", "6900000000000000001", 1, True) == (
        record.order_id,
        record.line_id,
        record.quantity,
        record.goods_returned,
    )
    assert ("return_and_refund", "不想要了") == (record.phase, record.reason)
