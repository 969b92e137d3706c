"""What the sync engine remembers: streams, runs, quarantine, raw payloads, outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, String, UniqueConstraint
from sqlmodel import Field

from core.models.base import MerchantTable, NounTable, big, blob, by, json, text, word


class SyncState(MerchantTable, table=True):
    """One stream of one shop: its cursor, when it is due, and who holds its lease.

    `epoch` grows with every claim; a page commits only while the epoch is still its worker's.
    `synced_through` is the time up to which everything the platform had is stored (`asOf`).
    `dirty_from`: the platform gave notice of a change, and a run that begins then or later sees
    it; null without a notice that waits.
    """

    __tablename__ = "sync_states"
    __table_args__ = (by("sync_states", "due_at"),)

    shop_id: int = Field(sa_type=BigInteger, primary_key=True)
    stream: str = Field(sa_type=String(64), primary_key=True)
    cursor: dict[str, Any] = json()
    due_at: datetime
    dirty_from: datetime | None = None
    lease_owner: str | None = word(200, None)
    lease_until: datetime | None = None
    epoch: int = big(0)
    attempts: int = 0
    synced_through: datetime | None = None
    last_success_at: datetime | None = None
    last_error_code: str | None = word(64, None)
    last_error: str | None = text(None)


class RequestBudget(MerchantTable, table=True):
    """Up to when the time for requests is handed out, in microseconds since 1970.

    `holder`: whose limit it is, the id of a shop or a hash of an app's key.
    """

    __tablename__ = "request_budgets"

    holder: int = Field(sa_type=BigInteger, primary_key=True)
    taken_until: int = big()


class ShopInbox(MerchantTable, table=True):
    """The messages that a platform keeps for a shop: when they are fetched next, how it went.

    `subscribed_at`: when the platform was last asked to keep messages for the shop.
    """

    __tablename__ = "shop_inboxes"
    __table_args__ = (by("shop_inboxes", "due_at"),)

    shop_id: int = Field(sa_type=BigInteger, primary_key=True)
    due_at: datetime
    subscribed_at: datetime | None = None
    attempts: int = 0
    taken: int = big(0)
    last_success_at: datetime | None = None
    last_error_code: str | None = word(64, None)
    last_error: str | None = text(None)


class JobState(MerchantTable, table=True):
    """One job of a plugin for one merchant: when it is due, who runs it, how it has fared.

    `epoch` grows with every claim; only the worker of the latest one notes how the run ended.
    """

    __tablename__ = "job_states"
    __table_args__ = (by("job_states", "due_at"),)

    job: str = Field(sa_type=String(128), primary_key=True)
    due_at: datetime
    lease_owner: str | None = word(200, None)
    lease_until: datetime | None = None
    epoch: int = big(0)
    attempts: int = 0
    last_started_at: datetime | None = None
    last_finished_at: datetime | None = None
    last_success_at: datetime | None = None
    last_error: str | None = text(None)


class SyncRun(NounTable, table=True):
    """One pull of one stream.

    `status`: running, succeeded, incomplete, failed, not_set_up or interrupted. `share`: what part
    of the run is done, from 0 to 1, null where nobody can tell. `waiting_for`: code of the error
    after which a running pull rests, until `waiting_until`.
    """

    __tablename__ = "sync_runs"
    __table_args__ = (
        by("sync_runs", "started_at", "id"),
        by("sync_runs", "shop_id", "stream", "epoch"),
    )

    shop_id: int = big()
    stream: str = word()
    epoch: int = big()
    status: str = word(16)
    started_at: datetime
    finished_at: datetime | None = None
    window_start: datetime | None = None
    window_end: datetime | None = None
    requests: int = big(0)
    retries: int = big(0)
    seen: int = big(0)
    changed: int = big(0)
    unchanged: int = big(0)
    quarantined: int = big(0)
    reported: int | None = big(None)
    unknown: dict[str, int] = json()
    error_code: str | None = word(64, None)
    error: str | None = text(None)
    share: float | None = Field(default=None, sa_type=Float)
    waiting_for: str | None = word(64, None)
    waiting_until: datetime | None = None


class QuarantineEntry(NounTable, table=True):
    """A record that could not be mapped or stored, with the value that was in the way.

    The payload's personal fields are masked. The entry is resolved when a later version of the
    same record is stored.
    """

    __tablename__ = "quarantine_entries"
    __table_args__ = (
        UniqueConstraint("merchant_id", "shop_id", "kind", "platform_id"),
        by("quarantine_entries", "last_seen_at", "id"),
    )

    shop_id: int = big()
    stream: str = word()
    kind: str = word(32)
    platform_id: str = word(128)
    where: str = word(200)
    expected: str = text()
    value: str = text()
    payload: dict[str, Any] = json()
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None = None


class RawPayload(MerchantTable, table=True):
    """The platform's own object, compressed, personal fields masked; hash and mapping version
    decide whether a record that comes again is a change."""

    __tablename__ = "raw_payloads"

    shop_id: int = Field(sa_type=BigInteger, primary_key=True)
    kind: str = Field(sa_type=String(32), primary_key=True)
    platform_id: str = Field(sa_type=String(128), primary_key=True)
    content_hash: bytes = blob()
    mapping_version: int
    updated_at: datetime
    received_at: datetime
    body: bytes = blob()


class OutboxMessage(MerchantTable, table=True):
    """Something that happened in a committed transaction and that plugins must hear of.

    Written inside the transaction, delivered after it, at least once; `id` dedupes.
    `waiting`: the plugins that did not take it yet; null before its first delivery.
    """

    __tablename__ = "outbox_messages"
    __table_args__ = (by("outbox_messages", "delivered_at", "created_at"),)

    id: int = Field(sa_type=BigInteger, primary_key=True)
    topic: str = word()
    body: dict[str, Any] = json()
    created_at: datetime
    delivered_at: datetime | None = None
    attempts: int = 0
    last_error: str | None = text(None)
    waiting: list[str] | None = json(None)
