"""Shops as the sync engine needs them: registered with sealed credentials, opened as adapters."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from ssl import SSLContext
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from sqlalchemy import update
from sqlmodel import col, select

from core.db import Database, MerchantSession
from core.errors import InputError, NotFoundError
from core.marketplace.contract import Adapter, Credentials, Marketplace, ShopContext
from core.marketplace.renewal import read_end
from core.models import Shop, ShopInbox, SyncState, noun_id, random_id
from core.money import is_currency
from core.security.envelope import KeyRing, bound_to_shop
from core.sync.budget import Budget
from core.sync.config import check_config, check_same_places

TIMEOUT = httpx.Timeout(30.0, connect=10.0)


@cache
def _trusted() -> SSLContext:
    """Whom to trust; made once, because reading the certificates takes as long as a short pull."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class NewShop:
    """What a shop is registered with. Empty time zone and currency mean the marketplace's."""

    marketplace: str
    platform_id: str
    name: str
    credentials: Mapping[str, str]
    config: Mapping[str, Any]
    time_zone: str = ""
    currency: str = ""


def register_shop(
    session: MerchantSession,
    marketplaces: Mapping[str, Marketplace],
    keys: KeyRing,
    new: NewShop,
    now: datetime,
) -> Shop:
    """Store a shop, or renew the credentials of the one that is there, and make it due now.

    Of a shop that is there, name and numbers of the config may change without any credentials.
    """
    new = _trimmed(new)
    shop = session.scalars(
        select(Shop).where(Shop.marketplace == new.marketplace, Shop.platform_id == new.platform_id)
    ).one_or_none()
    keeps = shop is not None and not new.credentials and _has_secrets(shop, keys)
    marketplace = _check(marketplaces, new, keeps)
    if shop is None:
        shop = Shop(
            merchant_id=session.merchant_id,
            id=random_id(),
            marketplace=new.marketplace,
            platform_id=new.platform_id,
            name=new.name,
            time_zone=new.time_zone or marketplace.time_zone,
            currency=new.currency or marketplace.currency,
            config={},
            created_at=now,
        )
    _check_unchanged(shop, new)
    if keeps:
        check_same_places(shop.config, new.config)
    else:
        seal_credentials(shop, keys, new.credentials)
        note_credentials(shop, marketplace, Credentials(new.credentials))
    shop.name, shop.config, shop.active = new.name, dict(new.config), True
    session.add(shop)
    session.flush()
    _make_due(session, shop, marketplace, now)
    return shop


def _has_secrets(shop: Shop, keys: KeyRing) -> bool:
    """Whether the shop was registered with any: some platforms ask for none."""
    return shop.credentials is not None and bool(open_credentials(shop, keys).values)


def _trimmed(new: NewShop) -> NewShop:
    """Without the spaces and line ends that copying brings along: "1 " would be a second shop."""
    return replace(
        new,
        platform_id=new.platform_id.strip(),
        name=new.name.strip(),
        currency=new.currency.strip().upper(),
        credentials={name: value.strip() for name, value in new.credentials.items()},
    )


def _check(
    marketplaces: Mapping[str, Marketplace], new: NewShop, keeps_credentials: bool
) -> Marketplace:
    """The marketplace; InputError for what cannot be used."""
    marketplace = marketplaces.get(new.marketplace)
    if marketplace is None:
        known = ", ".join(sorted(marketplaces))
        raise InputError(
            f"There is no marketplace {new.marketplace!r}; installed are: {known}.",
            path=["input", "marketplace"],
        )
    missing = [name for name in marketplace.credentials if not new.credentials.get(name)]
    if missing and not keeps_credentials:
        raise InputError(
            f"{marketplace.title} needs these credentials too: {', '.join(missing)}.",
            path=["input", "credentials"],
        )
    if not new.platform_id or not new.name:
        raise InputError("A shop needs the platform's id and a name.", path=["input"])
    if new.currency and not is_currency(new.currency):
        raise InputError(
            f"There is no currency {new.currency!r}; one reads like CNY.",
            path=["input", "currency"],
        )
    check_config(marketplace, new.config)
    try:
        ZoneInfo(new.time_zone or marketplace.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(
            f"There is no time zone {new.time_zone!r}; one reads like Asia/Shanghai.",
            path=["input", "timeZone"],
        ) from None
    return marketplace


def _check_unchanged(shop: Shop, new: NewShop) -> None:
    """InputError when a shop would get another currency or time zone: its rows have the old one."""
    for field, path in (("currency", "currency"), ("time_zone", "timeZone")):
        asked, kept = getattr(new, field), getattr(shop, field)
        if asked and asked != kept:
            raise InputError(
                f"Shop {shop.name!r} was registered with {kept}, which cannot become {asked}.",
                path=["input", path],
            )


def _make_due(
    session: MerchantSession, shop: Shop, marketplace: Marketplace, now: datetime
) -> None:
    session.execute(
        update(SyncState).where(col(SyncState.shop_id) == shop.id).values(due_at=now, attempts=0)
    )
    session.execute(
        update(ShopInbox)
        .where(col(ShopInbox.shop_id) == shop.id)
        .values(due_at=now, attempts=0, subscribed_at=None)
    )
    known = set(session.scalars(select(SyncState.stream).where(SyncState.shop_id == shop.id)))
    for stream in marketplace.streams:
        if stream.name not in known:
            session.add(
                SyncState(
                    merchant_id=shop.merchant_id,
                    shop_id=shop.id,
                    stream=stream.name,
                    cursor={},
                    due_at=now,
                )
            )
    session.flush()


def seal_credentials(shop: Shop, keys: KeyRing, values: Mapping[str, str]) -> None:
    """Put these credentials into the shop's envelope."""
    shop.credentials = keys.seal(values, bound_to_shop(shop.merchant_id, shop.id))
    shop.key_id = keys.current


def note_credentials(shop: Shop, marketplace: Marketplace, credentials: Credentials) -> bool:
    """Write beside the envelope what may be seen of its content; whether that changed anything."""
    told = {
        "token_expires_at": read_end(credentials.get(marketplace.token_ends)),
        "authorization_expires_at": read_end(credentials.get(marketplace.authorization_ends)),
        "budget_holder": _budget_holder(shop, marketplace, credentials),
    }
    changed = {name: value for name, value in told.items() if getattr(shop, name) != value}
    for name, value in changed.items():
        setattr(shop, name, value)
    return bool(changed)


def _budget_holder(shop: Shop, marketplace: Marketplace, credentials: Credentials) -> int:
    """The shop, or where the platform counts by app, a hash of merchant, platform and app."""
    app = credentials.get(marketplace.budget_by) if marketplace.budget_by else ""
    return noun_id("app", shop.merchant_id, 0, f"{marketplace.name} {app}") if app else shop.id


def open_credentials(shop: Shop, keys: KeyRing) -> Credentials:
    """The credentials of a shop."""
    if shop.credentials is None:
        raise InputError(f"Shop {shop.name!r} has no credentials: register it again.")
    return Credentials(keys.open(shop.credentials, bound_to_shop(shop.merchant_id, shop.id)))


def rotate_keys(session: MerchantSession, keys: KeyRing) -> int:
    """Seal every shop's credentials under the current key; returns how many were not.

    The rows are locked: a pull that renews its tokens meanwhile keeps them.
    """
    others = select(Shop).where(Shop.key_id != keys.current).with_for_update()
    shops = session.scalars(others).all()
    for shop in shops:
        seal_credentials(shop, keys, open_credentials(shop, keys).values)
    return len(shops)


def find_shop(session: MerchantSession, shop_id: int, path: list[str] | None = None) -> Shop:
    """The shop of that id, of this merchant; path: the argument that NotFoundError names."""
    shop = session.scalars(select(Shop).where(Shop.id == shop_id)).one_or_none()
    if shop is None:
        raise NotFoundError(
            "You have no such shop; { shops { nodes { id name } } } lists yours.", path=path
        )
    return shop


def _keep_renewed(
    session: MerchantSession,
    keys: KeyRing,
    marketplace: Marketplace,
    shop_id: int,
    before: Credentials,
    renewed: Credentials,
) -> None:
    """Store what a pull has renewed, and nothing else of what it knew `before`.

    Somebody may have registered the shop again meanwhile: those tokens are not written over.
    """
    shop = session.scalars(select(Shop).where(Shop.id == shop_id).with_for_update()).one()
    stored = open_credentials(shop, keys)
    names = before.values.keys() | renewed.values.keys()
    changed = {name for name in names if before.get(name) != renewed.get(name)}
    if all(stored.get(name) in (before.get(name), renewed.get(name)) for name in changed):
        kept = {name: value for name, value in stored.values.items() if name not in changed}
        news = {name: renewed[name] for name in changed & renewed.values.keys()}
        stored = Credentials(kept | news)
        seal_credentials(shop, keys, stored.values)
    note_credentials(shop, marketplace, stored)


@asynccontextmanager
async def open_shop(
    db: Database,
    keys: KeyRing,
    marketplace: Marketplace,
    shop: Shop,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[ShopContext]:
    """What an adapter or an inbox of the shop is given, its budget in front of every request."""
    credentials = known = open_credentials(shop, keys)

    async def save(renewed: Credentials) -> None:
        nonlocal known
        before = known
        await db.run(
            shop.merchant_id,
            lambda session: _keep_renewed(session, keys, marketplace, shop.id, before, renewed),
        )
        known = renewed

    if note_credentials(shop, marketplace, credentials):  # an older version has stored it
        await save(credentials)
    hooks = {"request": [Budget(db, shop.budget, marketplace.rate(shop.config)).wait]}
    async with httpx.AsyncClient(timeout=TIMEOUT, event_hooks=hooks, verify=_trusted()) as http:
        yield ShopContext(
            platform_id=shop.platform_id,
            time_zone=ZoneInfo(shop.time_zone),
            currency=shop.currency,
            credentials=credentials,
            save_credentials=save,
            config=shop.config,
            http=http,
            now=clock,
        )


@asynccontextmanager
async def open_adapter(
    db: Database,
    keys: KeyRing,
    marketplace: Marketplace,
    shop: Shop,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[Adapter]:
    """The shop's adapter, with its budget in front of every request."""
    async with open_shop(db, keys, marketplace, shop, clock) as context:
        yield marketplace.adapter(context)
