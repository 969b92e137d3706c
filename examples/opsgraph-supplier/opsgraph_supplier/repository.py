"""The plugin's SQL: all of it stands here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.db import MerchantSession
from core.errors import InputError, NotFoundError
from core.models import Product, Refund, random_id
from core.security.audit import audit
from sqlalchemy import delete, func, update
from sqlmodel import col, select

from opsgraph_supplier.models import SupplierComplaint, SupplierDelivery, SupplierRating


@dataclass(frozen=True)
class NewDelivery:
    """A delivery that is to be recorded; `cost` in minor units of the product's currency."""

    product_id: int
    supplier: str
    day: date
    units: int
    defective: int
    cost: int


def record(session: MerchantSession, new: NewDelivery, actor: str, now: datetime) -> int:
    """Store a delivery, with its audit entry; returns its id. InputError, NotFoundError."""
    _check(new)
    product = session.scalars(select(Product).where(Product.id == new.product_id)).one_or_none()
    if product is None:
        raise NotFoundError("There is no such product.", path=["input", "productId"])
    row = SupplierDelivery(
        merchant_id=session.merchant_id,
        id=random_id(),
        shop_id=product.shop_id,
        currency=product.currency,
        **vars(new),
    )
    session.add(row)
    audit(session, actor, "supplier.record", "supplier_delivery", row.id, now, units=new.units)
    return row.id


def _check(new: NewDelivery) -> None:
    if not 0 < len(new.supplier) <= 200:
        raise InputError("A supplier's name has 1 to 200 characters.", path=["input", "supplier"])
    if new.units <= 0:
        raise InputError("A delivery has at least one unit.", path=["input", "units"])
    if not 0 <= new.defective <= new.units:
        raise InputError(
            f"Of {new.units} units between 0 and {new.units} can be defective.",
            path=["input", "defective"],
        )


def last_deliveries(session: MerchantSession, product_ids: Sequence[int]) -> dict[int, int]:
    """The id of the last delivery of each of these products that has one."""
    query = (
        select(SupplierDelivery.product_id, SupplierDelivery.id)
        .where(col(SupplierDelivery.product_id).in_(product_ids))
        .order_by(col(SupplierDelivery.day), col(SupplierDelivery.id))
    )
    return {product_id: id for product_id, id in session.execute(query)}


def rate(session: MerchantSession, since: date, limit: float, now: datetime) -> int:
    """Rate every supplier that delivered since that day; returns how many there are."""
    query = (
        select(
            SupplierDelivery.supplier,
            func.sum(SupplierDelivery.units),
            func.sum(SupplierDelivery.defective),
        )
        .where(col(SupplierDelivery.day) >= since)
        .group_by(col(SupplierDelivery.supplier))
    )
    rows = session.execute(query).all()
    session.execute(delete(SupplierRating))
    session.add_all(
        SupplierRating(
            merchant_id=session.merchant_id,
            supplier=supplier,
            units=int(units),
            defective=int(defective),
            is_poor=defective > limit * units,
            rated_at=now,
        )
        for supplier, units, defective in rows
    )
    return len(rows)


def since(days: int, now: datetime) -> date:
    """The first day of a window that ends now."""
    return (now - timedelta(days=days)).date()


def note(session: MerchantSession, refund_ids: Sequence[int], now: datetime) -> None:
    """Note refunds, each once however often it is announced."""
    for refund in session.scalars(select(Refund).where(col(Refund.id).in_(refund_ids))):
        session.merge(
            SupplierComplaint(
                merchant_id=session.merchant_id,
                id=refund.id,
                customer_id=refund.customer_id,
                line_id=refund.line_id,
                reason=refund.reason,
                noted_at=now,
            )
        )


def erase_complaints(session: MerchantSession, customer_ids: Sequence[int]) -> int:
    """Blank what these customers said; returns how many rows that were."""
    result = session.execute(
        update(SupplierComplaint)
        .where(col(SupplierComplaint.customer_id).in_(customer_ids))
        .values(reason=None, customer_id=None)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def deliveries(session: MerchantSession) -> list[tuple[date, str, int, int]]:
    """Day, supplier, units and defective ones of every delivery, the oldest first."""
    query = select(
        col(SupplierDelivery.day),
        col(SupplierDelivery.supplier),
        col(SupplierDelivery.units),
        col(SupplierDelivery.defective),
    ).order_by(col(SupplierDelivery.day), col(SupplierDelivery.id))
    return [(day, name, units, defective) for day, name, units, defective in session.execute(query)]


def product_of_code(session: MerchantSession, code: str) -> int:
    """The product with the merchant's own code; NotFoundError."""
    query = select(Product.id).where(Product.code == code).order_by(col(Product.id)).limit(1)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFoundError(f"There is no product of code {code!r}.")
    return found
