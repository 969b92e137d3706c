"""How every stream of every shop stands: what is stored, what comes next, what is in the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import case, func
from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.models import QuarantineEntry, RequestBudget, Shop, SyncRun, SyncState
from core.sync.budget import MICRO, USED
from core.sync.windows import Cursor

Key = tuple[int, int, str]
"""Merchant, shop and stream."""
IMPORTS = "import."
"""What the name of a stream begins with that comes from files; the rest is what the files hold."""
WARNING = timedelta(days=5)
"""How long before the merchant must authorise anew there is a warning of it."""


class StreamWord(StrEnum):
    """What a stream is doing."""

    PAUSED = "paused"
    RUNNING = "running"
    NOT_SET_UP = "not set up"
    FAILING = "failing"
    DUE = "due"
    RESTING = "resting"


class Authorisation(StrEnum):
    """Whether opsgraph may still read a shop."""

    VALID = "valid"
    ENDING = "ending"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Standing:
    """One stream of one shop. `stored` counts a record again whenever it came changed.

    last_run: records that the newest run stored; None before the first. quarantined: open entries.
    """

    shop: Shop
    state: SyncState
    stored: int
    last_run: int | None
    quarantined: int

    @property
    def cursor(self) -> Cursor:
        """Where the stream stands."""
        return Cursor.load(self.state.cursor)

    def lag(self, now: datetime) -> timedelta | None:
        """How far the stored data is behind; None when nothing is stored."""
        through = self.state.synced_through
        return None if through is None else max(timedelta(0), now - through)

    def word(self, now: datetime) -> StreamWord:
        """What the stream is doing."""
        state = self.state
        if not self.shop.active:
            return StreamWord.PAUSED
        if state.lease_owner is not None and state.lease_until and state.lease_until > now:
            return StreamWord.RUNNING
        if state.last_error_code == "NOT_SET_UP":
            return StreamWord.NOT_SET_UP
        if state.last_error_code is not None:
            return StreamWord.FAILING
        return StreamWord.DUE if self.next_run <= now else StreamWord.RESTING

    @property
    def next_run(self) -> datetime:
        """When it is due: by its time, or by a notice of the platform; failures wait their time."""
        noticed = self.state.dirty_from
        if noticed is None or self.state.attempts:
            return self.state.due_at
        return min(noticed, self.state.due_at)


@dataclass(frozen=True)
class Imported:
    """What files have brought a shop. through: the end of the latest span that a file was of.

    A file whose import broke off reaches nowhere. `stored` counts a record again whenever it came
    changed; quarantined: open entries.
    """

    shop: Shop
    stream: str
    last_at: datetime
    through: datetime | None
    stored: int
    quarantined: int


@dataclass(frozen=True)
class ShopBudget:
    """What a shop may be asked. until: up to when that is handed out, in seconds since 1970."""

    shop: Shop
    until: float

    @property
    def is_shared(self) -> bool:
        """Whether it is an app's, for all shops of the merchant that have it."""
        return self.shop.budget_holder not in (None, self.shop.id)

    def remaining(self, rate: float, now: float) -> int:
        """Requests of the coming second that nobody has taken yet."""
        return int(rate * USED * min(1.0, max(0.0, now + 1 - self.until)))


def authorisation(shop: Shop, now: datetime) -> Authorisation:
    """Whether the shop's tokens still open it. Adapters renew a token that ends by themselves."""
    ends = shop.authorization_expires_at
    if ends is None:
        ended = shop.token_expires_at is not None and shop.token_expires_at <= now
        known = Authorisation.VALID if shop.token_expires_at else Authorisation.UNKNOWN
        return Authorisation.ENDED if ended else known
    if ends <= now:
        return Authorisation.ENDED
    return Authorisation.ENDING if ends - now <= WARNING else Authorisation.VALID


def standings(session: Session) -> list[Standing]:
    """Every stream of every shop that the session may see, by the shops' names."""
    stored, last, open_ = _stored(session), _last(session), _open(session)
    rows = session.execute(
        select(Shop, SyncState)
        .join(
            SyncState,
            (col(SyncState.merchant_id) == Shop.merchant_id) & (col(SyncState.shop_id) == Shop.id),
        )
        .order_by(col(Shop.name), col(Shop.id), col(SyncState.stream))
    )
    found = []
    for shop, state in rows:
        key = (shop.merchant_id, shop.id, state.stream)
        counts = (stored.get(key, 0), last.get(key), open_.get(key, 0))
        found.append(Standing(shop, state, *counts))
    return found


def imports(session: Session) -> list[Imported]:
    """What files have brought every shop that the session may see, by the shops' names."""
    key = (SyncRun.merchant_id, SyncRun.shop_id, SyncRun.stream)
    is_whole = col(SyncRun.status).in_(("succeeded", "incomplete"))
    ends = (func.max(col(SyncRun.finished_at)), func.max(case((is_whole, SyncRun.window_end))))
    columns: list[Any] = [*key, *ends, func.sum(SyncRun.changed)]
    rows = session.execute(
        select(*columns)
        .where(col(SyncRun.stream).startswith(IMPORTS), col(SyncRun.finished_at).is_not(None))
        .group_by(*map(col, key))
    )
    shops = {(shop.merchant_id, shop.id): shop for shop in _shops(session)}
    open_ = _open(session)
    found = []
    for merchant, shop, stream, last_at, through, stored in rows:
        quarantined = open_.get((merchant, shop, stream), 0)
        kind, owner = stream.removeprefix(IMPORTS), shops[merchant, shop]
        found.append(Imported(owner, kind, last_at, through, int(stored), quarantined))
    return sorted(found, key=lambda each: (each.shop.name, each.shop.id, each.stream))


def budgets(session: Session) -> list[ShopBudget]:
    """The budget of every shop that the session may see, by the shops' names."""
    rows = session.execute(
        select(RequestBudget.merchant_id, RequestBudget.holder, RequestBudget.taken_until)
    )
    taken = {(merchant, holder): until / MICRO for merchant, holder, until in rows}
    return [ShopBudget(shop, taken.get(shop.budget, 0.0)) for shop in _shops(session)]


def _shops(session: Session) -> Iterable[Shop]:
    return session.scalars(select(Shop).order_by(col(Shop.name), col(Shop.id)))


def _stored(session: Session) -> dict[Key, int]:
    key = (SyncRun.merchant_id, SyncRun.shop_id, SyncRun.stream)
    rows = session.execute(select(*key, func.sum(SyncRun.changed)).group_by(*map(col, key)))
    return {(merchant, shop, stream): int(count) for merchant, shop, stream, count in rows}


def _last(session: Session) -> dict[Key, int]:
    """What the newest run of each stream stored: the epoch grows with every run."""
    rows = session.execute(
        select(SyncRun.merchant_id, SyncRun.shop_id, SyncRun.stream, SyncRun.changed).join(
            SyncState,
            (col(SyncState.merchant_id) == SyncRun.merchant_id)
            & (col(SyncState.shop_id) == SyncRun.shop_id)
            & (col(SyncState.stream) == SyncRun.stream)
            & (col(SyncState.epoch) == SyncRun.epoch),
        )
    )
    return {(merchant, shop, stream): changed for merchant, shop, stream, changed in rows}


def _open(session: Session) -> dict[Key, int]:
    key = (QuarantineEntry.merchant_id, QuarantineEntry.shop_id, QuarantineEntry.stream)
    rows = session.execute(
        select(*key, func.count())
        .where(col(QuarantineEntry.resolved_at).is_(None))
        .group_by(*map(col, key))
    )
    return {(merchant, shop, stream): count for merchant, shop, stream, count in rows}
