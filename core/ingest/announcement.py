"""What a transaction changed, for plugins to hear after its commit: one message per shop."""

from collections.abc import Sequence
from datetime import datetime

from core.db.session import MerchantSession
from core.db.upsert import table_of, upsert
from core.ingest.changes import Change
from core.ingest.shape import AGGREGATES, FACTS
from core.models import Customer, OutboxMessage, random_id

_HEARD = frozenset(
    [aggregate.table for aggregate in AGGREGATES.values()]
    + [table for table, _ in FACTS.values()]
    + [Customer]
)


def announce(
    session: MerchantSession,
    shop_id: int,
    stream: str,
    now: datetime,
    changes: Sequence[Change],
) -> None:
    """Put into the outbox which aggregates, customers and facts of a shop changed."""
    rows = [
        [table_of(change.table).name, change.key, change.word]
        for change in changes
        if change.table in _HEARD
    ]
    if rows:
        message = {
            "merchant_id": session.merchant_id,
            "id": random_id(),
            "topic": "changes",
            "body": {"shop_id": shop_id, "stream": stream, "rows": rows},
            "created_at": now,
            "delivered_at": None,
            "attempts": 0,
            "last_error": None,
        }
        upsert(session, OutboxMessage, [message])
