"""Core's root subscriptions."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any

import strawberry

from core.graph.context import Info
from core.graph.declare import ref
from core.graph.fields import enumeration, subscription
from core.graph.scalars import BigInt, parse_id
from core.graph.types.shops import ShopNode, SyncRunNode
from core.sync.advice import what_to_do
from core.sync.progress import Event, Kind

enumeration(
    Kind,
    name="SyncProgressKind",
    description="What there is to tell about a stream.",
    values={
        Kind.STATE: "How it stood when the subscription began, or the stream was new.",
        Kind.STARTED: "A run began.",
        Kind.STORED: "A run has stored more.",
        Kind.WAITING: "A run rests because the platform told it to, or a call failed.",
        Kind.ENDED: "A run ended; `status` says how.",
    },
)


_OF_RUN = (
    *("status", "reported", "share", "waiting_for", "waiting_until"),
    *("error_code", "error"),
)


@strawberry.type(description="What happened to the pull of one stream of one shop.")
class SyncProgress:
    kind: Kind = strawberry.field(description="What happened.")
    at: datetime = strawberry.field(description="When it was seen.")
    stream: str = strawberry.field(description="Which stream.")
    shop: ShopNode | None = strawberry.field(description="Which shop.")
    run: SyncRunNode | None = strawberry.field(
        description="Its run; null when the stream was never pulled."
    )
    status: str | None = strawberry.field(description="The run's status.")
    records: BigInt = strawberry.field(description="Records that the run has received so far.")
    stored: BigInt = strawberry.field(description="Those that were new or changed.")
    quarantined: BigInt = strawberry.field(description="Those that could not be used.")
    reported: BigInt | None = strawberry.field(
        description="The platform's own count, where it gives one."
    )
    synced_through: datetime | None = strawberry.field(
        description="Everything the platform had up to here is stored."
    )
    share: float | None = strawberry.field(
        description="What part of the run is done, from 0 to 1; null when nobody can tell."
    )
    remaining_seconds: BigInt | None = strawberry.field(
        description="How long the rest takes if it goes on like this; null when nobody can tell."
    )
    waiting_for: str | None = strawberry.field(
        description="Code of the error after which the run rests."
    )
    waiting_until: datetime | None = strawberry.field(description="Until when it rests.")
    error_code: str | None = strawberry.field(description="Stable code of the run's error.")
    error: str | None = strawberry.field(description="What went wrong.")
    what_to_do: str | None = strawberry.field(
        description="What a person should do about the error, or about the rest."
    )
    next_run_at: datetime = strawberry.field(description="When the stream is due again.")

    @classmethod
    def make(cls, event: Event) -> "SyncProgress":
        """An event as clients see it."""
        stream, run = event.stream, event.run
        left = None if run is None else run.remaining(event.at)
        copied: dict[str, Any] = {name: getattr(run, name, None) for name in _OF_RUN}
        return cls(
            kind=event.kind,
            at=event.at,
            stream=stream.stream,
            shop=ref(ShopNode, stream.shop_id),
            run=None if run is None else ref(SyncRunNode, run.id),
            records=BigInt(0 if run is None else run.seen),
            stored=BigInt(0 if run is None else run.changed),
            quarantined=BigInt(0 if run is None else run.quarantined),
            synced_through=stream.synced_through,
            remaining_seconds=None if left is None else BigInt(left.total_seconds()),
            what_to_do=what_to_do(copied["error_code"] or copied["waiting_for"]),
            next_run_at=stream.due_at,
            **copied,
        )


ShopId = Annotated[
    strawberry.ID | None, strawberry.argument(description="Global id of one shop; default: all.")
]
StreamName = Annotated[
    str | None, strawberry.argument(description="One stream, e.g. orders; default: all.")
]


@strawberry.type
class CoreSubscription:
    @subscription(
        permission="sync:read",
        description="How the pulls of this merchant's shops go on: first how each stream stands, "
        "then what happens, at most once a second and stream.",
    )
    async def sync_progress(
        self, info: Info, shop_id: ShopId = None, stream: StreamName = None
    ) -> AsyncGenerator[SyncProgress, None]:
        context = info.context
        shop = None if shop_id is None else parse_id(shop_id, "Shop")
        async with aclosing(context.feed.follow(context.merchant_id, shop, stream)) as events:
            async for event in events:
                yield SyncProgress.make(event)
