"""What Pinduoduo's words, amounts and times mean: one test per rule, which it states."""

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
from plugins.marketplaces.pinduoduo.codes import REFUND_STATUS
from tests.plugins.marketplaces.pinduoduo.builders import (
    item,
    order,
    refund,
)
from tests.plugins.marketplaces.pinduoduo.reading import (
    MAPPER,
    PAID,
    placed,
    refunded,
    texts,
)
from tests.plugins.marketplaces.sums import assert_adds_up


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"order_status": 1}, OrderStatus.PAID),
        ({"order_status": 2}, OrderStatus.SHIPPED),
        ({"order_status": 3}, OrderStatus.DELIVERED),
        ({"order_status": 3, "receive_time": PAID}, OrderStatus.COMPLETED),
        ({"order_status": 1, "refund_status": 2}, OrderStatus.PAID),
        ({"order_status": 1, "refund_status": 3}, OrderStatus.PAID),
        ({"order_status": 1, "refund_status": 4}, OrderStatus.CLOSED),
        ({"order_status": 2, "refund_status": 4}, OrderStatus.SHIPPED),
        ({"order_status": 3, "refund_status": 4}, OrderStatus.DELIVERED),
        ({"order_status": "2"}, OrderStatus.SHIPPED),
    ],
)
def test_order_statuses(changes: Row, status: OrderStatus) -> None:
    """1 待发货 2 已发货待签收 3 已签收, crossed with the refund's 1 none 2 open 3 paying 4 paid.

    A refund before the parcel is sent ends the order. A later one may be partial and PDD does not
    show its amount in the order: goods that arrived have arrived, and the refund tells the rest.
    """
    assert status is placed(**changes).status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"group_status": 0, "confirm_status": 0}, OrderStatus.PENDING),
        ({"group_status": 1, "confirm_status": 0}, OrderStatus.PENDING),
        ({"group_status": 1, "confirm_status": 1}, OrderStatus.PAID),
        ({"group_status": 2, "confirm_status": 0}, OrderStatus.CANCELLED),
        ({"group_status": 2, "confirm_status": 2, "refund_status": 4, "confirm_time": ""},
         OrderStatus.CANCELLED),
        ({"confirm_status": 2, "refund_status": 4}, OrderStatus.CLOSED),
    ],
)  # fmt: skip
def test_a_group_order_is_a_sale_once_its_group_is_full(changes: Row, status: OrderStatus) -> None:
    """团: buyers pay first and the deal is made when the group is full; if it fails, PDD pays back.

    No refund is listed for a failed group, so its orders must never have counted as sales. A deal
    that was made, and then cancelled with a refund, counts as both.
    """
    record = placed(**changes)

    assert status is record.status
    assert 1 == len(record.payments)


def test_discounts_of_platform_and_shop_lower_what_the_buyer_pays() -> None:
    """折扣金额=平台优惠+商家优惠+团长免单: the sum is told, or else its parts are added up."""
    told = placed(platform_discount=4.0, seller_discount=6.0, discount_amount=10.0)
    in_parts = placed(discount_amount=None, capital_free_discount=1.0, pay_amount=117.0)

    assert (12_800, 1_000, 11_800, 11_800) == (
        told.items_amount,
        told.discount,
        told.paid_amount,
        told.lines[0].amount,
    )
    assert (1_100, 11_700) == (in_parts.discount, in_parts.paid_amount)


def test_postage_and_services_are_freight() -> None:
    """支付金额=商品金额-折扣金额+邮费+服务费: services of delivery go with the postage."""
    services = [{"service_name": "sf_express_fee", "service_fee": "3.50"}]

    record = placed(postage=6.0, service_fee_detail=services, pay_amount=127.5)

    assert (950, 12_750, 12_750, 11_800) == (
        record.freight,
        record.paid_amount,
        record.reported_amount,
        record.lines[0].amount,
    )


def test_a_discount_may_reach_into_the_postage() -> None:
    """More discount than the goods cost: they were free, and the rest came off the postage."""
    record = placed(discount_amount=130.0, postage=6.0, pay_amount=4.0)

    assert (0, 400, 400) == (record.lines[0].amount, record.freight, record.paid_amount)


def test_a_price_changed_by_the_merchant_is_a_discount() -> None:
    """商品金额=商品销售价格*数量-订单改价折扣金额: the change is taken from the goods' amount."""
    told = placed(goods_amount=120.0, order_change_amount=8.0, pay_amount=110.0)
    untold = placed(goods_amount=None, order_change_amount=8.0, pay_amount=110.0)

    assert (12_800, 1_800, 11_000) == (told.items_amount, told.discount, told.paid_amount)
    assert told == untold


def test_what_pdd_shows_stands_beside_what_was_computed() -> None:
    """`pay_amount` is kept as it is: where it differs from its own formula, both can be seen."""
    record = placed(pay_amount=100.0)

    assert (11_800, 10_000) == (record.paid_amount, record.reported_amount)


@pytest.mark.parametrize(
    ("stage", "status", "payments", "is_paid"),
    [
        (0, OrderStatus.PENDING, [], False),
        (1, OrderStatus.PENDING, [2_000], False),
        (2, OrderStatus.PAID, [9_800], True),
    ],
)
def test_a_deposit_order_is_a_sale_once_its_balance_is_paid(
    stage: int, status: OrderStatus, payments: list[int], is_paid: bool
) -> None:
    """定金订单: 0 nothing paid, 1 deposit paid, 2 balance paid too.

    The deposit may be worth more than itself (膨胀); whether `discount_amount` holds the difference
    is not told, so what was paid is `pay_amount`.
    """
    step = {
        "advanced_paid_fee": "20.00",
        "step_paid_fee": "98.00",
        "step_discount_amount": "20.00",
        "step_trade_status": stage,
    }

    record = placed(trade_type=1, pay_amount=98.0, step_order_info=step)

    assert ("1", status, 9_800) == (record.platform_type, record.status, record.paid_amount)
    assert payments == [payment.amount for payment in record.payments]
    assert is_paid == (record.paid_at is not None)


def test_a_presale_is_paid_like_any_order() -> None:
    """is_pre_sale: the parcel goes out later; the money came in at once."""
    record = placed(is_pre_sale=1, pre_sale_time="2026-12-24 00:00:00")

    assert (OrderStatus.PAID, 1) == (record.status, len(record.payments))


@pytest.mark.parametrize("word", ["QQ", "WEIXIN", "ALIPAY", "LIANLIANPAY"])
def test_all_ways_to_pay_are_online(word: str) -> None:
    """PDD knows no cash on delivery: what is not paid has no time of payment, so no payment."""
    record, unknown = MAPPER.order(texts(order(1, pay_type=word)))

    (payment,) = record.payments
    assert ("XP2026112200001", word.lower(), 11_800, ()) == (
        payment.platform_id,
        payment.method,
        payment.amount,
        unknown,
    )
    assert () == placed(pay_time="").payments


@pytest.mark.parametrize("value", [1795312860, 1795312860000, "2026-11-22 10:01:00"])
def test_times_come_as_wall_clock_seconds_or_milliseconds(value: int | str) -> None:
    """Lists write China's wall clock, requests seconds, single refunds milliseconds."""
    assert datetime(2026, 11, 22, 2, 1, tzinfo=UTC) == placed(pay_time=value).paid_at


def test_a_refund_that_succeeded_moved_money() -> None:
    """10 退款成功. PDD tells no time of payment: a success was changed last when it was paid."""
    record = refunded()

    assert (RefundStatus.REFUNDED, "10", "3", 2_000, 1, True) == (
        record.status,
        record.platform_status,
        record.phase,
        record.amount,
        record.quantity,
        record.goods_returned,
    )
    assert datetime(2026, 11, 22, 3, 30, tzinfo=UTC) == record.refunded_at == record.updated_at


def test_a_partial_refund_belongs_to_the_orders_line() -> None:
    """An order's number and SKU name the same line in refunds; the amount is what is paid back."""
    record = refunded(refund_amount="0.50")

    assert 50 == record.amount
    assert (placed().platform_id, placed().lines[0].platform_id) == (
        record.order_id,
        record.line_id,
    )


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ((2, 3, 4, 5, 8, 14, 21, 32), RefundStatus.REQUESTED),
        ((7, 15, 22, 31), RefundStatus.AWAITING_RETURN),
        ((27,), RefundStatus.RETURNED),
        ((10,), RefundStatus.REFUNDED),
        ((6, 9), RefundStatus.REJECTED),
        ((11, 12, 13, 17, 24, 25), RefundStatus.CLOSED),
        ((16, 18), RefundStatus.EXCHANGED),
    ],
)
def test_refund_statuses(codes: tuple[int, ...], status: RefundStatus) -> None:
    """Only 10 moved money; exchanges, repairs and goods sent later are after-sales cases too."""
    found = [MAPPER.refund(refund(after_sales_status=code)) for code in codes]

    assert {status} == {record.status for record, _ in found}
    assert {(status is RefundStatus.REFUNDED, ())} == {
        (record.refunded_at is not None, unknown) for record, unknown in found
    }
    assert set(codes) <= set(REFUND_STATUS)


@pytest.mark.parametrize(
    ("kind", "code", "returned"),
    [(2, 10, False), (2, 2, False), (3, 10, True), (3, 7, None), (4, 16, None), (None, 10, None)],
)
def test_whether_goods_came_back(kind: int | None, code: int, returned: bool | None) -> None:
    """2 仅退款 is money only; of 3 退货退款 the money is paid when the goods are back."""
    record = refunded(after_sales_type=kind, after_sales_status=code)

    assert returned is record.goods_returned


# --- units -----------------------------------------------------------------------------------


def test_money_is_yuan_as_a_number_and_time_is_chinas_wall_clock() -> None:
    """PDD: 118.0 元 is 11,800 fen, 10:00 in China is 2:00 UTC; goods are in fen, ads in 厘."""
    record = placed()

    assert 11_800 == record.paid_amount
    assert datetime(2026, 11, 22, 2, tzinfo=UTC) == record.ordered_at


# --- gross, net, and who bears what ----------------------------------------------------------


def test_pdd_tells_what_it_bears_of_the_discounts() -> None:
    """平台优惠金额 is PDD's, 店铺优惠金额 the merchant's: the merchant earns 118 + 4 yuan."""
    record = placed()

    assert (1_000, 400) == (record.discount, record.platform_discount)


def test_what_pdd_bears_may_be_untold() -> None:
    """Without platform_discount nobody knows who bears discount_amount."""
    assert None is placed(platform_discount=None).platform_discount


@given(
    price=st.integers(1, 10**7),
    count=st.integers(1, 9),
    platform=st.floats(0, 0.5),
    seller=st.floats(0, 0.5),
    postage=st.integers(0, 10**4),
)
def test_every_order_adds_up(
    price: int, count: int, platform: float, seller: float, postage: int
) -> None:
    """支付金额=商品金额-折扣金额+邮费: the line and the postage are what was paid."""
    goods = price * count
    off = {"platform_discount": int(goods * platform), "seller_discount": int(goods * seller)}
    figures = {
        **off,
        "goods_amount": goods,
        "discount_amount": sum(off.values()),
        "postage": postage,
        "pay_amount": goods - sum(off.values()) + postage,
    }

    record = placed(
        item(goods_price=f"{price / 100:.2f}", goods_count=count),
        **{name: f"{fen / 100:.2f}" for name, fen in figures.items()},
    )

    assert_adds_up(record)
    assert record.paid_amount == record.reported_amount


# --- ways to pay, and parts ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "kind", "amount"), [(1, PaymentKind.DEPOSIT, 2_000), (2, PaymentKind.FULL, 11_800)]
)
def test_a_deposit_is_told_apart(step: int, kind: PaymentKind, amount: int) -> None:
    """advanced_paid_fee 已付定金, while the balance is owed; then one pay_time for both."""
    steps = {"step_trade_status": step, "advanced_paid_fee": 20.0, "step_paid_fee": 118.0}

    record = placed(trade_type=1, step_order_info=steps)

    assert [(kind, amount)] == [(each.payment_kind, each.amount) for each in record.payments]


def test_an_order_is_sent_in_parts_without_being_split() -> None:
    """order_sn stays one: further parcels stand in extra_delivery_list, and no parent is named."""
    record = placed(
        order_status=2,
        tracking_number="YT1",
        shipping_time="2026-11-22 11:00:00",
        extra_delivery_list=[{"tracking_number": "YT2", "logistics_id": 85}],
    )

    assert (None, 1, 2) == (record.parent_id, len(record.lines), len(record.shipments))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (2, RefundKind.MONEY),
        (3, RefundKind.RETURN),
        (4, RefundKind.EXCHANGE),
        (5, RefundKind.RESEND),
        (6, RefundKind.REPAIR),
        (7, RefundKind.UNKNOWN),
        (None, RefundKind.UNKNOWN),
    ],
)
def test_what_is_asked_for(code: int | None, kind: RefundKind) -> None:
    """售后类型: 2 仅退款 3 退货退款 4 换货 5 缺货补寄 6 维修; freight in it is not told apart."""
    record = refunded(after_sales_type=code)

    assert (kind, None) == (record.refund_kind, record.freight)


# --- the platform's own figures --------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({}, datetime(2026, 11, 22, 2, 5, tzinfo=UTC)),
        ({"confirm_status": 0, "confirm_time": ""}, None),
    ],
    ids=["deal", "group forming"],
)
def test_pdd_counts_turnover_when_the_deal_is_made(changes: Row, counted: datetime | None) -> None:
    """confirm_time is 成交时间: a group order's is when the group is full, not when it was paid."""
    record = placed(**changes)

    assert (counted, 11_800) == (record.reported_at, record.reported_amount)


def test_when_a_parcel_was_promised() -> None:
    """promise_delivery_time 承诺送达时间 is the order's own parcel's; it may be days ahead."""
    promise = "2026-12-03 22:00:00"
    sent = {"order_status": 2, "shipping_time": "2026-11-22 11:00:00"}

    promised, untold = placed(**sent, promise_delivery_time=promise), placed(**sent)

    expected = [datetime(2026, 12, 3, 14, 0, tzinfo=UTC)]
    assert expected == [each.promised_at for each in promised.shipments]
    assert [None] == [each.promised_at for each in untold.shipments]
