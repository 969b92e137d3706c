"""Leases: who pulls which stream now, and how a worker that lost its lease is kept from writing.

The rows of `sync_states` are the scheduler. A claim raises the row's epoch, and that of the shop's
other rows whose leases ran out; every page commits under `where epoch = mine`, so a worker that
was thought dead and is not can store nothing more.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, or_, update
from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.db.session import CORE, MerchantSession
from core.errors import LeaseLostError
from core.models import Shop, SyncRun, SyncState, random_id

_DIRTY = col(SyncState.dirty_from)
_HEARD = and_(_DIRTY.is_not(None), col(SyncState.attempts) == 0)
"""Whether a notice counts: the pause after a failure is kept."""


@dataclass(frozen=True)
class Lease:
    """The right to pull one stream of one shop, until somebody claims it with a higher epoch.

    due_at: as the stream was when it was claimed.
    """

    merchant_id: int
    shop_id: int
    stream: str
    epoch: int
    run_id: int
    seconds: float
    due_at: datetime


@dataclass(frozen=True)
class Wanted:
    """What a worker is ready to pull. `due_only=False` takes streams before their time."""

    merchant_id: int | None = None
    shop_id: int | None = None
    streams: tuple[str, ...] = ()
    due_only: bool = True
    exclude: frozenset[tuple[int, str]] = frozenset()


def owner_name() -> str:
    """This process as a leaseholder."""
    return f"{_machine()}:{os.getpid()}"


def _machine() -> str:
    """Where process ids mean the same: containers may share a host name, but not the ids."""
    try:
        return f"{socket.gethostname()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return socket.gethostname()


def claim(
    session: Session, wanted: Wanted, owner: str, now: datetime, seconds: float
) -> Lease | None:
    """Take the lease of the stream that has waited longest; None when there is nothing to do."""
    for state in session.scalars(_candidates(wanted, now)).all():
        # The shop's row is what two claims meet at. Its streams' rows would not do: a worker that
        # is storing a page locks one, and a claim that skips locked rows would overlook it.
        if not _lock_shop(session, state):
            continue
        siblings = session.scalars(
            select(SyncState)
            .where(
                SyncState.merchant_id == state.merchant_id, col(SyncState.shop_id) == state.shop_id
            )
            .execution_options(populate_existing=True)
        ).all()
        is_early = wanted.due_only and not _is_due(state, now)  # a worker has just been there
        if is_early or any(_is_held(each, now) for each in siblings):
            continue
        silent = [each for each in siblings if each.lease_owner is not None]
        if all(_shut_out(session, each, now) for each in silent):
            return _take(session, state, owner, now, seconds)
    return None


def _shut_out(session: Session, silent: SyncState, now: datetime) -> bool:
    """Keep a worker that fell silent from writing to the shop, whichever stream it was at.

    Two streams stored at a time could write over each other's rows. False if the worker is
    storing at this moment, so that it is alive.
    """
    query = (
        select(SyncState)
        .where(
            SyncState.merchant_id == silent.merchant_id,
            SyncState.shop_id == silent.shop_id,
            SyncState.stream == silent.stream,
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if session.scalars(query).one_or_none() is None or _is_held(silent, now):
        return False
    silent.epoch += 1
    silent.lease_owner = silent.lease_until = None
    _interrupt(session, silent, now)
    return True


def _lock_shop(session: Session, state: SyncState) -> bool:
    """Keep other claims away from the shop until the commit; False if one is ahead."""
    query = (
        select(Shop.id)
        .where(Shop.merchant_id == state.merchant_id, Shop.id == state.shop_id)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).one_or_none() is not None


def _candidates(wanted: Wanted, now: datetime) -> Any:
    query = (
        select(SyncState)
        .join(
            Shop,
            (col(Shop.merchant_id) == SyncState.merchant_id) & (col(Shop.id) == SyncState.shop_id),
        )
        .where(col(Shop.active))
    )
    if wanted.due_only:
        query = query.where(or_(col(SyncState.due_at) <= now, _HEARD & (_DIRTY <= now)))
    if wanted.merchant_id is not None:
        query = query.where(SyncState.merchant_id == wanted.merchant_id)
    if wanted.shop_id is not None:
        query = query.where(SyncState.shop_id == wanted.shop_id)
    if wanted.streams:
        query = query.where(col(SyncState.stream).in_(wanted.streams))
    for shop_id, stream in wanted.exclude:
        query = query.where(or_(col(SyncState.shop_id) != shop_id, col(SyncState.stream) != stream))
    since = case((_HEARD & (_DIRTY < SyncState.due_at), _DIRTY), else_=col(SyncState.due_at))
    return query.order_by(since, col(SyncState.shop_id), col(SyncState.stream))


def _is_due(state: SyncState, now: datetime) -> bool:
    """By its time, or by a notice; after a failure only by its time."""
    noticed = state.attempts == 0 and state.dirty_from is not None and state.dirty_from <= now
    return state.due_at <= now or noticed


def _is_held(state: SyncState, now: datetime) -> bool:
    """Whether another living worker holds the stream."""
    if state.lease_owner is None or state.lease_until is None or state.lease_until <= now:
        return False
    return not _is_dead(state.lease_owner)


def _is_dead(owner: str) -> bool:
    """Whether a leaseholder of this host is gone: a restart need not wait for its lease."""
    machine, _, process = owner.rpartition(":")
    if machine != _machine() or os.name != "posix":  # elsewhere asking would end the process
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _take(session: Session, state: SyncState, owner: str, now: datetime, seconds: float) -> Lease:
    state.epoch += 1
    state.lease_owner = owner
    state.lease_until = now + timedelta(seconds=seconds)
    if state.dirty_from is not None and state.dirty_from <= now:
        # This run sees what the notice spoke of; a later notice wants another run. Should this
        # one die, the stream is due as if its time had come.
        state.dirty_from, state.due_at = None, min(state.due_at, now)
    _interrupt(session, state, now)
    run = SyncRun(
        merchant_id=state.merchant_id,
        id=random_id(),
        shop_id=state.shop_id,
        stream=state.stream,
        epoch=state.epoch,
        status="running",
        started_at=now,
        unknown={},
    )
    session.add(run)
    session.flush()
    place = (state.merchant_id, state.shop_id, state.stream)
    return Lease(*place, state.epoch, run.id, seconds, state.due_at)


def _interrupt(session: Session, state: SyncState, now: datetime) -> None:
    """Close the run that nobody goes on with."""
    session.execute(
        update(SyncRun)
        .where(
            col(SyncRun.merchant_id) == state.merchant_id,
            col(SyncRun.shop_id) == state.shop_id,
            col(SyncRun.stream) == state.stream,
            col(SyncRun.status) == "running",
        )
        .values(status="interrupted", finished_at=now)
    )


def fenced_update(session: MerchantSession, lease: Lease, now: datetime, **values: Any) -> None:
    """Write to the stream's state and prolong the lease; LeaseLostError if it is another's now.

    The first statement of every sync transaction: it also locks the row until the commit.
    """
    until = now + timedelta(seconds=lease.seconds)
    statement = (
        update(SyncState)
        .where(
            col(SyncState.merchant_id) == lease.merchant_id,
            col(SyncState.shop_id) == lease.shop_id,
            col(SyncState.stream) == lease.stream,
            col(SyncState.epoch) == lease.epoch,
        )
        .values({"lease_until": until, **values})
        .execution_options(synchronize_session=False)
    )
    result: Any = session.execute(statement, execution_options={CORE: True})
    if result.rowcount != 1:
        raise LeaseLostError(
            f"Stream {lease.stream} of shop {lease.shop_id} was taken over by another worker."
        )
