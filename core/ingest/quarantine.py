"""Quarantine: what could not be mapped or stored, with the value that was in the way."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select

from core.db.session import MerchantSession
from core.db.upsert import upsert
from core.ingest.fit import storable
from core.ingest.raw import Identity
from core.ingest.rows import stored_rows
from core.ingest.shape import Place
from core.marketplace.contract import Rejected
from core.models import QuarantineEntry


def store_rejected(
    session: MerchantSession, place: Place, stream: str, now: datetime, items: Sequence[Rejected]
) -> None:
    """Put items into quarantine; one that is there already keeps the time it was first seen."""
    entries = (_entry(place, stream, now, item) for item in items)
    rows = {row["id"]: row for row in entries}
    old = stored_rows(session, QuarantineEntry, [(key,) for key in rows])
    for row in rows.values():
        if known := old.get((row["id"],)):
            row["first_seen_at"] = known["first_seen_at"]
    upsert(session, QuarantineEntry, list(rows.values()))


def _entry(place: Place, stream: str, now: datetime, item: Rejected) -> dict[str, Any]:
    """Whatever a platform sent, its entry can be stored."""
    platform_id = storable(item.platform_id)[:128]
    return place.row(
        id=_entry_id(place, (item.kind, platform_id)),
        stream=stream,
        kind=item.kind[:32],
        platform_id=platform_id,
        where=storable(item.error.where)[:200],
        expected=storable(item.error.expected),
        value=storable(repr(item.error.value))[:500],
        payload=storable(dict(item.payload.body)),
        first_seen_at=now,
        last_seen_at=now,
        resolved_at=None,
    )


def _entry_id(place: Place, identity: Identity) -> int:
    return place.id(f"quarantine/{identity[0][:32]}", identity[1])


def resolve(
    session: MerchantSession, place: Place, now: datetime, stored: Iterable[Identity]
) -> None:
    """Records that could be stored after all are no longer in quarantine."""
    waiting = select(QuarantineEntry.id).where(
        QuarantineEntry.shop_id == place.shop_id, col(QuarantineEntry.resolved_at).is_(None)
    )
    open_ids = set(session.scalars(waiting))
    if not open_ids:
        return
    ids = {_entry_id(place, identity) for identity in stored} & open_ids
    if ids:
        session.execute(
            update(QuarantineEntry).where(col(QuarantineEntry.id).in_(ids)).values(resolved_at=now)
        )
