"""How Douyin's objects become records; what they mean stands in `test_meaning`."""

from datetime import UTC, datetime, timedelta

import pytest

from core.marketplace.errors import MappingError
from core.marketplace.records import OrderKind, OrderStatus
from core.marketplace.sandbox import Row
from plugins.marketplaces.douyin.mapping import SUMS_DIFFER
from tests.plugins.marketplaces.douyin.builders import (
    NOW,
    SECOND,
    after_sale,
    detail,
    line,
    order,
)
from tests.plugins.marketplaces.douyin.reading import MAPPER, mapped, refunded


def test_an_order_whole() -> None:
    """Ids are text, times aware UTC, money fen; the platform's code stands beside our status."""
    record, unknown = MAPPER.order(order())

    assert () == unknown
    assert ("6900000000000000001", "2", OrderStatus.PAID, "CNY") == (
        record.platform_id,
        record.platform_status,
        record.status,
        record.currency,
    )
    assert datetime.fromtimestamp(SECOND - 7140, UTC) == record.paid_at == record.updated_at
    assert None is record.ended_at
    (only,) = record.lines
    assert ("3500000000000000001", "1700000000000001", "SKU-A", 1) == (
        only.product_id,
        only.sku_id,
        only.sku_code,
        only.quantity,
    )
    assert (12_800, 1_000, 11_800) == (only.unit_price, only.discount, only.amount)
    assert ("1@#oX", "浙江省") == (record.customer.platform_id, record.customer.region)  # type: ignore[union-attr]


@pytest.mark.parametrize("value", [None, "0", 1.5, True])
def test_what_the_channel_gave_is_never_guessed(value: object) -> None:
    """Doudian: a missing promotion_pay_amount is not 0; such an order waits in quarantine."""
    with pytest.raises(MappingError) as caught:
        mapped(order(promotion_pay_amount=value))

    assert ("promotion_pay_amount", value) == (caught.value.where, caught.value.value)


def test_sums_that_differ_are_counted() -> None:
    """Where lines do not make up the order, nothing is bent: the run counts it."""
    record, unknown = MAPPER.order(order(pay_amount=9_999))

    assert (SUMS_DIFFER,) == unknown
    assert (9_999, 11_800) == (record.paid_amount, record.lines[0].amount)


@pytest.mark.parametrize(
    ("trade_type", "kind"),
    [
        (0, OrderKind.SALE),
        (1, OrderKind.SALE),
        (12, OrderKind.SALE),
        (6, OrderKind.ADJUSTMENT),
        (10, OrderKind.ADJUSTMENT),
        (11, OrderKind.ADJUSTMENT),
        (102, OrderKind.ADJUSTMENT),
    ],
)
def test_samples_and_prizes_are_no_sales(trade_type: int, kind: OrderKind) -> None:
    """trade_type 6 回收, 10 寄样, 11 0元抽奖, 102 赠品单: nothing was sold."""
    assert kind is mapped(order("1", line("1", trade_type=trade_type))).order_kind


def test_parcels() -> None:
    """A parcel is known by its own id, never by its waybill; delivered when all its lines are."""
    parcels = [
        {
            "delivery_id": "d1",
            "company_name": "顺丰",
            "tracking_no": "SF1",
            "ship_time": SECOND - 100,
            "product_info": [{"sku_order_id": "1"}],
        },
        {"tracking_no": "SF2", "product_info": [{"sku_order_id": "2"}]},
    ]
    lines = [line("1", pay_amount=5_000, logistics_receipt_time=SECOND - 10)]
    lines.append(line("2", pay_amount=6_800, logistics_receipt_time=0))

    record = mapped(order("9", *lines, logistics_info=parcels, ship_time=SECOND - 99))

    assert [("d1", "顺丰", "SF1"), ("9-2", None, "SF2")] == [
        (each.platform_id, each.carrier, each.tracking_number) for each in record.shipments
    ]
    assert [NOW - timedelta(seconds=10), None] == [each.delivered_at for each in record.shipments]


@pytest.mark.parametrize("parcels", [[], [{"tracking_no": "1", "product_info": []}]])
def test_when_a_parcel_was_promised(parcels: list[Row]) -> None:
    """latest_receipt_time 预计最晚送达时间, told of hourly delivery alone; it may be ahead."""
    sent = order("9", logistics_info=parcels, ship_time=SECOND - 99)

    promised = mapped({**sent, "latest_receipt_time": SECOND + 3 * 86_400})
    untold = mapped({**sent, "latest_receipt_time": 0})

    assert [NOW + timedelta(days=3)] == [each.promised_at for each in promised.shipments]
    assert [None] == [each.promised_at for each in untold.shipments]


def test_shipped_without_parcels() -> None:
    """Virtual goods have no waybill: that the order was shipped is still known."""
    record = mapped(order("9", ship_time=SECOND - 99))

    assert [("9", NOW - timedelta(seconds=99))] == [
        (each.platform_id, each.shipped_at) for each in record.shipments
    ]


def test_a_guest_is_nobody() -> None:
    """Without doudian_open_id there is no customer, least of all one shared by all guests."""
    assert None is mapped(order(doudian_open_id="")).customer


def test_unknown_codes_are_counted() -> None:
    """A code of next year costs no order: it is kept, and told once."""
    row = order(
        "1",
        line(
            "1", c_biz=99, trade_type=98, order_status=97, after_sale_info={"after_sale_status": 96}
        ),
        order_type=95,
        main_status=94,
        pay_type=93,
    )

    record, unknown = MAPPER.order(row)

    assert {
        "c_biz=99",
        "trade_type=98",
        "sku_order_list.order_status=97",
        "sku_order_list.after_sale_status=96",
        "order_type=95",
        "main_status=94",
        "pay_type=93",
    } == set(unknown)
    assert ("93", "96") == (record.payments[0].method, record.lines[0].platform_refund_status)


@pytest.mark.parametrize(
    ("row", "where", "value"),
    [
        (order(sku_order_list=[]), "sku_order_list", []),
        (order(sku_order_list=5), "sku_order_list", 5),
        (order(create_time=0), "create_time", 0),
        (order(create_time="2026-11-22"), "create_time", "2026-11-22"),
        (order(update_time=10**30), "update_time", 10**30),
        (order(update_time=SECOND * 1000), "update_time", SECOND * 1000),
        (order(pay_time=1), "pay_time", 1),
        (order(pay_amount=118.0), "pay_amount", 118.0),
        (order(pay_amount=2**63), "pay_amount", 2**63),
        (order(order_status=None), "order_status", None),
        (order(order_id=""), "order_id", ""),
        (order("1", line("1", origin_amount=None)), "sku_order_list[0].origin_amount", None),
        (order("1", line("1"), line("2", order_id=None)), "sku_order_list[1].order_id", None),
        (order(mask_post_addr=[1]), "mask_post_addr", [1]),
    ],
)
def test_what_cannot_be_mapped_is_named(row: Row, where: str, value: object) -> None:
    """The error says where the offending value stood, and what it was."""
    with pytest.raises(MappingError) as caught:
        mapped(row)

    assert (where, value) == (caught.value.where, caught.value.value)


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"refund_detail": None}, "refund_detail.real_refund_amount"),
        ({"refund_detail": detail(refund_time=0)}, "refund_detail.refund_time"),
        ({"refund_detail": detail(refund_time=None)}, "refund_detail.refund_time"),
        ({"refund_detail": "isv.business-failed"}, "refund_detail"),
    ],
)
def test_neither_amount_nor_day_of_a_refund_is_guessed(more: Row, where: str) -> None:
    """Doudian: refund_time is the day; apply_time and update_time must not stand in for it."""
    with pytest.raises(MappingError) as caught:
        refunded(after_sale(), **more)

    assert where == caught.value.where


def test_a_refund_of_a_whole_order_names_no_line() -> None:
    """Several lines in one after-sale: it belongs to the order."""
    item = after_sale(aftersale_order_type=2)
    item["order_info"]["related_order_info"] = [{"sku_order_id": "1"}, {"sku_order_id": "2"}]

    record = refunded(item)

    assert ("6900000000000000001", None) == (record.order_id, record.line_id)


def test_several_refunds_of_one_order() -> None:
    """Each after-sale is one of its own, with its own id and line."""
    items = [after_sale("1"), after_sale("2")]
    items[1]["order_info"]["related_order_info"] = [{"sku_order_id": "6900000000000000002"}]

    found = [refunded(item) for item in items]

    assert [("1", "6900000000000000001"), ("2", "6900000000000000002")] == [
        (each.platform_id, each.line_id) for each in found
    ]


def test_unknown_codes_of_after_sales_are_counted() -> None:
    """51 and 53 are known from one client alone, 5 (追缴成功) not as a refund: all are told."""
    item = after_sale(aftersale_status=51, aftersale_type=42, refund_status=5)

    record, unknown = MAPPER.refund(item)

    assert ("aftersale_status=51", "aftersale_type=42", "refund_status=5") == unknown
    assert ("42", None) == (record.phase, record.goods_returned)
