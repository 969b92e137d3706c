"""Split orders: an order whose children are known is not one, whenever it comes.

Both would count the same sale. An adapter that sees a child removes the parent that was stored
before; a parent that the platform shows again later, alone, is caught here.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from core.db.session import CORE, MerchantSession
from core.db.upsert import CHUNK, table_of
from core.ingest.shape import Place
from core.marketplace.contract import Mapped
from core.marketplace.records import OrderRecord, RemovalRecord
from core.models import Order


def without_parents(
    session: MerchantSession, place: Place, items: Sequence[Mapped]
) -> list[Mapped]:
    """The items, those orders turned into removals that stored or other orders name as parent."""
    orders = [item.record for item in items if isinstance(item.record, OrderRecord)]
    parents = {order.parent_id for order in orders} | _named(
        session, place, [order.platform_id for order in orders]
    )
    return [_removed(item, parents) for item in items]


def _removed(item: Mapped, parents: set[str | None]) -> Mapped:
    record = item.record
    if not isinstance(record, OrderRecord) or record.platform_id not in parents:
        return item
    gone = RemovalRecord(
        platform_id=record.platform_id, updated_at=record.updated_at, of=record.kind
    )
    return replace(item, record=gone, unknown=())


def _named(session: MerchantSession, place: Place, numbers: Sequence[str]) -> set[str | None]:
    """Those of the numbers that a stored order of the shop names as its parent."""
    orders = table_of(Order)
    found: set[str | None] = set()
    for start in range(0, len(numbers), CHUNK):
        query = select(orders.c.parent_platform_id).where(
            orders.c.merchant_id == session.merchant_id,
            orders.c.shop_id == place.shop_id,
            orders.c.parent_platform_id.is_not(None),
            orders.c.parent_platform_id.in_(numbers[start : start + CHUNK]),
        )
        found.update(session.execute(query, execution_options={CORE: True}).scalars())
    return found
