"""What the emulated shops hold, in nobody's words: encoders turn it into what a platform shows.

Money is whole cents of a yuan, times are the shops' wall clock. Numbers are ours; each platform
spells its ids with them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple


class Stage(Enum):
    """How far an order has come."""

    PAID = 1
    SHIPPED = 2
    FINISHED = 3


class Line(NamedTuple):
    """A line of an order. ordinal: its place, from 1 on: a product can stand twice in an order."""

    number: int
    ordinal: int
    item: int
    sku: int
    code: str
    title: str
    price: int
    quantity: int
    is_refunded: bool

    @property
    def amount(self) -> int:
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class Order:
    """An invoice's order lines, or its adjustment lines (`is_sale` is false then).

    refunded: what was given back for its lines. changed: its last step or refund.
    """

    number: int
    invoice: str
    country: str
    customer: int | None
    is_sale: bool
    stage: Stage
    created: datetime
    paid: datetime | None
    shipped: datetime | None
    ended: datetime | None
    changed: datetime
    lines: tuple[Line, ...]
    refunded: int

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


class Refund(NamedTuple):
    """A line of a cancellation.

    order, line: what it undoes; None where the source doesn't tell. earlier: a number for the
    order of before the year that it is about then, for platforms that know no refund without one.
    bought: the quantity of the line that it undoes. is_unshipped: whether the order was still to
    be shipped.
    """

    number: int
    invoice: str
    customer: int | None
    order: int | None
    line: int | None
    earlier: int
    ordered: datetime
    is_unshipped: bool
    applied: datetime
    paid_back: datetime
    amount: int
    quantity: int
    bought: int
    item: int
    sku: int
    code: str
    title: str


class Variant(NamedTuple):
    """A stock code as it is spelt; the stock is synthetic."""

    number: int
    code: str
    price: int
    stock: int
    created: datetime
    changed: datetime


class Product(NamedTuple):
    """A stock code whatever its case."""

    number: int
    code: str
    title: str
    price: int
    is_on_sale: bool
    created: datetime
    changed: datetime
    variants: tuple[Variant, ...]

    @property
    def stock(self) -> int:
        return sum(variant.stock for variant in self.variants)


class Review(NamedTuple):
    """A synthetic review of an order line."""

    order: int
    line: int
    item: int
    title: str
    price: int
    nick: str
    created: datetime
    result: str
    content: str
