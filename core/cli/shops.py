"""`opsgraph shops`: how fresh every stream of every shop is, and what is in the way."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import func
from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.cli.house import ready
from core.marketplace.contract import Marketplace
from core.models import QuarantineEntry, Shop, SyncRun, SyncState
from core.plugin import Command

Key = tuple[int, int, str]
"""Merchant, shop and stream."""
COLUMNS = ("shop", "stream", "through", "lag", "last success", "stored", "last run", "quarantine")


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


def standings(session: Session) -> list[Standing]:
    """Every stream of every shop, by the shops' names."""
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
        found.append(Standing(shop, state, stored.get(key, 0), last.get(key), open_.get(key, 0)))
    return found


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


def show(arguments: Namespace) -> int:
    """Print one row per stream, and the errors beneath; 1 when a stream that runs has one."""
    house = ready()
    found = house.db.system_now(standings, write=False)
    if not found:
        print("There is no shop yet: register one with the mutation registerShop.")
        return 0
    now = datetime.now(UTC)
    table = Table(*COLUMNS, "next run")
    for each in found:
        table.add_row(*(escape(cell) for cell in _cells(each, now)))
    Console().print(table)
    failing = [each for each in found if each.state.last_error_code is not None]
    for each in failing:
        state = each.state
        print(f"{each.shop.name} · {state.stream}: {state.last_error_code}: {state.last_error}")
    for line in _not_offered([each.shop for each in found], house.registry.marketplaces):
        print(line)
    return 1 if any(each.shop.active for each in failing) else 0


def _not_offered(shops: Sequence[Shop], known: Mapping[str, Marketplace]) -> list[str]:
    """What nobody needs to wait for, once per platform of these shops."""
    platforms = [
        known[name] for name in dict.fromkeys(s.marketplace for s in shops) if name in known
    ]
    return [
        f"{platform.title} · {stream}: not offered: {reason}"
        for platform in platforms
        for stream, reason in sorted(platform.not_offered.items())
    ]


def _cells(each: Standing, now: datetime) -> tuple[str, ...]:
    state, through = each.state, each.state.synced_through
    return (
        each.shop.name,
        state.stream,
        _moment(through),
        "" if through is None else _span(now - through),
        _moment(state.last_success_at),
        f"{each.stored:,}",
        "" if each.last_run is None else f"{each.last_run:,}",
        f"{each.quarantined:,}",
        _next(each, now),
    )


def _next(each: Standing, now: datetime) -> str:
    if not each.shop.active:
        return "paused"
    lease = each.state.lease_until
    if each.state.lease_owner is not None and lease is not None and lease > now:
        return "running"
    return "due" if each.state.due_at <= now else f"in {_span(each.state.due_at - now)}"


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _span(span: timedelta) -> str:
    """A length of time in its two largest units; nothing is ahead of now."""
    minutes = max(0, int(span.total_seconds())) // 60
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


COMMANDS = (Command("shops", "Show how fresh each shop's data is.", show),)
