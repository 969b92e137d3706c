"""From a canonical record to the rows it becomes: ids, business dates, soft references."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel

from core.marketplace.records import (
    AdSpendRecord,
    BehaviorRecord,
    CustomerRecord,
    OrderKind,
    OrderLineRecord,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    Record,
    RefundRecord,
    ReviewRecord,
    SignalRecord,
    SkuRecord,
    TrafficRecord,
)
from core.models import (
    AdSpendDay,
    BehaviorEvent,
    Customer,
    ExternalSignal,
    InventorySnapshot,
    Order,
    OrderLine,
    Payment,
    Product,
    Refund,
    Review,
    Shipment,
    Sku,
    TrafficDay,
    noun_id,
)

Rows = dict[type[SQLModel], list[dict[str, Any]]]

_UNSOLD = {OrderStatus.PENDING, OrderStatus.CANCELLED}
_DELIVERED = {OrderStatus.DELIVERED, OrderStatus.COMPLETED}


@dataclass(frozen=True)
class Place:
    """Where records belong: the merchant and shop, and the shop's wall clock."""

    merchant_id: int
    shop_id: int
    time_zone: ZoneInfo
    today: date

    def id(self, kind: str, platform_id: str) -> int:
        """Id of a noun of this shop."""
        return _noun_id(kind, self.merchant_id, self.shop_id, platform_id)

    def soft(self, kind: str, platform_id: str | None) -> int | None:
        """Id of a noun that may come later, or never."""
        return None if platform_id is None else self.id(kind, platform_id)

    def day(self, moment: datetime) -> date:
        """The business date of a moment."""
        return moment.astimezone(self.time_zone).date()

    def row(self, **columns: Any) -> dict[str, Any]:
        return {"merchant_id": self.merchant_id, "shop_id": self.shop_id, **columns}


_noun_id = lru_cache(65536)(noun_id)


@dataclass(frozen=True)
class Aggregate:
    """A table whose rows own the rows of other tables: children not sent again are gone.

    children: child table → its column that holds the parent's id.
    """

    table: type[SQLModel]
    children: Mapping[type[SQLModel], str]
    rows: Callable[[Any, Place], Rows]


def order_rows(record: OrderRecord, place: Place) -> Rows:
    """An order with lines, payments, shipments and the customer it names."""
    order_id = place.id("order", record.platform_id)
    sale_day = _sale_day(record, place)
    customer = record.customer
    order = place.row(
        id=order_id,
        platform_id=record.platform_id,
        kind=record.order_kind.value,
        status=record.status.value,
        platform_status=record.platform_status,
        platform_type=record.platform_type,
        parent_platform_id=record.parent_id,
        channel=record.channel,
        customer_id=None if customer is None else place.id("customer", customer.platform_id),
        currency=record.currency,
        items_amount=record.items_amount,
        discount=record.discount,
        platform_discount=record.platform_discount,
        freight=record.freight,
        paid_amount=record.paid_amount,
        reported_amount=record.reported_amount,
        reported_day=_reported_day(record, sale_day, place),
        ordered_at=record.ordered_at,
        order_day=place.day(record.ordered_at),
        paid_at=record.paid_at,
        sale_day=sale_day,
        ended_at=record.ended_at,
        updated_at=record.updated_at,
    )
    shared = place.row(
        order_id=order_id, kind=order["kind"], currency=record.currency, sale_day=sale_day
    )
    return {
        Order: [order],
        OrderLine: [_line(line, n, shared, place) for n, line in enumerate(record.lines, 1)],
        Payment: _payments(record, order_id, place),
        Shipment: _shipments(record, order_id, place),
        Customer: [] if customer is None else [_customer(customer, place)],
    }


def _sale_day(record: OrderRecord, place: Place) -> date | None:
    """The business date of the payment; of the end for cash on delivery; else no sale yet."""
    if record.order_kind is not OrderKind.SALE or record.status in _UNSOLD:
        return None
    if record.paid_at is not None:
        return place.day(record.paid_at)
    if record.status in _DELIVERED:
        return place.day(record.ended_at or record.updated_at)
    return None


def _reported_day(record: OrderRecord, sale_day: date | None, place: Place) -> date | None:
    """When the platform's own turnover counts it; without a figure of its own it can't."""
    if record.order_kind is not OrderKind.SALE or record.reported_amount is None:
        return None
    return sale_day if record.reported_at is None else place.day(record.reported_at)


def _line(
    line: OrderLineRecord, ordinal: int, shared: dict[str, Any], place: Place
) -> dict[str, Any]:
    return {
        **shared,
        "id": noun_id("order_line", place.merchant_id, place.shop_id, line.platform_id),
        "platform_id": line.platform_id,
        "ordinal": ordinal,
        "product_id": place.soft("product", line.product_id),
        "sku_id": place.soft("sku", line.sku_id),
        "sku_code": line.sku_code,
        "seller": line.seller,
        "title": line.title,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "discount": line.discount,
        "amount": line.amount,
        "platform_status": line.platform_status,
        "platform_refund_status": line.platform_refund_status,
        "source_kind": None if line.source_kind is None else line.source_kind.value,
        "source_id": line.source_id,
    }


def _payments(record: OrderRecord, order_id: int, place: Place) -> list[dict[str, Any]]:
    return [
        place.row(
            id=place.id("payment", f"{record.platform_id}\x1f{payment.platform_id}"),
            order_id=order_id,
            platform_id=payment.platform_id,
            kind=payment.payment_kind.value,
            method=payment.method,
            currency=record.currency,
            amount=payment.amount,
            instalments=payment.instalments,
            paid_at=payment.paid_at,
        )
        for payment in record.payments
    ]


def _shipments(record: OrderRecord, order_id: int, place: Place) -> list[dict[str, Any]]:
    return [
        place.row(
            id=place.id("shipment", f"{record.platform_id}\x1f{shipment.platform_id}"),
            order_id=order_id,
            platform_id=shipment.platform_id,
            carrier=shipment.carrier,
            tracking_number=shipment.tracking_number,
            shipped_at=shipment.shipped_at,
            delivered_at=shipment.delivered_at,
            promised_at=shipment.promised_at,
        )
        for shipment in record.shipments
    ]


def _customer(customer: CustomerRecord, place: Place) -> dict[str, Any]:
    return place.row(
        id=place.id("customer", customer.platform_id),
        platform_id=customer.platform_id,
        nickname=customer.nickname,
        country=customer.country,
        region=customer.region,
    )


def refund_rows(record: RefundRecord, place: Place) -> Rows:
    """A refund, and the customer it names in case no order of theirs was seen."""
    refund = place.row(
        id=place.id("refund", record.platform_id),
        platform_id=record.platform_id,
        order_id=place.soft("order", record.order_id),
        line_id=place.soft("order_line", record.line_id),
        customer_id=place.soft("customer", record.customer_id),
        customer_named=record.customer_id is not None,
        kind=record.refund_kind.value,
        status=record.status.value,
        platform_status=record.platform_status,
        phase=record.phase,
        reason=record.reason,
        currency=record.currency,
        amount=record.amount,
        freight=record.freight,
        quantity=record.quantity,
        goods_returned=record.goods_returned,
        requested_at=record.requested_at,
        refunded_at=record.refunded_at,
        refund_day=None if record.refunded_at is None else place.day(record.refunded_at),
        updated_at=record.updated_at,
    )
    if record.customer_id is None:
        return {Refund: [refund]}
    customer = CustomerRecord(platform_id=record.customer_id)
    return {Refund: [refund], Customer: [_customer(customer, place)]}


def product_rows(record: ProductRecord, place: Place) -> Rows:
    """A listing, its variants, and today's stock of each."""
    product_id = place.id("product", record.platform_id)
    product = place.row(
        id=product_id,
        platform_id=record.platform_id,
        title=record.title,
        code=record.code,
        category=record.category,
        status=record.status.value,
        platform_status=record.platform_status,
        currency=record.currency,
        price=record.price,
        listed_at=record.listed_at,
        updated_at=record.updated_at,
    )
    return {
        Product: [product],
        Sku: [_sku(sku, product_id, record.currency, place) for sku in record.skus],
        InventorySnapshot: [
            place.row(
                sku_id=place.id("sku", sku.platform_id),
                day=place.today,
                product_id=product_id,
                available=sku.stock,
            )
            for sku in record.skus
            if sku.stock is not None
        ],
    }


def _sku(sku: SkuRecord, product_id: int, currency: str, place: Place) -> dict[str, Any]:
    return place.row(
        id=place.id("sku", sku.platform_id),
        product_id=product_id,
        platform_id=sku.platform_id,
        code=sku.code,
        title=sku.title,
        currency=currency,
        price=sku.price,
        stock=sku.stock,
    )


def review_rows(record: ReviewRecord, place: Place) -> Rows:
    """A review."""
    review = place.row(
        id=place.id("review", record.platform_id),
        platform_id=record.platform_id,
        order_id=place.soft("order", record.order_id),
        line_id=place.soft("order_line", record.line_id),
        product_id=place.soft("product", record.product_id),
        result=record.result.value,
        platform_result=record.platform_result,
        score=record.score,
        author=record.author,
        content=record.content,
        reply=record.reply,
        reviewed_at=record.reviewed_at,
        review_day=place.day(record.reviewed_at),
        updated_at=record.updated_at,
    )
    return {Review: [review]}


AGGREGATES: Mapping[type[Record], Aggregate] = {
    OrderRecord: Aggregate(
        Order, {OrderLine: "order_id", Payment: "order_id", Shipment: "order_id"}, order_rows
    ),
    RefundRecord: Aggregate(Refund, {}, refund_rows),
    ProductRecord: Aggregate(Product, {Sku: "product_id"}, product_rows),
    ReviewRecord: Aggregate(Review, {}, review_rows),
}

AGGREGATE_OF_KIND = {record.kind: aggregate for record, aggregate in AGGREGATES.items()}


def _fact(record: Record, place: Place, **columns: Any) -> dict[str, Any]:
    return place.row(**record.model_dump(), **columns)


def behavior_row(record: BehaviorRecord, place: Place) -> dict[str, Any]:
    """Something a visitor did."""
    row = _fact(record, place, day=place.day(record.happened_at))
    return row | {"product_id": place.soft("product", record.product_id)}


FACTS: Mapping[type[Record], tuple[type[SQLModel], Callable[[Any, Place], dict[str, Any]]]] = {
    TrafficRecord: (TrafficDay, _fact),
    AdSpendRecord: (AdSpendDay, _fact),
    BehaviorRecord: (BehaviorEvent, behavior_row),
    SignalRecord: (ExternalSignal, _fact),
}
