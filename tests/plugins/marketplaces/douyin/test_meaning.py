"""What Douyin's words, amounts and times mean: one test per rule, which it states."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.marketplace.records import OrderStatus, PaymentKind, RefundKind, RefundStatus, SourceKind
from core.marketplace.sandbox import Row
from tests.plugins.marketplaces.douyin.builders import NOW, SECOND, after_sale, line, order
from tests.plugins.marketplaces.douyin.reading import MAPPER, mapped, refunded
from tests.plugins.marketplaces.sums import assert_adds_up


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


# --- units -----------------------------------------------------------------------------------


def test_money_is_whole_fen_and_time_is_unix_seconds() -> None:
    """Doudian: 单位：分 and 时间戳，秒 everywhere; 0 is no time."""
    record = mapped(order(pay_time=SECOND, finish_time=0))

    assert (11_800, NOW, None) == (record.paid_amount, record.paid_at, record.ended_at)


# --- gross, net, and who bears what ----------------------------------------------------------


@pytest.mark.parametrize(
    ("figures", "platform"),
    [
        ({"platform_cost_amount": 0, "shop_cost_amount": 1_000}, 0),
        ({"platform_cost_amount": 700, "only_platform_cost_amount": 500}, 700),
        ({"platform_cost_amount": 700, "promotion_pay_amount": 300}, 1_000),
        ({}, None),
    ],
)
def test_what_the_merchant_does_not_bear(figures: Row, platform: int | None) -> None:
    """platform_cost_amount is the platform's and the host's; the payment channel gives its own."""
    channel = figures.get("promotion_pay_amount", 0)

    record = mapped(order("1", line("1", promotion_pay_amount=channel), **figures))

    assert (platform, 1_000 + channel) == (record.platform_discount, record.discount)


@given(
    lines=st.lists(
        st.tuples(st.integers(1, 10**7), st.integers(1, 9), st.floats(0, 1), st.integers(0, 10**4)),
        min_size=1,
        max_size=5,
    ),
    within=st.booleans(),
)
def test_every_order_adds_up(lines: list[tuple[int, int, float, int]], within: bool) -> None:
    """Lines and post_amount are what the buyer paid, whether or not lines hold their freight."""
    rows = []
    for number, (price, count, part, post) in enumerate(lines, start=1):
        goods = int(price * count * part)
        rows.append(
            line(
                str(number),
                origin_amount=price,
                item_num=count,
                pay_amount=goods + post * within,
                post_amount=post,
            )
        )
    post = sum(row["post_amount"] for row in rows)
    pay = sum(row["pay_amount"] for row in rows) + (0 if within else post)

    record, unknown = MAPPER.order(order("9", *rows, pay_amount=pay, post_amount=post))

    assert () == unknown
    assert_adds_up(record)


# --- ways to pay, and parts ------------------------------------------------------------------


def test_deposit_and_balance_are_payments_of_their_kinds() -> None:
    """order_phase_list: current_phase 1 is the deposit 定金, 2 the rest 尾款."""
    phases = [phase(1, 1_800, paid=True), phase(2, 10_000, paid=True)]

    record = mapped(order(order_phase_list=phases))

    assert [PaymentKind.DEPOSIT, PaymentKind.BALANCE] == [
        each.payment_kind for each in record.payments
    ]


def test_an_order_that_is_sent_in_parts_is_one_order() -> None:
    """101 部分发货: parent_order_id of a line is the order's own number, nothing is split off."""
    rows = [line("1", pay_amount=5_000), line("2", pay_amount=6_800)]

    record = mapped(order("6900000000000000001", *rows, order_status=101))

    assert (OrderStatus.PARTIALLY_SHIPPED, None, 2) == (
        record.status,
        record.parent_id,
        len(record.lines),
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0, RefundKind.RETURN),
        (1, RefundKind.MONEY),
        (2, RefundKind.MONEY),
        (3, RefundKind.EXCHANGE),
        (4, RefundKind.MONEY),
        (5, RefundKind.MONEY),
        (6, RefundKind.PRICE),
        (7, RefundKind.RESEND),
        (8, RefundKind.REPAIR),
        (42, RefundKind.UNKNOWN),
    ],
)
def test_what_is_asked_for(code: int, kind: RefundKind) -> None:
    """aftersale_type 0 退货退款 1 已发货仅退款 2 未发货仅退款 3 换货 6 价保 7 补寄 8 维修."""
    assert kind is refunded(after_sale(aftersale_type=code)).refund_kind


@pytest.mark.parametrize("freight", [None, 0, 800])
def test_the_freight_in_a_refund_is_told(freight: int | None) -> None:
    """refund_post_amount 售后退运费金额 is a part of what goes back, in fen."""
    assert freight == refunded(after_sale(refund_post_amount=freight)).freight


# --- the platform's own figures, and what sold it --------------------------------------------


def test_douyin_counts_what_the_channel_gave() -> None:
    """pay_amount holds promotion_pay_amount, which the buyer did not pay; it counts by payment."""
    row = order("1", line("1", promotion_pay_amount=300), promotion_pay_amount=300)

    record = mapped(row)

    assert (11_500, 11_800, None) == (
        record.paid_amount,
        record.reported_amount,
        record.reported_at,
    )


@pytest.mark.parametrize(
    ("fields", "kind", "number"),
    [
        (
            {"room_id": 7_000_000_001, "author_id": 5},
            SourceKind.LIVE,
            "7000000001",
        ),
        ({"room_id_str": "71", "room_id": 71, "video_id": "72"}, SourceKind.LIVE, "71"),
        ({"video_id": "72", "author_id": 5}, SourceKind.VIDEO, "72"),
        ({"author_id": 5}, SourceKind.AUTHOR, "5"),
        ({"author_id": 0}, None, None),
    ],
)
def test_a_line_names_what_sold_it(
    fields: Row, kind: SourceKind | None, number: str | None
) -> None:
    """A live room before a video before the host (author_id 直播主播id, also of shop windows)."""
    (only,) = mapped(order("1", line("1", **fields))).lines

    assert (kind, number) == (only.source_kind, only.source_id)
