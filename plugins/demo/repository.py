"""Counts what became of every line of the data set, by the classes its description names."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from core.db import MerchantSession
from core.models import Order, OrderLine, QuarantineEntry, Refund, Shop
from plugins.demo.emulation.ids import invoice_of

PLATFORM_ID = "uci-online-retail"


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
    """The account of the demo's shop; None without a demo."""
    shop_id = session.scalars(select(Shop.id).where(Shop.platform_id == PLATFORM_ID)).one_or_none()
    if shop_id is None:
        return None
    sale_invoices = _invoices(session, shop_id, "sale")
    waiting = select(func.count(col(QuarantineEntry.id))).where(
        QuarantineEntry.shop_id == shop_id, col(QuarantineEntry.resolved_at).is_(None)
    )
    return Account(
        known_orders=_orders(session, shop_id, guests=False),
        guest_orders=_orders(session, shop_id, guests=True),
        known_refunds=_refunds(session, shop_id, guests=False),
        guest_refunds=_refunds(session, shop_id, guests=True),
        adjustments=_adjustments(session, shop_id, sale_invoices),
        quarantined=session.execute(waiting).scalar_one(),
    )


def _invoices(session: MerchantSession, shop_id: int, kind: str) -> set[int]:
    query = select(Order.platform_id).where(Order.shop_id == shop_id, Order.kind == kind)
    return {invoice_of(number) for number in session.scalars(query)}


def _orders(session: MerchantSession, shop_id: int, *, guests: bool) -> Counted:
    is_guest = col(Order.customer_id).is_(None)
    orders = (
        col(Order.shop_id) == shop_id,
        col(Order.kind) == "sale",
        is_guest if guests else ~is_guest,
    )
    lines = select(func.count(col(OrderLine.id)), _value()).join(
        Order, col(Order.id) == OrderLine.order_id
    )
    count, amount = session.execute(lines.where(*orders)).one()
    invoices = session.execute(select(func.count(col(Order.id))).where(*orders)).scalar_one()
    return Counted(count, invoices, int(amount or 0))


def _adjustments(session: MerchantSession, shop_id: int, sale_invoices: set[int]) -> Counted:
    """Adjustment lines inside order invoices are trades of their own; they add no invoice."""
    lines = select(func.count(col(OrderLine.id)), _value()).where(
        OrderLine.shop_id == shop_id, OrderLine.kind == "adjustment"
    )
    count, amount = session.execute(lines).one()
    invoices = _invoices(session, shop_id, "adjustment") - sale_invoices
    return Counted(count, len(invoices), int(amount or 0))


def _refunds(session: MerchantSession, shop_id: int, *, guests: bool) -> Counted:
    """Each refund is a line of a cancellation; its amount goes back, so it counts negative."""
    is_guest = col(Refund.customer_id).is_(None)
    query = select(Refund.platform_id, Refund.amount).where(
        Refund.shop_id == shop_id, is_guest if guests else ~is_guest
    )
    rows = session.execute(query).all()
    invoices = {invoice_of(number) for number, _ in rows}
    return Counted(len(rows), len(invoices), -sum(amount for _, amount in rows))


def _value() -> Any:
    return func.sum(col(OrderLine.quantity) * col(OrderLine.unit_price))
