"""What PDD's codes and figures mean; each test names the platform's rule that it holds to."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.marketplace.contract import Mapped, Rejected
from core.marketplace.mapping import map_each
from core.marketplace.records import (
    OrderKind,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    RefundRecord,
    RefundStatus,
)
from core.marketplace.sandbox import Row
from plugins.marketplaces.pinduoduo.codes import REFUND_STATUS
from plugins.marketplaces.pinduoduo.mapping import PERSONAL, Mapper
from tests.plugins.marketplaces.pinduoduo.builders import (
    NOW,
    goods,
    item,
    order,
    order_sn,
    refund,
)

MAPPER = Mapper("CNY", NOW)
PAID = "2026-11-22 10:01:00"


def texts(value: Any) -> Any:
    """Numbers with decimals as the client hands them on: as their text."""
    if isinstance(value, dict):
        return {name: texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [texts(each) for each in value]
    return str(value) if isinstance(value, float) else value


def placed(*items: Row, **changes: Any) -> OrderRecord:
    return MAPPER.order(texts(order(1, *items, **changes)))[0]


def refunded(**changes: Any) -> RefundRecord:
    return MAPPER.refund(refund(99, **changes))[0]


def product(*, sku: Row | None = None, **details: Any) -> ProductRecord:
    return MAPPER.goods(goods(7001, sku=sku, **details))[0]


def rejected(row: Any) -> Rejected:
    (result,) = map_each(
        [texts(row)], MAPPER.order, kind="order", id_field="order_sn", personal=PERSONAL
    )
    assert isinstance(result, Rejected)
    return result


def test_an_order_becomes_a_record() -> None:
    """Yuan become fen, Chinese wall clock becomes UTC; PDD's codes stay as words."""
    record = placed()

    assert (order_sn(1), "1/1/1", "0", "CNY", OrderKind.SALE) == (
        record.platform_id,
        record.platform_status,
        record.platform_type,
        record.currency,
        record.order_kind,
    )
    assert datetime(2026, 11, 22, 2, 0, tzinfo=UTC) == record.ordered_at
    assert datetime(2026, 11, 22, 2, 1, tzinfo=UTC) == record.paid_at
    (line,) = record.lines
    assert (f"{order_sn(1)}-8001", "7001", "8001", "SKU-A", "保温杯", 1) == (
        line.platform_id,
        line.product_id,
        line.sku_id,
        line.sku_code,
        line.title,
        line.quantity,
    )


def test_nobody_is_known_to_have_bought() -> None:
    """PDD gives no buyer's id, and receivers only encrypted: every buyer is a guest."""
    record = placed(receiver_name="~AgAAAA~", receiver_name_mask="王**", province="浙江省")

    assert record.customer is None


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


def test_unknown_codes_are_kept_and_counted() -> None:
    """A new code costs no order; the run tells that it exists."""
    row = order(
        1, order_status=0, refund_status=5, after_sales_status=99, group_status=7, pay_type="GOLD"
    )

    record, unknown = MAPPER.order(texts(row))

    assert (OrderStatus.UNKNOWN, "0/5/1") == (record.status, record.platform_status)
    assert "99" == record.lines[0].platform_refund_status
    assert {
        "order_status=0",
        "refund_status=5",
        "after_sales_status=99",
        "group_status=7",
        "pay_type=GOLD",
    } == set(unknown)


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


def test_several_lines_share_what_was_paid() -> None:
    """PDD sends one line; should it send more, all of what was paid is shared out by price."""
    lines = [item(sku_id=n, goods_price=10.0) for n in (1, 2, 3)]

    record = placed(*lines, goods_amount=30.0, discount_amount=10.0, pay_amount=20.0)

    assert [666, 667, 667] == [line.amount for line in record.lines]
    assert [334, 333, 333] == [line.discount for line in record.lines]


def test_free_goods_cost_nothing() -> None:
    """Prices of zero (gifts to win) share nothing and divide by nothing."""
    record = placed(item(goods_price=0.0), goods_amount=0.0, discount_amount=0.0, pay_amount=0.0)

    assert (0, 0, 0) == (record.items_amount, record.paid_amount, record.lines[0].amount)


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


def test_a_payment_without_number_has_the_orders() -> None:
    """`pay_no` may be missing; an order is paid once, so its own number will do."""
    (payment,) = placed(pay_no=None, pay_type=None).payments

    assert (order_sn(1), "unknown") == (payment.platform_id, payment.method)


@pytest.mark.parametrize("zero", ["", None, "0", 0, "0000-00-00 00:00:00", "1970-01-01 08:00:00"])
def test_a_zero_is_no_time(zero: Any) -> None:
    """PDD writes zero, or nothing, for what has not happened yet."""
    record = placed(pay_time=zero, shipping_time=zero, receive_time=zero, order_status=3)

    assert (None, None, (), OrderStatus.DELIVERED) == (
        record.paid_at,
        record.ended_at,
        record.shipments,
        record.status,
    )


@pytest.mark.parametrize("value", [1795312860, 1795312860000, "2026-11-22 10:01:00"])
def test_times_come_as_wall_clock_seconds_or_milliseconds(value: int | str) -> None:
    """Lists write China's wall clock, requests seconds, single refunds milliseconds."""
    assert datetime(2026, 11, 22, 2, 1, tzinfo=UTC) == placed(pay_time=value).paid_at


def test_parcels_are_not_known_by_their_waybills() -> None:
    """An order's own parcel, further ones, gifts and what is sent again: each is a shipment."""
    record = placed(
        order_status=2,
        tracking_number="SF1",
        logistics_id=44,
        shipping_time="2026-11-22 11:00:00",
        extra_delivery_list=[{"tracking_number": "SF2", "logistics_id": 44}],
        resend_delivery_list=[{"tracking_number": "SF3", "logistics_id": "85"}],
        gift_delivery_list=None,
    )

    sn = order_sn(1)
    assert [
        (sn, "44", "SF1"),
        (f"{sn}-extra-1", "44", "SF2"),
        (f"{sn}-resend-1", "85", "SF3"),
    ] == [(each.platform_id, each.carrier, each.tracking_number) for each in record.shipments]
    assert datetime(2026, 11, 22, 3, 0, tzinfo=UTC) == record.shipments[0].shipped_at


def test_platform_numbers_stay_exact() -> None:
    """Ids are 64-bit numbers: one that went through a float would be another product."""
    record = placed(item(goods_id=2**63 - 1, sku_id=2**53 + 1))

    assert ("9223372036854775807", "9007199254740993") == (
        record.lines[0].product_id,
        record.lines[0].sku_id,
    )


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"pay_amount": None}, "pay_amount"),
        ({"pay_amount": "118.005"}, "pay_amount"),
        ({"pay_amount": "1E+900000"}, "pay_amount"),
        ({"pay_amount": "NaN"}, "pay_amount"),
        ({"pay_amount": True}, "pay_amount"),
        ({"postage": "free"}, "postage"),
        ({"discount_amount": 1000.0}, "discount_amount"),
        ({"created_time": "1980-01-01 08:00:00"}, "created_time"),
        ({"created_time": "2026-11-24 00:00:00"}, "created_time"),
        ({"created_time": 1}, "created_time"),
        ({"created_time": None}, "created_time"),
        ({"pay_time": "yesterday"}, "pay_time"),
        ({"pay_time": True}, "pay_time"),
        ({"updated_at": 99999999999}, "updated_at"),
        ({"order_sn": None}, "order_sn"),
        ({"order_sn": "1.5", "updated_at": ""}, "updated_at"),
        ({"order_status": None}, "order_status"),
        ({"order_status": "shipped"}, "order_status"),
        ({"order_status": [1]}, "order_status"),
        ({"refund_status": "²"}, "refund_status"),
        ({"item_list": []}, "item_list"),
        ({"item_list": None}, "item_list"),
        ({"item_list": ["item"]}, "item_list"),
        ({"item_list": [item(goods_price=None)]}, "item_list[0].goods_price"),
        ({"item_list": [item(), item(goods_count="1.0")]}, "item_list[1].goods_count"),
        ({"item_list": [item(goods_count=-1)]}, "item_list[0].goods_count"),
        ({"item_list": [item(goods_count=2**40)]}, "lines.0.quantity"),
        ({"item_list": [item(goods_name=5)]}, "item_list[0].goods_name"),
        ({"item_list": [item(sku_id="")]}, "item_list[0].sku_id"),
        ({"service_fee_detail": [{"service_fee": ""}]}, "service_fee"),
        ({"trade_type": 1, "step_order_info": "none"}, "step_order_info"),
        ({"tracking_number": ["a"]}, "tracking_number"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_its_place(changes: Row, where: str) -> None:
    """Inexact money, dates nobody can mean and broken shapes never become a record."""
    bad = rejected(order(1, **changes))

    assert where == bad.error.where


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


def test_unknown_refund_codes_are_counted() -> None:
    """They are kept as PDD's words, and move no money until we know what they mean."""
    record, unknown = MAPPER.refund(refund(after_sales_status=77, after_sales_type=9))

    assert (RefundStatus.UNKNOWN, None) == (record.status, record.refunded_at)
    assert ("after_sales_status=77", "after_sales_type=9") == unknown


def test_a_refund_may_name_no_order() -> None:
    """What isn't told stays open; the amount must be told."""
    row = {name: value for name, value in refund().items() if name not in {"order_sn", "sku_id"}}

    record, _ = MAPPER.refund({**row, "goods_number": None})
    (bad,) = map_each(
        [refund(refund_amount="")], MAPPER.refund, kind="refund", id_field="id", personal=PERSONAL
    )

    assert (None, None, None) == (record.order_id, record.line_id, record.quantity)
    assert isinstance(bad, Rejected)
    assert ("99", "refund_amount") == (bad.platform_id, bad.error.where)


def test_goods_become_a_product_with_skus() -> None:
    """Prices of goods are in fen, unlike those of orders; buyers pay the price for groups."""
    record = product()

    assert ("7001", "CUP", "50000671", "1", 11_800) == (
        record.platform_id,
        record.code,
        record.category,
        record.platform_status,
        record.price,
    )
    assert [("8001", "SKU-A", "颜色:红;尺码:L", 11_800, 5)] == [
        (sku.platform_id, sku.code, sku.title, sku.price, sku.stock) for sku in record.skus
    ]


def test_a_product_costs_what_its_cheapest_sku_on_sale_does() -> None:
    """Goods have no price of their own; SKUs that are off sale count only if all are."""
    skus: list[Row] = [
        {"sku_id": 1, "multi_price": "500", "is_onsale": 0},
        {"sku_id": 2, "multi_price": 900, "is_onsale": 1},
        {"sku_id": 3, "multi_price": 700, "is_onsale": 1},
    ]

    prices = (product(sku_list=skus).price, product(sku_list=skus[:1]).price)

    assert (700, 500) == prices


@pytest.mark.parametrize(
    ("details", "where"),
    [
        ({"sku_list": []}, "detail.sku_list"),
        ({"sku": {"multi_price": None}}, "multi_price"),
        ({"sku": {"multi_price": "118.00"}}, "multi_price"),
        ({"sku": {"quantity": "many"}}, "quantity"),
        ({"status": None}, "status"),
    ],
)
def test_goods_that_cannot_be_used_are_rejected(details: Row, where: str) -> None:
    """Fen are whole; goods without SKU have no price at all."""
    (bad,) = map_each(
        [goods(1, **details)], MAPPER.goods, kind="product", id_field="goods_id", personal=PERSONAL
    )

    assert isinstance(bad, Rejected)
    assert ("1", where) == (bad.platform_id, bad.error.where)


def test_a_page_is_mapped_row_by_row() -> None:
    """What is no object at all is rejected alone too."""
    rows = [texts(order(1)), "nonsense", None, texts(order(2))]

    results = map_each(rows, MAPPER.order, kind="order", id_field="order_sn", personal=PERSONAL)

    assert [Mapped, Rejected, Rejected, Mapped] == [type(result) for result in results]
