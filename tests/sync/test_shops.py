"""Shops: registered with sealed credentials, renewed, opened as adapters."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlmodel import select

from core.db import Database, MerchantSession
from core.errors import InputError, NotFoundError
from core.marketplace.contract import Credentials
from core.marketplace.renewal import ends
from core.models import Shop, SyncState
from core.security.envelope import KeyRing, bound_to_shop
from core.sync.lease import Wanted
from core.sync.shops import (
    NewShop,
    find_shop,
    open_adapter,
    open_credentials,
    open_shop,
    register_shop,
    rotate_keys,
    seal_credentials,
)
from tests.builders import make_merchant
from tests.ingest.stored import only
from tests.sync.bazaar import KEYS, NOW, ORDERS, Bazaar, make_engine, register, state

MARKET = Bazaar([]).marketplace()
NEW = NewShop("bazaar", "77", "Lantern", {"session": "s3cret"}, {"base_url": "http://x"})


def store(database: Database, merchant_id: int, new: NewShop = NEW, **options: Any) -> Shop:
    now = options.get("now", NOW)
    return database.run_now(
        merchant_id, lambda s: register_shop(s, {"bazaar": MARKET}, KEYS, new, now)
    )


def test_register(database: Database, merchant_id: int) -> None:
    """A new shop takes zone and currency from its marketplace, and is due at once."""
    shop = store(database, merchant_id)

    assert ("Asia/Shanghai", "CNY", True) == (shop.time_zone, shop.currency, shop.active)
    assert {"base_url": "http://x"} == shop.config
    assert NOW == state(database, shop).due_at


def test_credentials_are_sealed(database: Database, merchant_id: int) -> None:
    """The table holds an envelope; only with the keys, and for this shop, it opens."""
    shop = store(database, merchant_id)

    assert "s3cret" not in (shop.credentials or "")
    assert "s3cret" == open_credentials(shop, KEYS)["session"]
    assert "s3cret" not in repr(open_credentials(shop, KEYS))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"marketplace": "agora"}, "no marketplace 'agora'; installed are: bazaar"),
        ({"credentials": {"session": ""}}, "needs these credentials too: session"),
        ({"name": " "}, "needs the platform's id and a name"),
        ({"time_zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"currency": "QQ"}, "no currency 'QQ'; one reads like CNY"),
        ({"config": {"requests_per_second": 0}}, "requests_per_second must be a number from 0.01"),
        ({"config": {"requests_per_second": "5"}}, "requests_per_second must .* not '5'"),
        ({"config": {"requests_per_second": True}}, "requests_per_second must be a number"),
        ({"config": {"retention_days": -1}}, "retention_days must be a number of days"),
        ({"config": {"retention_days": {"order": 9}}}, r"by stream \(orders\)"),
        ({"config": {"retention_days": {"orders": 0}}}, "retention_days must be a number of days"),
        ({"config": {"messages_every": "10s"}}, r"messages_every must be seconds from 0 \(never\)"),
        ({"config": {"page_size": 0.5}}, "page_size must be a whole number"),
    ],
)
def test_refused(database: Database, merchant_id: int, change: Any, message: str) -> None:
    """What is missing or unknown is said, and nothing is stored."""
    with pytest.raises(InputError, match=message):
        store(database, merchant_id, replace(NEW, **change))


def test_spaces_around_what_was_copied(database: Database, merchant_id: int) -> None:
    """A number with a space is the same shop, and a secret with a line end the same secret."""
    first = store(database, merchant_id)
    copied = replace(NEW, platform_id="77 ", currency="cny", credentials={"session": " n3w\n"})

    second = store(database, merchant_id, copied)

    assert (first.id, "CNY") == (second.id, second.currency)
    assert "n3w" == open_credentials(second, KEYS)["session"]


@pytest.mark.parametrize("change", [{"currency": "EUR"}, {"time_zone": "Europe/Berlin"}])
def test_what_its_rows_were_read_with(database: Database, merchant_id: int, change: Any) -> None:
    """A shop keeps its currency and time zone; asked for another one, it says so."""
    store(database, merchant_id)

    with pytest.raises(InputError, match=r"was registered with .*, which cannot become"):
        store(database, merchant_id, replace(NEW, **change))


def test_config_that_is_taken(database: Database, merchant_id: int) -> None:
    """Numbers in their range, days of each stream, and names that only the marketplace knows."""
    config = {"requests_per_second": 0.5, "retention_days": {"orders": 30.5}, "messages_every": 0}

    shop = store(database, merchant_id, replace(NEW, config=config | {"page_size": 5, "x": ["y"]}))

    assert config | {"page_size": 5, "x": ["y"]} == shop.config


def test_renewed_credentials(database: Database, merchant_id: int) -> None:
    """The same shop registered again keeps its id and cursor, and is tried again at once."""
    first = store(database, merchant_id)
    stands = state(database, first)
    stands.due_at, stands.attempts, stands.cursor = NOW + timedelta(hours=6), 9, {"through": None}
    database.run_now(merchant_id, lambda session: session.merge(stands))
    later = NOW + timedelta(minutes=1)

    second = store(database, merchant_id, replace(NEW, credentials={"session": "n3w"}), now=later)

    stands = only(database, second, SyncState)
    assert first.id == second.id
    assert (later, 0, {"through": None}) == (stands.due_at, stands.attempts, stands.cursor)
    assert "n3w" == open_credentials(second, KEYS)["session"]


def test_config_alone(database: Database, merchant_id: int) -> None:
    """A shop gets another budget without its tokens, which have been renewed since."""
    store(database, merchant_id)
    slower = {**NEW.config, "requests_per_second": 2}

    second = store(database, merchant_id, replace(NEW, credentials={}, config=slower))

    assert slower == second.config
    assert "s3cret" == open_credentials(second, KEYS)["session"]


def test_config_of_a_shop_without_secrets(database: Database, merchant_id: int) -> None:
    """Where a platform asks for no credentials, there are none to give with another address."""
    public = {"bazaar": replace(MARKET, credentials=())}
    new = replace(NEW, credentials={})

    for address in ("http://x", "http://y"):
        moved = replace(new, config={"base_url": address})
        shop = database.run_now(
            merchant_id,
            lambda session, moved=moved: register_shop(session, public, KEYS, moved, NOW),
        )

    assert {"base_url": "http://y"} == shop.config


def test_where_the_secrets_go(database: Database, merchant_id: int) -> None:
    """Who does not know the credentials cannot have them sent to another address."""
    store(database, merchant_id)
    elsewhere = {"base_url": "http://elsewhere"}

    with pytest.raises(InputError, match="base_url cannot change without the credentials"):
        store(database, merchant_id, replace(NEW, credentials={}, config=elsewhere))


def test_rotation(database: Database, merchant_id: int) -> None:
    """After a new key came first, every shop is sealed under it, once."""
    shop = store(database, merchant_id)
    ring = KeyRing({"k2": b"\x02" * 32, "k1": b"\x01" * 32})

    counts = [database.run_now(merchant_id, lambda s: rotate_keys(s, ring)) for _ in range(2)]

    stored = database.read_now(merchant_id, lambda session: find_shop(session, shop.id))
    bound_to = bound_to_shop(merchant_id, shop.id)
    alone = KeyRing({"k2": b"\x02" * 32})
    assert [1, 0] == counts
    assert "k2" == stored.key_id
    assert {"session": "s3cret"} == alone.open(stored.credentials or "", bound_to)


def test_rotation_while_tokens_are_renewed(database: Database, merchant_id: int) -> None:
    """Tokens that a pull stores while keys are rotated are not written over with the old ones."""
    shop = store(database, merchant_id)
    ring = KeyRing({"k2": b"\x02" * 32, "k1": b"\x01" * 32})
    rotating = threading.Thread(
        target=database.run_now, args=(merchant_id, lambda session: rotate_keys(session, ring))
    )

    def renew(session: MerchantSession) -> None:
        renewed = session.scalars(select(Shop).where(Shop.id == shop.id)).one()
        seal_credentials(renewed, KEYS, {"session": "renewed"})
        session.flush()
        rotating.start()
        rotating.join(0.5)

    database.run_now(merchant_id, renew)
    rotating.join(30)

    stored = database.read_now(merchant_id, lambda session: find_shop(session, shop.id))
    assert "k2" == stored.key_id
    assert "renewed" == open_credentials(stored, ring)["session"]


def test_find_shop_of_another_merchant(database: Database, merchant_id: int) -> None:
    """A shop of somebody else is as unknown as one that does not exist."""
    shop = store(database, merchant_id)
    other = make_merchant(database, "Paper Moon")

    with pytest.raises(NotFoundError):
        database.read_now(other, lambda session: find_shop(session, shop.id))


@pytest.mark.anyio
async def test_adapter_saves_renewed_credentials(database: Database, merchant_id: int) -> None:
    """Tokens that the platform renews in the middle of a pull are stored at once."""
    bazaar = Bazaar.of_orders(1)

    async def renew() -> None:
        assert bazaar.shop is not None
        await bazaar.shop.save_credentials(Credentials({"session": "renewed"}))

    bazaar.before = [renew]
    shop = register(database, merchant_id, bazaar.marketplace(ORDERS))
    await make_engine(database, bazaar.marketplace(ORDERS)).run_next(Wanted())

    stored = database.read_now(merchant_id, lambda session: find_shop(session, shop.id))
    assert "renewed" == open_credentials(stored, KEYS)["session"]


@pytest.mark.anyio
async def test_shop_that_is_registered_again_during_a_pull(
    database: Database, merchant_id: int
) -> None:
    """A pull that renews its tokens does not write over those somebody has just entered."""
    old = {"session": "old", "app_secret": "a"}
    shop = store(database, merchant_id, replace(NEW, credentials=old))

    async with open_shop(database, KEYS, MARKET, shop) as context:
        new = {"session": "new", "app_secret": "b"}
        store(database, merchant_id, replace(NEW, credentials=new))
        await context.save_credentials(Credentials(old | {"session": "renewed"}))

    stored = database.read_now(merchant_id, lambda session: find_shop(session, shop.id))
    assert new == dict(open_credentials(stored, KEYS).values)


@pytest.mark.anyio
async def test_secret_that_is_entered_during_a_pull(database: Database, merchant_id: int) -> None:
    """What the pull has not renewed stays as it was entered; renewed tokens are kept beside it."""
    old = {"session": "old", "app_secret": "a", "code": "once"}
    shop = store(database, merchant_id, replace(NEW, credentials=old))

    async with open_shop(database, KEYS, MARKET, shop) as context:
        store(database, merchant_id, replace(NEW, credentials=old | {"app_secret": "b"}))
        for session in ("renewed", "renewed again"):
            tokens = {"session": session, "app_secret": "a"}
            await context.save_credentials(Credentials(tokens))

    stored = database.read_now(merchant_id, lambda session: find_shop(session, shop.id))
    assert {"session": "renewed again", "app_secret": "b"} == dict(
        open_credentials(stored, KEYS).values
    )


def test_when_tokens_end_stands_beside_the_envelope(database: Database, merchant_id: int) -> None:
    """What the shop is registered with can be seen without its keys; unknown stays empty."""
    told = {**NEW.credentials, **ends(NOW, 3600, 86_400)}

    shop = store(database, merchant_id, replace(NEW, credentials=told))
    again = store(database, merchant_id)

    assert NOW + timedelta(hours=1) == shop.token_expires_at
    assert NOW + timedelta(days=1) == shop.authorization_expires_at
    assert (None, None) == (again.token_expires_at, again.authorization_expires_at)


@pytest.mark.anyio
async def test_renewed_tokens_say_when_they_end(database: Database, merchant_id: int) -> None:
    """Saving tokens notes their ends, also of a shop that an older version has stored."""
    shop = store(database, merchant_id, replace(NEW, credentials={**NEW.credentials, "app": "k"}))
    market = replace(MARKET, budget_by="app")  # so was it not when the shop was stored

    async with open_adapter(database, KEYS, market, shop) as adapter:
        context: Any = cast(Any, adapter).shop
        renewed = {**context.credentials.values, **ends(NOW, 60)}
        await context.save_credentials(Credentials(renewed))

    found = database.read_now(merchant_id, lambda session: find_shop(session, shop.id))
    assert (NOW + timedelta(minutes=1), None) == (
        found.token_expires_at,
        found.authorization_expires_at,
    )
    assert found.budget_holder not in (None, shop.id)


def test_shops_of_one_app_have_one_budget(database: Database, merchant_id: int) -> None:
    """Of one merchant and marketplace; the app's key itself is not to be seen."""
    market = replace(MARKET, budget_by="app")

    def budget_of(number: str, app: str, merchant: int = merchant_id) -> Shop:
        credentials = {**NEW.credentials, "app": app}
        new = replace(NEW, platform_id=number, credentials=credentials)
        return database.run_now(
            merchant, lambda s: register_shop(s, {"bazaar": market}, KEYS, new, NOW)
        )

    first, second, other = budget_of("1", "k"), budget_of("2", "k"), budget_of("3", "l")
    foreign, none = budget_of("1", "k", make_merchant(database)), budget_of("4", "")

    assert first.budget_holder == second.budget_holder
    holders = [each.budget_holder for each in (first, other, foreign, none)]
    assert 4 == len(set(holders))
    assert none.id == none.budget_holder
