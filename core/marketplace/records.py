"""Canonical records: what an adapter yields, whatever the platform.

A record is validated and complete; it carries the platform's own words beside ours
(`platform_status`), ids as strings, money as integer minor units of `currency`, and aware
times. Fields marked PERSONAL hold personal data and are stored masked, encrypted or apart.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Minor = Annotated[int, Field(strict=True, ge=-(2**62), le=2**62)]
"""Money in minor units of the record's currency (fen, cents); the exponent is the currency's."""

Count = Annotated[int, Field(strict=True, ge=0, le=2**53)]
PlatformId = Annotated[str, Field(strict=True, min_length=1, max_length=128)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Word = Annotated[str, Field(strict=True, max_length=64)]


class OrderKind(StrEnum):
    """Whether an order is a sale, or a booking the merchant made (gift, write-off)."""

    SALE = "sale"
    ADJUSTMENT = "adjustment"


class OrderStatus(StrEnum):
    """Where an order stands. `CANCELLED` was never paid, `CLOSED` was paid and refunded."""

    PENDING = "pending"
    PAID = "paid"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class RefundStatus(StrEnum):
    """Where a refund stands; only `REFUNDED` moved money."""

    REQUESTED = "requested"
    AWAITING_RETURN = "awaiting_return"
    RETURNED = "returned"
    REFUNDED = "refunded"
    REJECTED = "rejected"
    CLOSED = "closed"
    EXCHANGED = "exchanged"
    UNKNOWN = "unknown"


class RefundKind(StrEnum):
    """What a buyer asks for. `MONEY` goes back without goods, `RETURN` with them.

    `EXCHANGE`, `RESEND` and `REPAIR` end with goods, not with money; `PRICE` gives back a part
    because the price fell.
    """

    MONEY = "money"
    RETURN = "return"
    EXCHANGE = "exchange"
    RESEND = "resend"
    REPAIR = "repair"
    PRICE = "price"
    UNKNOWN = "unknown"


class PaymentKind(StrEnum):
    """Whether a payment was for all of an order, or one of a pre-sale's two."""

    FULL = "full"
    DEPOSIT = "deposit"
    BALANCE = "balance"


class SourceKind(StrEnum):
    """Where a line was sold, as far as the platform tells: whose page, stream or video."""

    LIVE = "live"
    VIDEO = "video"
    AUTHOR = "author"


class ProductStatus(StrEnum):
    """Whether a product can be bought now."""

    ON_SALE = "on_sale"
    OFF_SALE = "off_sale"
    REMOVED = "removed"
    UNKNOWN = "unknown"


class ReviewResult(StrEnum):
    """The verdict of a review, on the scale every platform can be mapped to."""

    GOOD = "good"
    NEUTRAL = "neutral"
    BAD = "bad"
    UNKNOWN = "unknown"


class TrafficLevel(StrEnum):
    """The three levels of the traffic matrix; `WHOLE` is a shop's traffic of all levels at once."""

    ORGANIC = "organic"
    PAID = "paid"
    SOCIAL = "social"
    WHOLE = "whole"


class DataSource(StrEnum):
    """Where a fact comes from. `SYNTHETIC` marks what was invented for a demo or a test."""

    PLATFORM = "platform"
    IMPORT = "import"
    SYNTHETIC = "synthetic"


class Record(BaseModel):
    """Base of all canonical records; `kind` is the word streams, raw payloads and runs use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]


class PlatformRecord(Record):
    """A record that the platform identifies and may change: the newest version wins."""

    platform_id: PlatformId
    updated_at: AwareDatetime


class CustomerRecord(Record):
    """A buyer as one shop knows them. Never one shared row for guests: a guest is `None`."""

    kind: ClassVar[str] = "customer"

    platform_id: PlatformId
    nickname: str | None = None  # PERSONAL
    country: Word | None = None
    region: Word | None = None


class OrderLineRecord(Record):
    """One line. `amount` is what the buyer paid for it after all discounts, before refunds.

    `source_id` is the platform's number of what sold it: a live room, a video, a host. `seller` is
    whose it is, on platforms where one order holds goods of several sellers.
    """

    kind: ClassVar[str] = "order_line"

    platform_id: PlatformId
    product_id: PlatformId | None = None
    sku_id: PlatformId | None = None
    sku_code: str | None = None
    seller: PlatformId | None = None
    title: str = ""
    quantity: Annotated[int, Field(strict=True, ge=-(2**31), le=2**31)]
    unit_price: Minor
    discount: Minor = 0
    amount: Minor
    platform_status: Word = ""
    platform_refund_status: Word = ""
    source_kind: SourceKind | None = None
    source_id: PlatformId | None = None


class PaymentRecord(Record):
    """Money that came in for an order; `instalments` is in how many parts the buyer pays it."""

    kind: ClassVar[str] = "payment"

    platform_id: PlatformId
    payment_kind: PaymentKind = PaymentKind.FULL
    method: Word
    amount: Minor
    instalments: Count | None = None
    paid_at: AwareDatetime


class ShipmentRecord(Record):
    """A parcel, or the fact that the platform calls the order shipped.

    `promised_at` is when the buyer was told that it would be there.
    """

    kind: ClassVar[str] = "shipment"

    platform_id: PlatformId
    carrier: str | None = None
    tracking_number: str | None = None  # PERSONAL: it leads to an address
    shipped_at: AwareDatetime | None = None
    delivered_at: AwareDatetime | None = None
    promised_at: AwareDatetime | None = None


class OrderRecord(PlatformRecord):
    """An order with everything that lives and dies with it.

    `paid_amount` is what the buyer owes or paid, before refunds; `reported_amount` is the figure
    the platform itself shows now (Taobao's shrinks after a partial refund), and `reported_at` when
    the platform's own turnover counts it, where that is not when it was paid.
    `platform_discount` is the part of `discount` that the merchant does not bear, so the merchant
    earns `paid_amount + platform_discount`; None where the platform does not tell.
    `parent_id` is the order it was split from; such a parent is never stored beside its children.
    """

    kind: ClassVar[str] = "order"

    order_kind: OrderKind = OrderKind.SALE
    status: OrderStatus
    platform_status: Word
    platform_type: Word = ""
    parent_id: PlatformId | None = None
    currency: Currency
    ordered_at: AwareDatetime
    paid_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    items_amount: Minor
    discount: Minor = 0
    platform_discount: Minor | None = None
    freight: Minor = 0
    paid_amount: Minor
    reported_amount: Minor | None = None
    reported_at: AwareDatetime | None = None
    channel: Word = ""
    customer: CustomerRecord | None = None
    lines: tuple[OrderLineRecord, ...]
    payments: tuple[PaymentRecord, ...] = ()
    shipments: tuple[ShipmentRecord, ...] = ()


class RefundRecord(PlatformRecord):
    """A refund request and what became of it. It may name no order, or one we never saw.

    `freight` is the part of `amount` that goes back for delivery; None where it is not told.
    """

    kind: ClassVar[str] = "refund"

    order_id: PlatformId | None = None
    line_id: PlatformId | None = None
    customer_id: PlatformId | None = None
    refund_kind: RefundKind = RefundKind.UNKNOWN
    status: RefundStatus
    platform_status: Word
    phase: Word = ""
    reason: str = ""
    currency: Currency
    amount: Minor
    freight: Minor | None = None
    quantity: Count | None = None
    goods_returned: bool | None = None
    requested_at: AwareDatetime
    refunded_at: AwareDatetime | None = None


class SkuRecord(Record):
    """A variant that can be bought; `stock` is what the platform shows as available."""

    kind: ClassVar[str] = "sku"

    platform_id: PlatformId
    code: str | None = None
    title: str = ""
    price: Minor
    stock: Annotated[int, Field(strict=True)] | None = None


class ProductRecord(PlatformRecord):
    """A listing with its variants."""

    kind: ClassVar[str] = "product"

    title: str
    code: str | None = None
    category: str | None = None
    status: ProductStatus
    platform_status: Word
    currency: Currency
    price: Minor
    listed_at: AwareDatetime | None = None
    skus: tuple[SkuRecord, ...] = ()


class ReviewRecord(PlatformRecord):
    """What a buyer wrote about an order line; `score` is in stars, of five."""

    kind: ClassVar[str] = "review"

    order_id: PlatformId | None = None
    line_id: PlatformId | None = None
    product_id: PlatformId | None = None
    result: ReviewResult
    platform_result: Word
    score: Annotated[int, Field(strict=True, ge=1, le=5)] | None = None
    author: str | None = None  # PERSONAL
    content: str = ""  # PERSONAL: free text may name anyone
    reply: str = ""
    reviewed_at: AwareDatetime


class TrafficRecord(Record):
    """One day of one channel. `visitors` are distinct within the row and are not additive."""

    kind: ClassVar[str] = "traffic"

    day: date
    channel: Word
    level: TrafficLevel
    campaign: Word = ""
    device: Word = ""
    currency: Currency
    impressions: Count = 0
    clicks: Count = 0
    visits: Count = 0
    visitors: Count = 0
    orders: Count = 0
    buyers: Count = 0
    amount: Minor = 0
    source: DataSource = DataSource.PLATFORM


class AdSpendRecord(Record):
    """One day of one campaign: what it cost and what the platform says it brought."""

    kind: ClassVar[str] = "ad_spend"

    day: date
    channel: Word
    campaign: Word = ""
    currency: Currency
    impressions: Count = 0
    clicks: Count = 0
    spend: Minor = 0
    orders: Count = 0
    amount: Minor = 0
    source: DataSource = DataSource.PLATFORM


class BehaviorRecord(Record):
    """Something a visitor did; `platform_id` makes a repeated delivery harmless."""

    kind: ClassVar[str] = "behavior"

    platform_id: PlatformId
    happened_at: AwareDatetime
    visitor: str  # PERSONAL: a device or member key
    action: Word
    product_id: PlatformId | None = None
    channel: Word = ""
    value: Minor | None = None
    source: DataSource = DataSource.PLATFORM


class SignalRecord(Record):
    """A fact from outside: a rule change, a competitor's price, a holiday, a search index."""

    kind: ClassVar[str] = "signal"

    platform_id: PlatformId
    day: date
    topic: Word
    subject: str
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    text: str = ""
    source: DataSource = DataSource.IMPORT


class RemovalRecord(PlatformRecord):
    """The platform says that a record is gone; `of` is the kind it had."""

    kind: ClassVar[str] = "removal"

    of: Word
