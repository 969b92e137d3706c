"""Shops, how fresh their data is, sync runs, quarantine, and tokens."""

from datetime import datetime

import strawberry

from core.graph.context import Info
from core.graph.declare import column, many, node, one
from core.graph.fields import Row, field
from core.graph.scalars import BigInt
from core.graph.types.standing import advice, authorization, budget, standing
from core.models import ApiToken, JobState, QuarantineEntry, Shop, SyncRun, SyncState


@strawberry.type(description="What a shop's platform has no API for.")
class NotOffered:
    stream: str = strawberry.field(description="What other platforms offer, e.g. reviews.")
    reason: str = strawberry.field(description="Why not, and what to do instead.")


@node(Shop, permission="shops:read", order="created_at")
class ShopNode:
    """One store on one marketplace. Its credentials are never shown."""

    row: Row

    name = column(str, "The merchant's name for it.", filter=True, order=True)
    marketplace = column(str, "The platform, e.g. taobao.", filter=True)
    number = column(str, "The platform's own id of the shop.", "platform_id", filter=True)
    time_zone = column(str, "IANA time zone of its business dates.")
    currency = column(str, "ISO 4217 code of its amounts.", filter=True)
    active = column(bool, "Whether it is synced.", filter=True)
    created_at = column(datetime, "When it was registered.", order=True)
    token_expires_at = column(
        datetime, "When its token ends; it is renewed without anybody.", filter=True
    )
    authorization_expires_at = column(
        datetime,
        "When tokens can be renewed no more: by then somebody must authorise the app anew.",
        filter=True,
    )
    authorization = authorization
    budget = budget
    streams = many("SyncStream", "What is pulled from it, and how fresh that is.", by="shop_id")
    runs = many("SyncRun", "Its run log: what was pulled, stored and lost.", by="shop_id")
    quarantine = many("QuarantineEntry", "Records of it that could not be used.", by="shop_id")
    sales_days = many("SalesDay", "Sales day by day.", by="shop_id")
    orders = many("Order", "Its orders.", by="shop_id")
    behavior_events = many("BehaviorEvent", "What its visitors did.", by="shop_id")

    @field(
        permission="shops:read",
        description="What its platform does not offer, so that nobody waits for it.",
        needs=("marketplace",),
    )
    def not_offered(self, info: Info) -> list[NotOffered]:
        marketplace = info.context.registry.marketplaces.get(self.row["marketplace"])
        found = {} if marketplace is None else marketplace.not_offered
        return [NotOffered(stream=name, reason=reason) for name, reason in sorted(found.items())]


@node(SyncState, permission="shops:read", name="SyncStream", order="stream")
class SyncStateNode:
    """One kind of thing that is pulled from a shop."""

    stream = column(str, "orders, refunds, products, reviews, …", filter=True, order=True)
    synced_through = column(
        datetime, "Everything the platform had up to here is stored (as of).", filter=True
    )
    last_success_at = column(datetime, "When a run last ended well.", filter=True)
    due_at = column(datetime, "When the next run is due.", filter=True, order=True)
    attempts = column(int, "Failed runs since the last good one.", filter=True)
    last_error_code = column(str, "Stable code of the last error; null after a good run.")
    last_error = column(str, "What went wrong.")
    what_to_do = advice("last_error_code")
    standing = standing
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    shop = one("Shop", "The shop.", by="shop_id")


@node(SyncRun, permission="sync:read", order="started_at desc")
class SyncRunNode:
    """One pull of one stream: what was seen and what became of it."""

    stream = column(str, "Which stream.", filter=True)
    status = column(
        str,
        "running, succeeded, incomplete (something was lost), failed, not_set_up or interrupted.",
        filter=True,
    )
    started_at = column(datetime, "When it began.", filter=True, order=True)
    finished_at = column(datetime, "When it ended.", filter=True, order=True)
    window_start = column(datetime, "From when changes were asked for.")
    window_end = column(datetime, "Up to when.")
    requests = column(BigInt, "Calls to the platform.", measure=True)
    retries = column(BigInt, "Calls that had to be repeated.", measure=True)
    seen = column(BigInt, "Records received.", order=True, measure=True)
    changed = column(
        BigInt, "Records that were new or different, and stored.", order=True, measure=True
    )
    unchanged = column(BigInt, "Records that were known already, or repeated.", measure=True)
    quarantined = column(
        BigInt, "Records that could not be used.", filter=True, order=True, measure=True
    )
    reported = column(BigInt, "The platform's own count, where it gives one.")
    error_code = column(str, "Stable code of the error.", filter=True)
    error = column(str, "What went wrong.")
    what_to_do = advice("error_code")
    share = column(float, "What part of it is done, from 0 to 1; null when nobody can tell.")
    waiting_for = column(str, "Code of the error after which it rests before it goes on.")
    waiting_until = column(datetime, "Until when it rests.")
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    shop = one("Shop", "The shop.", by="shop_id")


@node(QuarantineEntry, permission="sync:read", name="QuarantineEntry", order="last_seen_at desc")
class QuarantineNode:
    """A record that could not be used, and the value that was in the way."""

    stream = column(str, "Which stream it came in.", filter=True)
    kind = column(str, "What sort of record it is.", filter=True)
    number = column(str, "The platform's id of the record.", "platform_id", filter=True)
    where = column(str, "Where in the record the value stood.", filter=True)
    expected = column(str, "What was expected there.")
    value = column(str, "The offending value.")
    first_seen_at = column(datetime, "When it first came.", order=True)
    last_seen_at = column(datetime, "When it last came.", filter=True, order=True)
    resolved_at = column(datetime, "When a later version could be stored.", filter=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    shop = one("Shop", "The shop.", by="shop_id")


@node(ApiToken, permission="tokens:read", name="ApiToken", order="created_at desc")
class TokenNode:
    """An API token; the secret itself is not kept."""

    name = column(str, "What it is for.", filter=True, order=True)
    role = column(str, "What it may do.", filter=True)
    created_at = column(datetime, "When it was made.", filter=True, order=True)
    expires_at = column(datetime, "When it ends by itself.", filter=True)
    revoked_at = column(datetime, "When it was revoked.", filter=True)


@node(JobState, permission="sync:read", name="Job", order="job")
class JobNode:
    """Something that a plugin does again and again for this merchant."""

    name = column(str, "The plugin and what it does.", "job", filter=True, order=True)
    due_at = column(datetime, "When it runs next.", filter=True, order=True)
    attempts = column(int, "Failed runs since the last good one.", filter=True)
    last_started_at = column(datetime, "When it last began.")
    last_finished_at = column(datetime, "When it last ended, well or not.")
    last_success_at = column(datetime, "When it last ended well.", filter=True)
    last_error = column(str, "What went wrong; null after a good run.")
