"""Counts what became of every line of the data set, by the classes its description names."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, NamedTuple

from sqlalchemy import func
from sqlmodel import col, select

from core.db import MerchantSession
from core.models import Customer, Order, OrderLine, QuarantineEntry, Refund, Shop
from plugins.demo.emulation.ids import invoice_of

PLATFORM_ID = "uci-online-retail"
Shops = Sequence[int]


@dataclass(frozen=True)
class Counted:
    """Lines, invoices and the sum of quantity times price in minor units."""

    lines: int
    invoices: int
    amount: int


ByShop = dict[tuple[int, bool], Counted]
"""By shop and whether the buyer is a guest."""


@dataclass(frozen=True)
class Account:
    """Every class of the data set, and what is in quarantine."""

    known_orders: Counted
    guest_orders: Counted
    known_refunds: Counted
    guest_refunds: Counted
    adjustments: Counted
    quarantined: int


def account(session: MerchantSession) -> Account | None:
    """The account of the demo's shops together; None without a demo."""
    shops = session.scalars(select(Shop.id).where(Shop.platform_id == PLATFORM_ID)).all()
    if not shops:
        return None
    sale_invoices = _invoices(session, shops, "sale")
    waiting = select(func.count(col(QuarantineEntry.id))).where(
        col(QuarantineEntry.shop_id).in_(shops), col(QuarantineEntry.resolved_at).is_(None)
    )
    orders = _orders(session, shops)
    return Account(
        known_orders=_sum(counted for (_, is_guest), counted in orders.items() if not is_guest),
        guest_orders=_sum(counted for (_, is_guest), counted in orders.items() if is_guest),
        known_refunds=_refunds(session, shops, guests=False),
        guest_refunds=_refunds(session, shops, guests=True),
        adjustments=_adjustments(session, shops, sale_invoices),
        quarantined=session.execute(waiting).scalar_one(),
    )


def _sum(parts: Iterable[Counted]) -> Counted:
    totals = [sum(numbers) for numbers in zip(*map(astuple, parts), strict=True)]
    return Counted(*totals) if totals else Counted(0, 0, 0)


class ShopCounts(NamedTuple):
    """What a shop holds; money in minor units."""

    orders: int
    customers: int
    lines: int
    sales: int
    refunds: int
    refunded: int


def count_shops(session: MerchantSession) -> dict[int, ShopCounts]:
    """What each of the demo's shops holds: sales without adjustments, refunds that were paid."""
    shops = session.scalars(select(Shop.id).where(Shop.platform_id == PLATFORM_ID)).all()
    orders = _orders(session, shops)
    return {shop: _count_shop(session, shop, orders) for shop in shops}


def _count_shop(session: MerchantSession, shop: int, orders: ByShop) -> ShopCounts:
    sales = _sum(orders[shop, is_guest] for is_guest in (False, True) if (shop, is_guest) in orders)
    refunds = _sum(_refunds(session, [shop], guests=guests) for guests in (False, True))
    customers = select(func.count(col(Customer.id))).where(col(Customer.shop_id) == shop)
    return ShopCounts(
        orders=sales.invoices,
        customers=session.execute(customers).scalar_one(),
        lines=sales.lines,
        sales=sales.amount,
        refunds=refunds.lines,
        refunded=-refunds.amount,
    )


def _invoices(session: MerchantSession, shops: Shops, kind: str) -> set[int]:
    query = select(Order.platform_id).where(col(Order.shop_id).in_(shops), Order.kind == kind)
    return {invoice_of(number) for number in session.scalars(query)}


def _orders(session: MerchantSession, shops: Shops) -> ByShop:
    """Sales by shop and whether they are a guest's: an order is counted with its lines."""
    is_guest = col(Order.customer_id).is_(None)
    columns: list[Any] = [
        Order.shop_id,
        is_guest,
        func.count(col(OrderLine.id)),
        func.count(func.distinct(OrderLine.order_id)),
        _value(),
    ]
    query = (
        select(*columns)
        .join(OrderLine, col(OrderLine.order_id) == Order.id)
        .where(col(Order.shop_id).in_(shops), Order.kind == "sale")
        .group_by(col(Order.shop_id), is_guest)
    )
    rows = session.execute(query).all()
    return {
        (shop, bool(guest)): Counted(lines, orders, int(amount or 0))
        for shop, guest, lines, orders, amount in rows
    }


def _adjustments(session: MerchantSession, shops: Shops, sale_invoices: set[int]) -> Counted:
    """Adjustment lines inside order invoices are trades of their own; they add no invoice."""
    lines = select(func.count(col(OrderLine.id)), _value()).where(
        col(OrderLine.shop_id).in_(shops), OrderLine.kind == "adjustment"
    )
    count, amount = session.execute(lines).one()
    invoices = _invoices(session, shops, "adjustment") - sale_invoices
    return Counted(count, len(invoices), int(amount or 0))


def _refunds(session: MerchantSession, shops: Shops, *, guests: bool) -> Counted:
    """Each refund is a line of a cancellation; its amount goes back, so it counts negative."""
    is_guest = col(Refund.customer_id).is_(None)
    query = select(Refund.platform_id, Refund.amount).where(
        col(Refund.shop_id).in_(shops), is_guest if guests else ~is_guest
    )
    rows = session.execute(query).all()
    invoices = {invoice_of(number) for number, _ in rows}
    return Counted(len(rows), len(invoices), -sum(amount for _, amount in rows))


def _value() -> Any:
    return func.sum(col(OrderLine.quantity) * col(OrderLine.unit_price))
