"""Counts what became of every line of the data set, by the classes its description names."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    return Account(
        known_orders=_orders(session, shops, guests=False),
        guest_orders=_orders(session, shops, guests=True),
        known_refunds=_refunds(session, shops, guests=False),
        guest_refunds=_refunds(session, shops, guests=True),
        adjustments=_adjustments(session, shops, sale_invoices),
        quarantined=session.execute(waiting).scalar_one(),
    )


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
    return {shop: _count_shop(session, [shop]) for shop in shops}


def _count_shop(session: MerchantSession, shops: Shops) -> ShopCounts:
    known, guest = (_orders(session, shops, guests=guests) for guests in (False, True))
    refunds = [_refunds(session, shops, guests=guests) for guests in (False, True)]
    customers = select(func.count(col(Customer.id))).where(col(Customer.shop_id).in_(shops))
    return ShopCounts(
        orders=known.invoices + guest.invoices,
        customers=session.execute(customers).scalar_one(),
        lines=known.lines + guest.lines,
        sales=known.amount + guest.amount,
        refunds=sum(each.lines for each in refunds),
        refunded=-sum(each.amount for each in refunds),
    )


def _invoices(session: MerchantSession, shops: Shops, kind: str) -> set[int]:
    query = select(Order.platform_id).where(col(Order.shop_id).in_(shops), Order.kind == kind)
    return {invoice_of(number) for number in session.scalars(query)}


def _orders(session: MerchantSession, shops: Shops, *, guests: bool) -> Counted:
    is_guest = col(Order.customer_id).is_(None)
    orders = (
        col(Order.shop_id).in_(shops),
        col(Order.kind) == "sale",
        is_guest if guests else ~is_guest,
    )
    lines = select(func.count(col(OrderLine.id)), _value()).join(
        Order, col(Order.id) == OrderLine.order_id
    )
    count, amount = session.execute(lines.where(*orders)).one()
    invoices = session.execute(select(func.count(col(Order.id))).where(*orders)).scalar_one()
    return Counted(count, invoices, int(amount or 0))


def _adjustments(session: MerchantSession, shops: Shops, sale_invoices: set[int]) -> Counted:
    """Adjustment lines inside order invoices are trades of their own; they add no invoice."""
    lines = select(func.count(col(OrderLine.id)), _value()).where(
        col(OrderLine.shop_id).in_(shops), OrderLine.kind == "adjustment"
    )
    count, amount = session.execute(lines).one()
    invoices = _invoices(session, shops, "adjustment") - sale_invoices
    return Counted(count, len(invoices), int(amount or 0))


def _refunds(session: MerchantSession, shops: Shops, *, guests: bool) -> Counted:
    """Each refund is a line of a cancellation; its amount goes back, so it counts negative.

    Some platforms name the buyer of a refund, some only the order that it undoes.
    """
    is_guest = func.coalesce(Refund.customer_id, Order.customer_id).is_(None)
    query = (
        select(Refund.platform_id, Refund.amount)
        .outerjoin(Order, col(Order.id) == Refund.order_id)
        .where(col(Refund.shop_id).in_(shops), is_guest if guests else ~is_guest)
    )
    rows = session.execute(query).all()
    invoices = {invoice_of(number) for number, _ in rows}
    return Counted(len(rows), len(invoices), -sum(amount for _, amount in rows))


def _value() -> Any:
    return func.sum(col(OrderLine.quantity) * col(OrderLine.unit_price))
