"""The files of Olist's public data set: orders with lines, payments and buyers; goods; reviews.

Columns as kaggle.com/datasets/olistbr/brazilian-ecommerce describes them. An order's status is the
one it had when the data was taken; money that went back is not in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.marketplace.exports.layout import (
    CellKind,
    Column,
    Companion,
    Fields,
    Layout,
    Part,
    Setting,
    Values,
)
from core.marketplace.exports.reviews import verdict
from core.marketplace.mapping import EARLIEST
from core.marketplace.records import (
    OrderRecord,
    OrderStatus,
    ProductRecord,
    ProductStatus,
    ReviewRecord,
)

_PRIVATE = "personal, and nothing needs it"
_NO_PLACE = "the shared schema has no place for it"

STATUS = {
    "created": OrderStatus.PENDING,
    "approved": OrderStatus.PAID,
    "invoiced": OrderStatus.PAID,
    "processing": OrderStatus.PAID,
    "shipped": OrderStatus.SHIPPED,
    "delivered": OrderStatus.DELIVERED,
    "canceled": OrderStatus.CANCELLED,
    "unavailable": OrderStatus.CANCELLED,
}
"""What is cancelled after it was paid for is closed."""


def order(rows: Sequence[Values], setting: Setting) -> Fields:
    """An order with the rows of its lines, payments and buyer.

    Payments count once they are approved: a boleto that was never paid brought no money in.
    """
    [values] = rows
    lines, paid_at = values["lines"], values["paid_at"]
    payments = values["payments"]
    items = sum(line["price"] for line in lines)
    freight = sum(line["freight"] for line in lines)
    paid = sum(each["amount"] for each in payments) if payments else items + freight
    times = [values[name] for name in _TIMES if values.get(name)]
    return {
        "platform_id": values["order_id"],
        "updated_at": max(times),
        "status": _status(values),
        "platform_status": values["status"],
        "ordered_at": values["ordered_at"],
        "paid_at": paid_at,
        "ended_at": values["delivered_at"],
        "items_amount": items,
        "discount": max(0, items + freight - paid),
        "freight": freight,
        "paid_amount": paid,
        "customer": _customer(values),
        "lines": [_line(line) for line in lines],
        "payments": [_payment(each, paid_at) for each in payments] if paid_at else [],
        "shipments": list(_shipments(values)),
    }


_TIMES = ("ordered_at", "paid_at", "shipped_at", "delivered_at")


def _status(values: Values) -> OrderStatus:
    status = STATUS.get(values["status"], OrderStatus.UNKNOWN)
    if status is OrderStatus.CANCELLED and values["paid_at"]:
        return OrderStatus.CLOSED
    return status


def _customer(values: Values) -> Mapping[str, Any] | None:
    """The buyer: `customer_id` is another one for each order, only the unique id is theirs."""
    for buyer in values["buyers"]:
        return {"platform_id": buyer["buyer"], "country": "BR", "region": buyer.get("state")}
    return None


def _line(row: Values) -> Fields:
    """Each piece is a row of its own."""
    return {
        "platform_id": f"{row['order_id']}-{row['number']}",
        "product_id": row["product_id"],
        "seller": row["seller"],
        "quantity": 1,
        "unit_price": row["price"],
        "amount": row["price"],
    }


def _payment(row: Values, paid_at: datetime) -> Fields:
    return {
        "platform_id": row["number"],
        "method": row["method"],
        "amount": row["amount"],
        "instalments": row["instalments"],
        "paid_at": paid_at,
    }


def _shipments(values: Values) -> Iterable[Fields]:
    """The data has one parcel per order. It is promised for midnight, when the named day begins."""
    if values["shipped_at"] or values["delivered_at"]:
        yield {
            "platform_id": "1",
            "shipped_at": values["shipped_at"],
            "delivered_at": values["delivered_at"],
            "promised_at": values["promised_at"],
        }


def product(rows: Sequence[Values], setting: Setting) -> Fields:
    """A product: it has no name in the data, and its price is that of its latest sale."""
    [values] = rows
    sales = sorted(values["lines"], key=lambda sale: (sale["ship_by"], sale["order_id"]))
    named = [each["english"] for each in values.get("names", ())] or [values.get("category")]
    return {
        "platform_id": values["product_id"],
        "updated_at": sales[-1]["ship_by"] if sales else EARLIEST,
        "title": "",
        "category": named[0],
        "status": ProductStatus.UNKNOWN,
        "platform_status": "",
        "price": sales[-1]["price"] if sales else 0,
    }


def review(rows: Sequence[Values], setting: Setting) -> Fields:
    """A review of an order; of a product if the order holds but one.

    A review that is about several orders has one row for each, all of the same id.
    """
    [values] = rows
    lines = values.get("lines", ())
    products = {line["product_id"] for line in lines}
    texts = [values.get(name) for name in ("title", "message")]
    return {
        "platform_id": f"{values['review_id']}-{values['order_id']}",
        "updated_at": values["reviewed_at"],
        "order_id": values["order_id"],
        "line_id": f"{values['order_id']}-{lines[0]['number']}" if len(lines) == 1 else None,
        "product_id": next(iter(products)) if len(products) == 1 else None,
        "result": verdict(str(values["score"])),
        "platform_result": str(values["score"]),
        "score": values["score"],
        "content": "\n".join(text for text in texts if text),
        "reviewed_at": values["reviewed_at"],
    }


_ORDER_ID = Column("order_id", ("order_id",), CellKind.ID, True)
_PRODUCT_ID = Column("product_id", ("product_id",), CellKind.ID, True)
_LINE_COLUMNS = (
    _ORDER_ID,
    Column("number", ("order_item_id",), CellKind.ID, True),
    _PRODUCT_ID,
    Column("seller", ("seller_id",), CellKind.ID, True),
    Column("ship_by", ("shipping_limit_date",), CellKind.MOMENT, True),
    Column("price", ("price",), CellKind.MONEY, True),
    Column("freight", ("freight_value",), CellKind.MONEY, True),
)
LINES = Part("lines", "lines of orders", _LINE_COLUMNS)
PAYMENTS = Part(
    "payments",
    "payments of orders",
    (
        _ORDER_ID,
        Column("number", ("payment_sequential",), CellKind.ID, True),
        Column("method", ("payment_type",), required=True),
        Column("instalments", ("payment_installments",), CellKind.COUNT, True),
        Column("amount", ("payment_value",), CellKind.MONEY, True),
    ),
)
BUYERS = Part(
    "buyers",
    "buyers of orders",
    (
        Column("customer_id", ("customer_id",), CellKind.ID, True),
        Column("buyer", ("customer_unique_id",), CellKind.ID, True),
        Column("state", ("customer_state",)),
    ),
    unused=dict.fromkeys(("customer_zip_code_prefix", "customer_city"), _PRIVATE),
)
NAMES = Part(
    "names",
    "English names of categories",
    (
        Column("category", ("product_category_name",), CellKind.TEXT, True),
        Column("english", ("product_category_name_english",), CellKind.TEXT, True),
    ),
)

ORDERS = Layout(
    "olist.orders",
    "Olist: orders",
    "orders",
    OrderRecord,
    (
        _ORDER_ID,
        Column("customer_id", ("customer_id",), CellKind.ID, True),
        Column("status", ("order_status",), required=True),
        Column("ordered_at", ("order_purchase_timestamp",), CellKind.MOMENT, True),
        Column("paid_at", ("order_approved_at",), CellKind.MOMENT),
        Column("shipped_at", ("order_delivered_carrier_date",), CellKind.MOMENT),
        Column("delivered_at", ("order_delivered_customer_date",), CellKind.MOMENT),
        Column("promised_at", ("order_estimated_delivery_date",), CellKind.MOMENT),
    ),
    order,
    companions=(
        Companion(LINES, "order_id", required=True),
        Companion(PAYMENTS, "order_id", required=True),
        Companion(BUYERS, "customer_id", required=True),
    ),
)

PRODUCTS = Layout(
    "olist.products",
    "Olist: products",
    "products",
    ProductRecord,
    (
        _PRODUCT_ID,
        Column("category", ("product_category_name",)),
    ),
    product,
    unused=dict.fromkeys(
        (
            "product_name_lenght",
            "product_description_lenght",
            "product_photos_qty",
            "product_weight_g",
            "product_length_cm",
            "product_height_cm",
            "product_width_cm",
        ),
        _NO_PLACE,
    ),
    companions=(
        Companion(LINES, "product_id", required=True),
        Companion(NAMES, "category"),
    ),
)

REVIEWS = Layout(
    "olist.reviews",
    "Olist: reviews",
    "reviews",
    ReviewRecord,
    (
        Column("review_id", ("review_id",), CellKind.ID, True),
        _ORDER_ID,
        Column("score", ("review_score",), CellKind.COUNT, True),
        Column("title", ("review_comment_title",), personal=True),
        Column("message", ("review_comment_message",), personal=True),
        Column("reviewed_at", ("review_answer_timestamp",), CellKind.MOMENT, True),
    ),
    review,
    unused={"review_creation_date": "when the buyer was asked: " + _NO_PLACE},
    companions=(Companion(LINES, "order_id"),),
)

LAYOUTS = (PRODUCTS, ORDERS, REVIEWS)
