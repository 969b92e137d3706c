"""Whose a refund is: the customer's whom its record names, else the customer's of its order.

JD and Douyin tell a refund's order and no buyer. The order may come after its refund,
get another customer or lose the one it has, or go: the refund follows it.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import select

from core.db.session import CORE, MerchantSession
from core.db.upsert import CHUNK, Row, table_of, upsert
from core.ingest.changes import Change
from core.ingest.rows import rows_by
from core.models import Order, Refund


def follows_its_order(refund: Row) -> bool:
    """Whether a refund belongs to whom its order belongs to."""
    return not refund["customer_named"] and refund["order_id"] is not None


def fill_customers(session: MerchantSession, refunds: Iterable[dict[str, Any]]) -> None:
    """Give rows of refunds that name nobody the customer of their order, if it is stored."""
    following = [row for row in refunds if follows_its_order(row)]
    customers = _customers_of(session, {row["order_id"] for row in following})
    for row in following:
        row["customer_id"] = customers.get(row["order_id"])


def follow_orders(session: MerchantSession, changes: Sequence[Change]) -> list[Change]:
    """Store anew the refunds whose order got, changed or lost its customer by these changes."""
    moved = {
        change.row["id"]: _customer(change.after)
        for change in changes
        if change.table is Order and _customer(change.before) != _customer(change.after)
    }
    made = [
        Change(Refund, refund, {**refund, "customer_id": moved[refund["order_id"]]})
        for refund in rows_by(session, Refund, "order_id", list(moved)).values()
        if follows_its_order(refund) and refund["customer_id"] != moved[refund["order_id"]]
    ]
    upsert(session, Refund, [change.row for change in made])
    return made


def _customer(order: Row | None) -> int | None:
    return None if order is None else order["customer_id"]


def _customers_of(session: MerchantSession, ids: Collection[int]) -> dict[int, int]:
    """The customer of each of these orders that is stored and has one."""
    orders, wanted = table_of(Order), sorted(ids)
    found: dict[int, int] = {}
    for start in range(0, len(wanted), CHUNK):
        query = select(orders.c.id, orders.c.customer_id).where(
            orders.c.merchant_id == session.merchant_id,
            orders.c.id.in_(wanted[start : start + CHUNK]),
            orders.c.customer_id.is_not(None),
        )
        found.update(tuple(row) for row in session.execute(query, execution_options={CORE: True}))
    return found
