"""Notices of platforms: which shops they are for, and their streams marked as due soon.

A notice writes one moment, `sync_states.dirty_from`. Everything else stays with the pulls, which
see the same change at their own time should no notice come.
"""

import hmac
import logging
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.db import Database
from core.marketplace.contract import (
    Credentials,
    Marketplace,
    Notice,
    Push,
    PushAnswer,
    Stream,
    StreamKind,
)
from core.marketplace.errors import MappingError
from core.models import Shop, SyncState
from core.security.envelope import KeyRing
from core.sync.shops import open_credentials

PAUSE = timedelta(seconds=5)
"""From the first notice until the pull: a storm of them is one run, and platforms that show a
change a little later than they tell it have shown it."""
SCANS = 12
"""Full scans that notices may bring about in the time between two ordinary ones."""
log = logging.getLogger("opsgraph.notices")


async def take_push(
    db: Database,
    keys: KeyRing,
    marketplace: Marketplace,
    shop_id: int | None,
    push: Push,
    now: datetime,
) -> PushAnswer:
    """Mark what a push names; returns the answer that the platform waits for.

    A shop that isn't there is refused like a wrong signature, after the same work.
    """
    pushes = marketplace.pushes
    assert pushes is not None
    shop = await db.system(lambda session: _addressed(session, marketplace, shop_id), write=False)
    opened = _made_up(marketplace) if shop is None else open_credentials(shop, keys)
    if not _is_genuine(marketplace, push, opened):
        return pushes.refused
    if shop is not None:
        await store_notices(db, keys, marketplace, shop, _named(marketplace, push), now)
    return pushes.accepted


def _addressed(session: Session, marketplace: Marketplace, shop_id: int | None) -> Shop | None:
    query = select(Shop).where(Shop.marketplace == marketplace.name, Shop.id == shop_id)
    shop: Shop | None = session.scalars(query).one_or_none()
    return shop if shop is not None and shop.credentials is not None else None


def _made_up(marketplace: Marketplace) -> Credentials:
    """Credentials that sign nothing, so that an unknown shop takes as long as a wrong signature."""
    return Credentials({name: secrets.token_hex(16) for name in marketplace.credentials})


def _is_genuine(marketplace: Marketplace, push: Push, credentials: Credentials) -> bool:
    """Whether the platform signed it. Anybody may send anything, so a check that fails is a no."""
    assert marketplace.pushes is not None
    try:
        return marketplace.pushes.is_genuine(push, credentials)
    except Exception as error:  # its text may hold what was pushed
        log.error("%s could not check a push: %s", marketplace.title, type(error).__name__)
        return False


def _named(marketplace: Marketplace, push: Push) -> tuple[Notice, ...]:
    """What a genuine push names. If it can't be read, repeating it would not help."""
    assert marketplace.pushes is not None
    try:
        return tuple(marketplace.pushes.notices(push))
    except MappingError as error:
        log.warning("A push of %s can't be read: %s", marketplace.title, error)
    except Exception as error:  # its text may hold what was pushed
        log.error("%s could not read a push: %s", marketplace.title, type(error).__name__)
    return ()


async def store_notices(
    db: Database,
    keys: KeyRing,
    marketplace: Marketplace,
    shop: Shop,
    notices: Iterable[Notice],
    now: datetime,
) -> None:
    """Mark the named streams of the shop, and of other shops on its app, as due soon."""
    named = sorted({(notice.shop or shop.platform_id, notice.stream) for notice in notices})
    if not named:
        return
    shops = {shop.platform_id: [shop]}
    others = {platform_id for platform_id, _ in named} - {shop.platform_id}
    if others and marketplace.app:
        shops |= await _siblings(db, keys, marketplace, shop, others)
    streams = {stream.name: stream for stream in marketplace.streams}
    wanted = [
        (each, streams[stream])
        for platform_id, stream in named
        for each in shops.get(platform_id, ())
        if stream in streams
    ]
    if not any(platform_id in shops for platform_id, _ in named):
        log.warning("Notices of shop %s name others, which are not on its app here", shop.id)
    clean = await db.system(lambda session: _clean(session, wanted), write=False)
    if clean:  # of a storm only the first notice writes
        await db.system(lambda session: mark(session, clean, now))


async def _siblings(
    db: Database, keys: KeyRing, marketplace: Marketplace, shop: Shop, named: set[str]
) -> Mapping[str, list[Shop]]:
    """Shops of these platform ids, whosesoever, that are on the same app as `shop`."""
    query = select(Shop).where(
        Shop.marketplace == marketplace.name,
        col(Shop.platform_id).in_(named),
        col(Shop.credentials).is_not(None),
    )
    found = await db.system(lambda session: list(session.scalars(query)), write=False)
    app = _app_of(marketplace, open_credentials(shop, keys))
    siblings: dict[str, list[Shop]] = {}
    for each in found:
        if hmac.compare_digest(app, _app_of(marketplace, open_credentials(each, keys))):
            siblings.setdefault(each.platform_id, []).append(each)
    return siblings


def _app_of(marketplace: Marketplace, credentials: Credentials) -> bytes:
    return "\n".join(credentials.get(name) for name in marketplace.app).encode()


Wanted = list[tuple[Shop, Stream]]


def _clean(session: Session, wanted: Wanted) -> Wanted:
    """Those that have no mark yet, or whose mark moves with every notice."""
    query = select(SyncState.merchant_id, SyncState.shop_id, SyncState.stream).where(
        col(SyncState.merchant_id).in_({shop.merchant_id for shop, _ in wanted}),
        col(SyncState.shop_id).in_({shop.id for shop, _ in wanted}),
        col(SyncState.dirty_from).is_not(None),
    )
    marked = {tuple(row) for row in session.execute(query)}
    return [
        (shop, stream)
        for shop, stream in wanted
        if stream.lag or (shop.merchant_id, shop.id, stream.name) not in marked
    ]


def mark(session: Session, wanted: Wanted, now: datetime) -> None:
    """Say from when a run would see what has been noticed now.

    The first notice counts, so that a busy shop is not put off for ever. Of a stream whose last
    minutes the platform doesn't show the latest one counts: an earlier run would miss it.
    """
    for shop, stream in wanted:
        statement = update(SyncState).where(
            col(SyncState.merchant_id) == shop.merchant_id,
            col(SyncState.shop_id) == shop.id,
            col(SyncState.stream) == stream.name,
        )
        if not stream.lag:
            statement = statement.where(col(SyncState.dirty_from).is_(None))
        session.execute(statement.values(dirty_from=now + pause_of(stream)))


def pause_of(stream: Stream) -> timedelta:
    """From a notice until the pull; full scans take long, so they wait for more notices."""
    if stream.kind is StreamKind.FULL_SCAN:
        return max(PAUSE, stream.every / SCANS) + stream.lag
    return PAUSE + stream.lag
