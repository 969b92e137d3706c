"""How Pinduoduo's objects become records; what they mean stands in `test_meaning`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.marketplace.contract import Mapped, Rejected
from core.marketplace.mapping import map_each
from core.marketplace.records import (
    OrderKind,
    OrderStatus,
    RefundStatus,
)
from core.marketplace.sandbox import Row
from plugins.marketplaces.pinduoduo.mapping import PERSONAL
from tests.plugins.marketplaces.pinduoduo.builders import (
    goods,
    item,
    order,
    order_sn,
    refund,
)
from tests.plugins.marketplaces.pinduoduo.reading import (
    MAPPER,
    placed,
    product,
    rejected,
    texts,
)


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
