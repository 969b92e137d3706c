"""What Doudian's fields mean: money, times, ids, codes, life-cycles."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.marketplace.errors import MappingError
from core.marketplace.records import OrderKind, OrderRecord, OrderStatus, RefundRecord, RefundStatus
from core.marketplace.sandbox import Row
from plugins.marketplaces.douyin.mapping import SUMS_DIFFER, Mapper
from tests.plugins.marketplaces.douyin.builders import (
    NOW,
    SECOND,
    after_sale,
    detail,
    line,
    order,
)

MAPPER = Mapper("CNY", latest=NOW + timedelta(days=1))


def mapped(row: Row) -> OrderRecord:
    return MAPPER.order(row)[0]


def refunded(item: Row, **more: Any) -> RefundRecord:
    return MAPPER.refund({**item, "refund_detail": detail(), **more})[0]


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


@pytest.mark.parametrize("value", [None, "0", 1.5, True])
def test_what_the_channel_gave_is_never_guessed(value: object) -> None:
    """Doudian: a missing promotion_pay_amount is not 0; such an order waits in quarantine."""
    with pytest.raises(MappingError) as caught:
        mapped(order(promotion_pay_amount=value))

    assert ("promotion_pay_amount", value) == (caught.value.where, caught.value.value)


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


def test_sums_that_differ_are_counted() -> None:
    """Where lines do not make up the order, nothing is bent: the run counts it."""
    record, unknown = MAPPER.order(order(pay_amount=9_999))

    assert (SUMS_DIFFER,) == unknown
    assert (9_999, 11_800) == (record.paid_amount, record.lines[0].amount)


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
