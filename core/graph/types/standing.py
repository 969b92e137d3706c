"""How shops stand: what comes next for each stream, how often a shop may be asked, and for how
long opsgraph may read it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import strawberry

from core.graph.context import Context
from core.graph.declare import computed
from core.graph.fields import Row, batched, enumeration
from core.graph.scalars import BigInt
from core.models import Shop
from core.sync.advice import what_to_do
from core.sync.standing import (
    Authorisation,
    ShopBudget,
    Standing,
    StreamWord,
    authorisation,
    budgets,
    standings,
)

enumeration(
    StreamWord,
    name="StreamState",
    description="What a stream is doing.",
    values={
        StreamWord.PAUSED: "Its shop is not synced.",
        StreamWord.RUNNING: "It is being pulled.",
        StreamWord.NOT_SET_UP: "The shop was registered without the credentials that it needs.",
        StreamWord.FAILING: "Its last run failed.",
        StreamWord.DUE: "It waits for a worker.",
        StreamWord.RESTING: "Its next run is not due yet.",
    },
)
enumeration(
    Authorisation,
    name="ShopAuthorization",
    description="Whether opsgraph may read a shop.",
    values={
        Authorisation.VALID: "It may; a token that ends is renewed without anybody.",
        Authorisation.ENDING: "For five days at most: somebody must authorise the app anew.",
        Authorisation.ENDED: "Not any more: somebody must authorise the app anew.",
        Authorisation.UNKNOWN: "The platform has not told when tokens end.",
    },
)


@strawberry.type(description="Where a stream stands in the platform's time.")
class StreamCursor:
    through: datetime | None = strawberry.field(description="All up to here is stored.")
    window_start: datetime | None = strawberry.field(
        description="Start of the span that is being read; null between spans."
    )
    window_end: datetime | None = strawberry.field(description="End of that span.")
    seen: BigInt = strawberry.field(description="Records of that span that are stored.")


@strawberry.type(description="How a stream stands.")
class StreamStanding:
    state: StreamWord = strawberry.field(description="What it is doing.")
    lag_seconds: BigInt | None = strawberry.field(
        description="How far the stored data is behind; null when nothing is stored."
    )
    cursor: StreamCursor = strawberry.field(description="Where it stands.")
    stored: BigInt = strawberry.field(
        description="Records that were new or changed, over all runs; again whenever they changed."
    )
    last_stored: BigInt | None = strawberry.field(
        description="The same of the newest run; null before the first."
    )
    quarantined: BigInt = strawberry.field(description="Open quarantine entries.")
    next_run_at: datetime | None = strawberry.field(
        description="When it is pulled next; null while it is paused or running."
    )


@strawberry.type(description="How often a shop may be asked.")
class RequestBudget:
    requests_per_second: float = strawberry.field(description="The limit that opsgraph keeps.")
    per_app: bool = strawberry.field(
        description="Whether the merchant's shops with the same app share it."
    )
    remaining: int = strawberry.field(
        description="Requests of the coming second that no worker has taken."
    )
    held_until: datetime | None = strawberry.field(
        description="Until when the platform or many workers leave no request to take."
    )


@batched(
    permission="sync:read",
    description="What it is doing, where it stands and what comes next.",
    needs=("shop_id", "stream"),
)
async def standing(context: Context, rows: Sequence[Row]) -> list[StreamStanding]:
    found = await context.db.read(context.merchant_id, standings)
    known = {(each.shop.id, each.state.stream): _standing(each, context.now) for each in found}
    return [known[row["shop_id"], row["stream"]] for row in rows]


def _standing(each: Standing, now: datetime) -> StreamStanding:
    cursor, lag, word = each.cursor, each.lag(now), each.word(now)
    window = cursor.window
    waits = word not in (StreamWord.PAUSED, StreamWord.RUNNING)
    return StreamStanding(
        state=word,
        lag_seconds=None if lag is None else BigInt(lag.total_seconds()),
        cursor=StreamCursor(
            through=cursor.through,
            window_start=None if window is None else window.start,
            window_end=None if window is None else window.end,
            seen=BigInt(cursor.seen),
        ),
        stored=BigInt(each.stored),
        last_stored=None if each.last_run is None else BigInt(each.last_run),
        quarantined=BigInt(each.quarantined),
        next_run_at=each.next_run if waits else None,
    )


@batched(
    permission="sync:read",
    description="How often it may be asked; null when its marketplace is not installed.",
    needs=("id",),
)
async def budget(context: Context, rows: Sequence[Row]) -> list[RequestBudget | None]:
    found = await context.db.read(context.merchant_id, budgets)
    known = {each.shop.id: _budget(each, context) for each in found}
    return [known[row["id"]] for row in rows]


def _budget(each: ShopBudget, context: Context) -> RequestBudget | None:
    marketplace = context.registry.marketplaces.get(each.shop.marketplace)
    if marketplace is None:
        return None
    rate, now = marketplace.rate(each.shop.config), context.now.timestamp()
    return RequestBudget(
        requests_per_second=rate,
        per_app=each.is_shared,
        remaining=each.remaining(rate, now),
        held_until=datetime.fromtimestamp(each.until, UTC) if each.until > now + 1 else None,
    )


@batched(
    permission="shops:read",
    description="Whether opsgraph may still read it.",
    needs=("token_expires_at", "authorization_expires_at"),
)
async def authorization(context: Context, rows: Sequence[Row]) -> list[Authorisation]:
    ends = ("token_expires_at", "authorization_expires_at")
    return [authorisation(Shop(**{name: row[name] for name in ends}), context.now) for row in rows]


def advice(column: str) -> object:
    """A field that says what to do about the error whose code this column holds."""
    return computed(str | None, "What a person should do about the error.", (column,), what_to_do)
