"""How Taobao's objects become records; what they mean stands in `test_meaning`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.marketplace.contract import Mapped, Rejected
from core.marketplace.mapping import map_each
from core.marketplace.records import (
    OrderKind,
    OrderStatus,
    ProductStatus,
    RefundStatus,
    ReviewResult,
)
from core.marketplace.sandbox import Row
from plugins.marketplaces.taobao.words import PERSONAL, TRADE_TYPES
from tests.plugins.marketplaces.taobao.builders import item, line, refund, trade
from tests.plugins.marketplaces.taobao.reading import MAPPER, order, product, rejected, review


def test_a_trade_becomes_an_order() -> None:
    """Ids become text, yuan become fen, Chinese wall clock becomes UTC; TOP's words stay."""
    record = order(trade_from="WAP,JHS", receiver_country="中国", receiver_state="浙江省")

    assert ("1", "fixed", "WAIT_SELLER_SEND_GOODS", "wap", "CNY") == (
        record.platform_id,
        record.platform_type,
        record.platform_status,
        record.channel,
        record.currency,
    )
    assert datetime(2026, 11, 22, 2, 0, tzinfo=UTC) == record.ordered_at
    assert datetime(2026, 11, 22, 2, 1, tzinfo=UTC) == record.paid_at
    assert record.customer is not None
    assert ("AAF-1", "t**1", "中国", "浙江省") == tuple(record.customer.model_dump().values())


def test_unknown_words_are_kept_and_counted() -> None:
    """A new status, type or refund status costs no order; the run tells that it exists."""
    lines = [line(11, status="FLYING"), line(12, refund_status="MAYBE")]

    record, unknown = MAPPER.trade(trade(1, *lines, status="FLYING", type="auction2"))

    assert (OrderStatus.UNKNOWN, "FLYING") == (record.status, record.platform_status)
    assert (
        "status=FLYING",
        "type=auction2",
        "orders.status=FLYING",
        "orders.refund_status=MAYBE",
    ) == unknown


def test_a_trade_without_payment_is_an_adjustment() -> None:
    """`nopaid` trades are gifts and stock corrections: any quantity goes, also below zero."""
    record = order(line(11, num=-3, price="0.00", divide_order_fee="0.00"), type="nopaid")

    assert (OrderKind.ADJUSTMENT, -3) == (record.order_kind, record.lines[0].quantity)


@pytest.mark.parametrize("num", [0, -1, None, "1", 1.0, True, 2**40])
def test_a_sale_has_a_whole_quantity_above_zero(num: Any) -> None:
    """TOP: 取值范围:大于零的整数. Anything else can't be added up."""
    bad = rejected(trade(1, line(11), line(12, num=num)))

    assert bad.error.where in {"orders[1].num", "lines.1.quantity"}
    assert bad.error.value is num or bad.error.value == num


def test_a_guest_is_nobody() -> None:
    """Without `buyer_open_uid` nobody is known to have bought; guests share no customer."""
    record = order(buyer_open_uid=None)

    assert record.customer is None


def test_a_payment_is_known_by_its_alipay_number() -> None:
    """One payment per trade, of the full amount; without a number it has the trade's."""
    numbered, plain = order(), order(alipay_no=None)

    (payment,) = numbered.payments
    assert ("2026112200001", "alipay", 11_800) == (
        payment.platform_id,
        payment.method,
        payment.amount,
    )
    assert "1" == plain.payments[0].platform_id


def test_an_unpaid_trade_has_no_payment() -> None:
    """No `pay_time`, no money; what is owed stands in `paid_amount` all the same."""
    record = order(pay_time=None, status="WAIT_BUYER_PAY")

    assert ((), None, 11_800) == (record.payments, record.paid_at, record.paid_amount)


def test_a_shipped_trade_without_waybill_is_still_shipped() -> None:
    """Virtual goods go out without a parcel: the fact and its time are kept."""
    (shipment,) = order(consign_time="2026-11-22 11:30:00").shipments

    assert ("1", None) == (shipment.platform_id, shipment.tracking_number)


def test_platform_numbers_stay_exact() -> None:
    """Ids are 64-bit numbers: one that went through a float would be another order."""
    record = order(line(3_600_000_000_000_000_003, num_iid=2**63 - 1), tid=2**53 + 1)

    assert "9007199254740993" == record.platform_id
    assert ("3600000000000000003", "9223372036854775807") == (
        record.lines[0].platform_id,
        record.lines[0].product_id,
    )


@pytest.mark.parametrize("title", ["🧧👨‍👩‍👧", "سماعة رأس", "a\u202eb", "羽\U00030edb"])
def test_any_script_survives(title: str) -> None:
    """Emoji, right-to-left text and rare characters come through as they were."""
    record = order(line(11, title=title))

    assert title == record.lines[0].title


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"payment": 118.0}, "payment"),
        ({"payment": "118.005"}, "payment"),
        ({"payment": "1E+900000"}, "payment"),
        ({"payment": "NaN"}, "payment"),
        ({"post_fee": "free"}, "post_fee"),
        ({"created": "1970-01-01 08:00:00"}, "created"),
        ({"created": "2026-11-24 00:00:00"}, "created"),
        ({"created": "2026-02-30 00:00:00"}, "created"),
        ({"pay_time": "yesterday"}, "pay_time"),
        ({"modified": None}, "modified"),
        ({"tid": None}, "tid"),
        ({"tid": 1.5}, "tid"),
        ({"tid": True}, "tid"),
        ({"status": 7}, "status"),
        ({"status": "X" * 65}, "platform_status"),
        ({"buyer_open_uid": ["a"]}, "buyer_open_uid"),
        ({"orders": {"order": []}}, "orders"),
        ({"orders": None}, "orders"),
        ({"orders": {"order": ["line"]}}, "orders"),
        ({"orders": {"order": "line"}}, "orders"),
        ({"orders": 5}, "orders"),
        ({"orders": {"order": [line(11, price=12.8)]}}, "orders[0].price"),
        ({"orders": {"order": [line(11, price=None)]}}, "orders[0].price"),
        ({"orders": {"order": [line(11, oid="")]}}, "orders[0].oid"),
        ({"orders": {"order": [line(11, title=5)]}}, "lines.0.title"),
        ({"orders": {"order": [line(11, status=["a"])]}}, "lines.0.platform_status"),
        ({"orders": {"order": [line(11, invoice_no=["a"])]}}, "invoice_no"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_its_place(changes: Row, where: str) -> None:
    """Inexact money, dates nobody can mean and broken shapes never become a record."""
    bad = rejected(trade(1, **changes))

    assert where == bad.error.where


def test_an_unknown_refund_status_is_counted() -> None:
    """It is kept as TOP's word, and moves no money until we know what it means."""
    record, unknown = MAPPER.refund(refund(status="LOST"))

    assert (RefundStatus.UNKNOWN, ("status=LOST",)) == (record.status, unknown)


def test_a_refund_may_name_no_order() -> None:
    """Refunds of trades that TOP no longer shows come without tid, oid and number."""
    row = refund()
    for absent in ("tid", "oid", "num", "has_good_return"):
        del row[absent]

    record, _ = MAPPER.refund(row)

    assert (None, None, None, None) == (
        record.order_id,
        record.line_id,
        record.quantity,
        record.goods_returned,
    )


def test_an_item_becomes_a_product_with_skus() -> None:
    """A SKU's title is made of its property names, without their ids; TOP's escapes are undone."""
    row = item()
    row["skus"]["sku"][0]["properties_name"] = "1:2:尺码:S#cln#36;3:4:颜色:红#scln#白"

    record, unknown = MAPPER.item(row)

    assert ("7001", "CUP", "50000671", ProductStatus.ON_SALE, 12_800) == (
        record.platform_id,
        record.code,
        record.category,
        record.status,
        record.price,
    )
    assert [("8001", "尺码:S:36;颜色:红;白", 5)] == [
        (sku.platform_id, sku.title, sku.stock) for sku in record.skus
    ]
    assert () == unknown


def test_an_item_without_variants_is_its_own_sku() -> None:
    """TOP tells no SKU of it; its stock, and what was sold of it, are known all the same."""
    row, sold = item(num=7), line(sku_id="")
    del row["skus"]

    record, _ = MAPPER.item(row)
    order, _ = MAPPER.trade(trade(1, sold))

    (sku,) = record.skus
    assert ("item-7001", "CUP", 12_800, 7) == (sku.platform_id, sku.code, sku.price, sku.stock)
    assert ["item-7001"] == [each.sku_id for each in order.lines]


def test_a_listing_may_be_planned() -> None:
    """`regular_shelved` items have a `list_time` to come; no other time may lie in the future."""
    record = product(list_time="2026-12-24 20:00:00", approve_status="instock")

    assert datetime(2026, 12, 24, 12, 0, tzinfo=UTC) == record.listed_at


@pytest.mark.parametrize("properties", ["", "红色", "1:2"])
def test_properties_of_another_shape_are_kept_as_they_are(properties: str) -> None:
    """A title that can't be taken apart is better than none."""
    row = item()
    row["skus"]["sku"][0]["properties_name"] = properties

    record, _ = MAPPER.item(row)

    assert properties == record.skus[0].title


@pytest.mark.parametrize("word", ["good", "neutral", "bad"])
def test_a_review_is_known_by_its_line_and_side(word: str) -> None:
    """TOP gives reviews no id: buyer and seller rate each order line once."""
    record = review(result=word, reply="谢谢")

    assert ("1-11-buyer", "1", "11", "7001") == (
        record.platform_id,
        record.order_id,
        record.line_id,
        record.product_id,
    )
    assert (ReviewResult(word), "t**1", "很好", "谢谢") == (
        record.result,
        record.author,
        record.content,
        record.reply,
    )
    assert record.reviewed_at == record.updated_at


@pytest.mark.parametrize("kind", sorted(TRADE_TYPES))
def test_every_type_in_tops_list_is_known(kind: str) -> None:
    """Only words that TOP doesn't list are counted as unknown."""
    record, unknown = MAPPER.trade(trade(1, type=kind))

    assert (kind, ()) == (record.platform_type, unknown)


def test_a_page_is_mapped_row_by_row() -> None:
    """What is no object at all is rejected alone too."""
    rows = [trade(1), "nonsense", None, trade(2)]

    results = map_each(rows, MAPPER.trade, kind="order", id_field="tid", personal=PERSONAL)

    assert [Mapped, Rejected, Rejected, Mapped] == [type(result) for result in results]
