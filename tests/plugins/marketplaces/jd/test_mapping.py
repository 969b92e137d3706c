"""How JD's objects become records; what they mean stands in `test_meaning`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.marketplace.contract import Mapped, Rejected
from core.marketplace.mapping import map_each
from core.marketplace.records import (
    OrderRecord,
    OrderStatus,
    ProductStatus,
)
from core.marketplace.sandbox import Row
from plugins.marketplaces.jd.mapping import PERSONAL
from plugins.marketplaces.jd.orders import shares
from tests.plugins.marketplaces.jd.builders import (
    line,
    order,
    sku,
)
from tests.plugins.marketplaces.jd.reading import MAPPER, mapped, product, refunded, rejected

# --- orders ----------------------------------------------------------------------------------


def test_an_order_keeps_jds_words() -> None:
    """Ids stay text, yuan become fen, Chinese wall clock becomes UTC."""
    record = mapped()

    assert ("1", "22", "WAIT_SELLER_STOCK_OUT", "移动端订单", "CNY") == (
        record.platform_id,
        record.platform_type,
        record.platform_status,
        record.channel,
        record.currency,
    )
    assert datetime(2026, 11, 22, 2, 0, tzinfo=UTC) == record.ordered_at
    assert datetime(2026, 11, 22, 2, 1, tzinfo=UTC) == record.paid_at


def test_unknown_words_are_kept_and_counted() -> None:
    """A new state, type or way to pay costs no order; the run tells that it exists."""
    record, unknown = MAPPER.order(order(1, orderState="FLYING", orderType="99", payType="8"))

    assert isinstance(record, OrderRecord)
    assert (OrderStatus.UNKNOWN, "FLYING", "8") == (
        record.status,
        record.platform_status,
        record.payments[0].method,
    )
    assert ("orderState=FLYING", "orderType=99", "payType=8") == unknown


def test_a_gift_costs_nothing() -> None:
    """A gift is a line at 0.00; the same SKU bought and given is two lines."""
    record = mapped(line("1"), line("1", jdPrice="0.00"), orderSellerPrice="128.00")

    assert ["1-1", "1-1-2"] == [each.platform_id for each in record.lines]
    assert [11_800, 0] == [each.amount for each in record.lines]


def test_parcels_are_told_apart_by_carrier_and_waybill() -> None:
    """JD: `|` stands between carriers, `,` between waybills of one."""
    record = mapped(waybill="SF1,SF2|YT3", logisticsId="467|463")

    assert [("1-1", "467", "SF1"), ("1-2", "467", "SF2"), ("1-3", "463", "YT3")] == [
        (each.platform_id, each.carrier, each.tracking_number) for each in record.shipments
    ]


def test_own_delivery_has_no_waybill() -> None:
    """JD: the waybill may be empty when the maker delivers; that it was shipped is kept."""
    sent = mapped(orderState="WAIT_GOODS_RECEIVE_CONFIRM", waybill="")
    waiting = mapped(waybill="")

    assert ["1"] == [each.platform_id for each in sent.shipments]
    assert () == waiting.shipments


@pytest.mark.parametrize(
    ("keys", "customer"),
    [
        ({}, "oX1"),
        ({"open_id_buyer": "", "xid_buyer": "x9"}, "x9"),
        ({"open_id_buyer": None, "pin": "jd_private"}, None),
    ],
)
def test_a_buyer_is_known_by_pseudonym_only(keys: Row, customer: str | None) -> None:
    """`pin` is the buyer's account and makes no customer: without a pseudonym they are guests."""
    record = mapped(**keys)

    assert customer == (record.customer.platform_id if record.customer else None)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"actualPay": 118.0}, "actualPay"),
        ({"actualPay": "118.005"}, "actualPay"),
        ({"orderSellerPrice": None}, "orderSellerPrice"),
        ({"orderSellerPrice": "NaN"}, "orderSellerPrice"),
        ({"freightPrice": "free"}, "freightPrice"),
        ({"orderStartTime": "0001-01-01 00:00:00"}, "orderStartTime"),
        ({"orderStartTime": "2026-11-24 00:00:00"}, "orderStartTime"),
        ({"modified": "yesterday"}, "modified"),
        ({"modified": None}, "modified"),
        ({"orderId": "0"}, "orderId"),
        ({"orderId": 1.5}, "orderId"),
        ({"orderState": None}, "orderState"),
        ({"orderState": ["a"]}, "orderState"),
        ({"orderState": "X" * 65}, "platform_status"),
        ({"itemInfoList": []}, "itemInfoList"),
        ({"itemInfoList": "line"}, "itemInfoList"),
        ({"itemInfoList": [line(jdPrice=None)]}, "itemInfoList[0].jdPrice"),
        ({"itemInfoList": [line(), line("2", itemTotal="-1")]}, "itemInfoList[1].itemTotal"),
        ({"itemInfoList": [line("")]}, "itemInfoList[0].skuId"),
        ({"couponDetailList": [{"couponType": 30, "skuId": "1"}]}, "couponPrice"),
        ({"waybill": ["a"]}, "waybill"),
        ({"parentOrderId": ["a"]}, "parentOrderId"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_its_place(changes: Row, where: str) -> None:
    """Inexact money, dates nobody can mean and broken shapes never become a record."""
    bad = rejected(order(1, **changes))

    assert where == bad.error.where


@pytest.mark.parametrize("amount", [0, 1, 99, 100, 10_001])
@pytest.mark.parametrize("weights", [[1], [0, 0], [1, 1, 1], [5, 0, 7], [3333, 1, 6666]])
def test_shares_add_up(amount: int, weights: list[int]) -> None:
    """Whatever is shared out comes back to the last fen."""
    parts = shares(amount, weights)

    assert (amount, len(weights)) == (sum(parts), len(parts))
    assert all(part >= 0 for part in parts)


def test_a_page_is_mapped_row_by_row() -> None:
    """What is no object at all is rejected alone too."""
    rows = [order(1), "nonsense", None, order(2)]

    results = map_each(rows, MAPPER.order, kind="order", id_field="orderId", personal=PERSONAL)

    assert [Mapped, Rejected, Rejected, Mapped] == [type(result) for result in results]


# --- refunds ---------------------------------------------------------------------------------


def test_a_refund_after_delivery() -> None:
    """Status 13 moved money, at its time of completion; part of an order may go back."""
    record = refunded()

    assert ("service-501", "290000000001", "290000000001-1001", 2_000, "aftersale") == (
        record.platform_id,
        record.order_id,
        record.line_id,
        record.amount,
        record.phase,
    )
    assert datetime(2026, 11, 22, 3, 0, tzinfo=UTC) == record.refunded_at == record.updated_at


# --- products --------------------------------------------------------------------------------


def test_a_ware_becomes_a_product() -> None:
    """Times are milliseconds; a SKU is called by its properties."""
    record = product()

    assert ("2001", "CUP", "9719", ProductStatus.ON_SALE, "8", 12_800) == (
        record.platform_id,
        record.code,
        record.category,
        record.status,
        record.platform_status,
        record.price,
    )
    assert datetime(2026, 11, 20, 0, 0, tzinfo=UTC) == record.updated_at
    assert [("20010", "红;L", 5)] == [(e.platform_id, e.title, e.stock) for e in record.skus]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        (1, ProductStatus.OFF_SALE),
        (2, ProductStatus.OFF_SALE),
        (4, ProductStatus.OFF_SALE),
        (8, ProductStatus.ON_SALE),
        (513, ProductStatus.OFF_SALE),
        (514, ProductStatus.OFF_SALE),
        (516, ProductStatus.OFF_SALE),
        (520, ProductStatus.ON_SALE),
        (1028, ProductStatus.OFF_SALE),
        (7, ProductStatus.UNKNOWN),
    ],
)
def test_ware_states(word: int, status: ProductStatus) -> None:
    """8 is on sale, 520 too while a change is examined; all else can't be bought."""
    record = product(wareStatus=word)

    assert status is record.status


def test_a_sku_without_properties_has_jds_name() -> None:
    """JD's own name is the ware's title and the properties in one."""
    record = product(sku(saleAttrs=None, jdPrice="1"))

    assert "保温杯 红色 L" == record.skus[0].title


def test_stock_that_is_not_told_is_unknown() -> None:
    """No number is not zero: nobody may think that it is sold out."""
    record = product(sku(stockNum=None, jdPrice="1"))

    assert record.skus[0].stock is None


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
