"""What Xiaohongshu's words, amounts and times mean: one test per rule, which it states."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.marketplace.records import (
    OrderKind,
    OrderStatus,
    PaymentKind,
    RefundKind,
    RefundStatus,
    SourceKind,
)
from core.marketplace.sandbox import Row
from tests.plugins.marketplaces.sums import assert_adds_up
from tests.plugins.marketplaces.xiaohongshu.builders import (
    PAID,
    after_sale,
    order,
    part,
    sku,
)
from tests.plugins.marketplaces.xiaohongshu.reading import MAPPER, mapped, refunded


@pytest.mark.parametrize(
    ("state", "paid", "status"),
    [
        (1, 0, OrderStatus.PENDING),
        (2, PAID, OrderStatus.PAID),
        (3, PAID, OrderStatus.PAID),
        (4, PAID, OrderStatus.PAID),
        (5, PAID, OrderStatus.PARTIALLY_SHIPPED),
        (6, PAID, OrderStatus.SHIPPED),
        (7, PAID, OrderStatus.COMPLETED),
        (8, PAID, OrderStatus.CLOSED),
        (8, 0, OrderStatus.CANCELLED),
        (9, PAID, OrderStatus.CLOSED),
        (9, 0, OrderStatus.CANCELLED),
        (9, None, OrderStatus.CANCELLED),
        (10, PAID, OrderStatus.SHIPPED),
    ],
)
def test_order_status(state: int, paid: int | None, status: OrderStatus) -> None:
    """已关闭 and 已取消 are said of paid and unpaid orders: `paidTime` tells which."""
    record = mapped(order(1, orderStatus=state, paidTime=paid))

    assert (status, str(state)) == (record.status, record.platform_status)


@pytest.mark.parametrize("after_sales", range(1, 8))
def test_after_sales_do_not_change_an_order(after_sales: int) -> None:
    """售后 of one line leaves the others sold; the word is kept with the line it is about."""
    line = sku(skuAfterSaleStatus=after_sales)
    record = mapped(order(1, line, orderStatus=7, orderAfterSalesStatus=after_sales))

    assert OrderStatus.COMPLETED is record.status
    assert [str(after_sales)] == [line.platform_refund_status for line in record.lines]


def test_both_parties_discounts_lower_what_the_buyer_pays() -> None:
    """商家承担 and 平台承担 (red packets) are both off; the platform pays its part to the merchant.

    `merchantActualReceiveAmount` = payment + platform discount: it is in the payload, and never
    what the buyer paid.
    """
    row = order(
        1,
        sku(totalPaidAmount=11000, totalMerchantDiscount=1000, totalRedDiscount=800),
        totalPayAmount=11000,
        totalRedDiscount=800,
        merchantActualReceiveAmount=11800,
    )

    record = mapped(row)

    assert (12800, 1800, 11000, 11000) == (
        record.items_amount,
        record.discount,
        record.paid_amount,
        record.reported_amount,
    )


def test_freight_is_paid_beside_the_lines() -> None:
    """totalPayAmount holds the freight (totalShippingFree, as ARK spells it), no line does."""
    record = mapped(order(1, totalPayAmount=12800, totalShippingFree=1000))

    assert (11800, 1000, 12800, 12800) == (
        record.lines[0].amount,
        record.freight,
        record.paid_amount,
        record.reported_amount,
    )


def test_a_deposit_is_part_of_the_payment() -> None:
    """定金预售: totalPayAmount holds the deposit; where the lines don't, it is added to them."""
    row = order(
        1,
        sku(totalPaidAmount=9800),
        orderType=2,
        totalPayAmount=11800,
        totalDepositAmount=2000,
    )

    record = mapped(row)

    assert ("2", 11800, 11800, 11800) == (
        record.platform_type,
        record.lines[0].amount,
        record.paid_amount,
        record.reported_amount,
    )


def test_a_deposit_within_the_lines_is_not_added_twice() -> None:
    """Where payments per SKU and freight are the order's payment already, they stand."""
    record = mapped(order(1, orderType=2, totalDepositAmount=2000))

    assert 11800 == record.paid_amount


def test_an_unpaid_rest_of_a_presale_is_no_payment() -> None:
    """Until the rest is paid (待付款) there is no paidTime: no payment, and no sale yet."""
    record, _ = MAPPER.order(order(1, orderType=2, orderStatus=1, paidTime=0, totalPayAmount=2000))

    assert (OrderStatus.PENDING, None, ()) == (record.status, record.paid_at, record.payments)


def test_goods_sent_for_an_exchange_are_no_sale() -> None:
    """换货补发 (type 5) repeats an order's amounts: counted as a sale they would be sold twice."""
    record = mapped(order(2, orderType=5, originalOrderId="P1"))

    assert OrderKind.ADJUSTMENT is record.order_kind


def test_an_influencers_order_has_a_channel() -> None:
    """kolId is set for orders from a live stream or a shopping list, and empty for all others."""
    records = [mapped(order(1, sku(kolId=kol))) for kol in ("", "60a3")]

    assert ["", "kol"] == [record.channel for record in records]


@pytest.mark.parametrize(
    ("state", "kind", "money", "status"),
    [
        (1, 1, 0, RefundStatus.REQUESTED),
        (2, 1, 0, RefundStatus.AWAITING_RETURN),
        (2, 1, 2, RefundStatus.REFUNDED),  # 极速退款: the money is faster than the goods
        (3, 1, None, RefundStatus.RETURNED),
        (4, 1, 2, RefundStatus.REFUNDED),
        (4, 1, 1, RefundStatus.REQUESTED),
        (4, 5, 3, RefundStatus.REQUESTED),
        (4, 2, 0, RefundStatus.EXCHANGED),
        (5, 4, 401, RefundStatus.CLOSED),
        (6, 4, 402, RefundStatus.CLOSED),
        (9, 4, 0, RefundStatus.REJECTED),
        (9001, 1, 0, RefundStatus.REJECTED),
        (11, 2, 0, RefundStatus.REQUESTED),
        (12, 2, 0, RefundStatus.RETURNED),
        (13, 2, 0, RefundStatus.EXCHANGED),
        (14, 4, 0, RefundStatus.REQUESTED),
        (4, 6, 2, RefundStatus.REFUNDED),
    ],
)
def test_refund_status(state: int, kind: int, money: int | None, status: RefundStatus) -> None:
    """Only refundStatus 2 says that money moved: 已完成 may be an exchange, or still open."""
    record = refunded(after_sale(1, status=state, returnType=kind, refundStatus=money))

    assert (status, str(state)) == (record.status, record.platform_status)
    assert (status is RefundStatus.REFUNDED) == (record.refunded_at is not None)


def test_a_partial_refund() -> None:
    """refundAmountYuan is what was paid back, deposit included; it may be less than was asked."""
    record = refunded(after_sale(1, expectedRefundAmountYuan=118.0, refundAmountYuan=50.5))

    assert 5050 == record.amount


def test_an_open_request_tells_what_is_expected() -> None:
    """Until money moves there is no refundAmountYuan; the expected sum is no refund."""
    record = refunded(after_sale(1, status=1, refundStatus=0, refundAmountYuan=None, refundTime=0))

    assert (2000, None) == (record.amount, record.refunded_at)


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        (0.29, 29),
        (1.1, 110),
        (19.990000000000002, 1999),
        (0.1 + 0.2, 30),
        (118, 11800),
        ("118.00", 11800),
        (99999999.99, 9999999999),
        (0.0, 0),
    ],
)
def test_yuan_are_read_exactly(sent: float | int | str, amount: int) -> None:
    """A double is read as the shortest text that stands for it; noise of sums is dropped."""
    assert amount == refunded(after_sale(1, refundAmountYuan=sent)).amount


@pytest.mark.parametrize(
    ("kind", "phase", "returned"),
    [
        (1, "shipped", True),
        (2, "shipped", True),
        (4, "shipped", False),
        (5, "unshipped", False),
        (6, "price_protection", False),
    ],
)
def test_the_type_tells_phase_and_goods(kind: int, phase: str, returned: bool) -> None:
    """4 已发货仅退款 and 5 未发货仅退款 bring no goods back, 1 退货 and 2 换货 do; 6 is 价保."""
    record = refunded(after_sale(1, returnType=kind))

    assert (phase, returned) == (record.phase, record.goods_returned)


def test_an_exchange_needs_no_sum() -> None:
    """换货 gives goods for goods: without expectedRefundAmountYuan nothing is to be paid back."""
    row = after_sale(1, returnType=2, status=12, refundStatus=None, expectedRefundAmountYuan=None)

    record = refunded(row)

    assert (RefundStatus.RETURNED, 0) == (record.status, record.amount)


# --- units -----------------------------------------------------------------------------------


def test_orders_count_in_fen_and_milliseconds_after_sales_in_yuan() -> None:
    """订单: 单位分, 单位ms. 售后: …Yuan, 元, as doubles. 118.00 yuan is the same in both."""
    sold = mapped(order(1))
    asked = refunded(after_sale(refundAmountYuan=118.0))

    assert (11_800, 11_800) == (sold.paid_amount, asked.amount)
    assert datetime(2026, 11, 22, 2, tzinfo=UTC) == sold.ordered_at


# --- gross, net, and who bears what ----------------------------------------------------------


@pytest.mark.parametrize("red", [0, 800, None])
def test_ark_tells_what_the_platform_bears(red: int | None) -> None:
    """totalRedDiscount 平台承担总优惠金额 is in merchantActualReceiveAmount, not in the payment."""
    row = order(
        1,
        sku(totalPaidAmount=11_000, totalRedDiscount=red),
        totalPayAmount=11_000,
        totalRedDiscount=red,
        merchantActualReceiveAmount=11_000 + (red or 0),
    )

    record = mapped(row)

    assert (red, 11_000) == (record.platform_discount, record.paid_amount)
    assert row["merchantActualReceiveAmount"] == record.paid_amount + (
        record.platform_discount or 0
    )


@given(
    lines=st.lists(
        st.tuples(st.integers(1, 10**7), st.integers(1, 9), st.floats(0, 1)), min_size=1, max_size=5
    ),
    freight=st.integers(0, 10**4),
)
def test_every_order_adds_up(lines: list[tuple[int, int, float]], freight: int) -> None:
    """totalPayAmount 包含运费和定金: the payments per SKU and the freight make it up."""
    skus = [
        sku(
            f"k{number}",
            skuQuantity=count,
            totalPaidAmount=int(price * count * part),
            skuDetailList=[part_of(number, count, price)],
        )
        for number, (price, count, part) in enumerate(lines)
    ]
    total = sum(each["totalPaidAmount"] for each in skus) + freight

    record = mapped(order(1, *skus, totalPayAmount=total, totalShippingFree=freight))

    assert_adds_up(record)
    assert record.paid_amount == record.reported_amount


def part_of(number: int, quantity: int, price: int) -> Row:
    return part(f"k{number}", quantity=quantity, rawPricePerSku=price)


# --- ways to pay, and parts ------------------------------------------------------------------


def test_a_presale_is_one_payment() -> None:
    """定金预售: ARK has one paidTime; when the deposit of totalDepositAmount came isn't told."""
    record = mapped(order(1, orderType=2, totalDepositAmount=2_000))

    assert [(PaymentKind.FULL, 11_800)] == [
        (each.payment_kind, each.amount) for each in record.payments
    ]


def test_there_is_no_cash_on_delivery() -> None:
    """支付方式 are all paid online: an order that isn't paid is 待付款, and sent never before."""
    record = mapped(order(1, orderStatus=1, paidTime=0))

    assert (OrderStatus.PENDING, ()) == (record.status, record.payments)


def test_an_order_that_is_unpacked_is_one_order() -> None:
    """拆包 makes parcels, not orders: no order names a parent."""
    record = mapped(order(1, orderStatus=5, unpack=True))

    assert (OrderStatus.PARTIALLY_SHIPPED, None) == (record.status, record.parent_id)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, RefundKind.RETURN),
        (2, RefundKind.EXCHANGE),
        (3, RefundKind.MONEY),
        (4, RefundKind.MONEY),
        (5, RefundKind.MONEY),
        (6, RefundKind.PRICE),
    ],
)
def test_what_is_asked_for(code: int, kind: RefundKind) -> None:
    """returnType 1 退货退款 2 换货 3, 4 仅退款 5 未发货仅退款 6 价保."""
    assert kind is refunded(after_sale(returnType=code)).refund_kind


@pytest.mark.parametrize(("told", "freight"), [(6.0, 600), (0, 0), (None, None)])
def test_the_freight_in_a_refund_is_told(told: float | None, freight: int | None) -> None:
    """appliedShipFeeAmountYuan 用户申请售后运费金额, in yuan; a part of what is asked for."""
    assert freight == refunded(after_sale(appliedShipFeeAmountYuan=told)).freight


# --- the platform's own figures, and what sold it --------------------------------------------


def test_xiaohongshu_counts_turnover_when_it_is_paid() -> None:
    """A guess: turnover goes by paidTime, at totalPayAmount, which holds freight and deposit."""
    record = mapped(order(1, totalPayAmount=12_800, totalShippingFree=1_000))

    assert (12_800, 12_800, None) == (
        record.paid_amount,
        record.reported_amount,
        record.reported_at,
    )


@pytest.mark.parametrize(("host", "kind"), [("60a3", SourceKind.AUTHOR), ("", None)])
def test_a_line_names_the_host_that_sold_it(host: str, kind: SourceKind | None) -> None:
    """kolId: bought in a live stream or from a host's list; empty for what was in the cart."""
    (only,) = mapped(order(1, sku(kolId=host))).lines

    assert (kind, host or None) == (only.source_kind, only.source_id)
