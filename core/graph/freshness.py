"""How fresh synced data is, for resolvers; connections have it compiled as `asOf`."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from core.graph.context import Context
from core.models import SyncState


async def as_of(context: Context, stream: str) -> datetime | None:
    """Up to when every shop's data of a stream is complete; None before all have been synced."""

    async def load(streams: Sequence[str]) -> list[datetime | None]:
        query = select(SyncState.stream, SyncState.synced_through).where(
            col(SyncState.stream).in_(streams)
        )
        found = await context.db.read(
            context.merchant_id, lambda session: session.execute(query).all()
        )
        times: dict[str, list[datetime | None]] = defaultdict(list)
        for name, through in found:
            times[name].append(through)
        return [_earliest(times[name]) for name in streams]

    through: datetime | None = await context.batch("as_of", load).load(stream)
    return through


def _earliest(times: Sequence[datetime | None]) -> datetime | None:
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None
