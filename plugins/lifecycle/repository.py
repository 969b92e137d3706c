"""Reads what customers bought, for scoring."""

from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from core.db import MerchantSession
from core.models import CustomerStat, Order
from plugins.lifecycle.segments import Purchases


def purchases(
    session: MerchantSession, currency: str, shop_id: int | None, before: date | None
) -> list[Purchases]:
    """Every customer who bought in this currency; `before` leaves out that day and later ones."""
    query = _now(currency, shop_id) if before is None else _then(currency, shop_id, before)
    return [
        Purchases(customer_id, last_day, int(orders), int(amount))
        for customer_id, last_day, orders, amount in session.execute(query)
    ]


def _now(currency: str, shop_id: int | None) -> Any:
    query = select(
        col(CustomerStat.customer_id),
        col(CustomerStat.last_day),
        col(CustomerStat.orders),
        col(CustomerStat.amount),
    ).where(CustomerStat.currency == currency, CustomerStat.orders > 0)
    return query if shop_id is None else query.where(CustomerStat.shop_id == shop_id)


def _then(currency: str, shop_id: int | None, before: date) -> Any:
    query = (
        select(
            Order.customer_id,
            func.max(Order.sale_day),
            func.count(col(Order.id)),
            func.sum(Order.paid_amount),
        )
        .where(
            Order.currency == currency,
            col(Order.customer_id).is_not(None),
            col(Order.sale_day) < before,
        )
        .group_by(col(Order.customer_id))
    )
    return query if shop_id is None else query.where(Order.shop_id == shop_id)
