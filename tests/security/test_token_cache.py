"""Tokens that a process has looked up lately: quick to find, and no longer good than promised."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from core.db import Database
from core.models import ApiToken
from core.security.permissions import Actor
from core.security.token_cache import LARGEST, TokenCache
from core.security.tokens import Admission, revoke_token
from core.settings import Settings
from core.testing.statements import Statements
from tests.builders import NOON, make_merchant, make_shop
from tests.graphql import Api, Client

SECOND = timedelta(seconds=1)
ACTOR = Actor(1, 2, "dashboard", "analyst", frozenset({"orders:read"}))
ADMISSION = Admission(ACTOR, None)


@dataclass
class Clock:
    """Seconds that pass when told to."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_token_is_found_for_a_while() -> None:
    """It is known until its time is over, and not a moment longer."""
    clock = Clock()
    cache = TokenCache(5, clock)
    cache.keep("secret", ADMISSION)

    found = []
    for seconds in (0, 4.9, 5):
        clock.now = 100 + seconds
        found.append(cache.find("secret", NOON))

    assert [ACTOR, ACTOR, None] == found


def test_other_tokens_are_not_found() -> None:
    """Only the very same text is."""
    cache = TokenCache(5)
    cache.keep("secret", ADMISSION)

    assert [None] * 3 == [cache.find(each, NOON) for each in ("", "Secret", "secret ")]


def test_expiry_is_looked_at_every_time() -> None:
    """A token that expires meanwhile is not good any more."""
    cache = TokenCache(5)
    cache.keep("secret", Admission(ACTOR, NOON + SECOND))

    found = [cache.find("secret", NOON + seconds * SECOND) for seconds in (0, 0.9, 1, 2)]

    assert [ACTOR, ACTOR, None, None] == found


def test_nothing_is_remembered_when_switched_off() -> None:
    """With 0 seconds every request is looked up."""
    cache = TokenCache(0)

    cache.keep("secret", ADMISSION)

    assert cache.find("secret", NOON) is None


def test_the_memory_is_bounded_and_holds_no_secret() -> None:
    """The oldest entry makes room; what opens the door is not in it."""
    cache = TokenCache(5)

    for number in range(LARGEST + 1):
        cache.keep(f"secret {number}", replace(ADMISSION))

    assert cache.find("secret 0", NOON) is None
    assert ACTOR == cache.find(f"secret {LARGEST}", NOON)
    assert LARGEST == len(cache._entries)
    assert not any(b"secret" in key for key in cache._entries)


def test_ended_by_this_process(database: Database, merchant_id: int, api: Api) -> None:
    """From the moment it is ended it is looked up, even by a cache that learns of it later."""
    api.token(merchant_id)
    cache = TokenCache(5)
    row = database.read_now(merchant_id, lambda session: session.query(ApiToken).one())
    admission = Admission(replace(ACTOR, merchant_id=merchant_id, token_id=row.id), None)
    cache.keep("secret", admission)

    database.run_now(merchant_id, lambda session: revoke_token(session, row.id, NOON))
    before = cache.find("secret", NOON)
    cache.keep("secret", admission)

    assert (None, None) == (before, cache.find("secret", NOON))


@pytest.mark.anyio
async def test_requests_are_looked_up_once(
    api: Api, merchant_id: int, statements: Statements
) -> None:
    """The second request with a token asks the database for its data only."""
    client = Client(api, api.token(merchant_id))
    counts = []

    for _ in range(3):
        statements.clear()
        assert "owner" == (await client.ask("{ viewer { role } }")).data["viewer"]["role"]
        counts.append(sum("api_tokens" in text for text in statements.texts))

    assert [1, 0, 0] == counts


@pytest.mark.anyio
async def test_bad_tokens_are_looked_up_every_time(api: Api, statements: Statements) -> None:
    """What opens nothing takes no place in the memory."""
    client = Client(api, f"ogt_1f_{'x' * 43}")

    answers = [await client.ask("{ viewer { role } }") for _ in range(2)]

    assert [401, 401] == [answer.status for answer in answers]
    assert 2 == sum("api_tokens" in text for text in statements.texts)


@pytest.mark.anyio
async def test_ended_or_expired_between_requests(api: Api, merchant_id: int) -> None:
    """The next request is refused, whether the token was ended here or its time has come."""
    ended = Client(api, api.token(merchant_id, id=71))
    expiring = Client(api, api.token(merchant_id, expires_at=NOON + SECOND))
    first = [await client.ask("{ viewer { role } }") for client in (ended, expiring)]

    api.database.run_now(merchant_id, lambda session: revoke_token(session, 71, NOON))
    api.now = NOON + SECOND
    second = [await client.ask("{ viewer { role } }") for client in (ended, expiring)]

    assert [200, 200] == [answer.status for answer in first]
    assert [401, 401] == [answer.status for answer in second]


@pytest.mark.anyio
async def test_two_merchants(api: Api, merchant_id: int) -> None:
    """A token that is known opens its own merchant's door only."""
    other = make_merchant(api.database, "Paper Moon")
    clients = [Client(api, api.token(owner)) for owner in (merchant_id, other)]
    for owner, name in ((merchant_id, "Lanterns"), (other, "Paper")):
        make_shop(api.database, owner, name=name)

    seen = [await clients[turn % 2].data("{ shops { nodes { name } } }") for turn in range(4)]

    expected = [[{"name": "Lanterns"}], [{"name": "Paper"}]]
    assert expected * 2 == [each["shops"]["nodes"] for each in seen]


def test_the_setting(settings: Settings) -> None:
    """Five seconds by default; a negative time is refused."""
    assert 5 == settings.token_cache_seconds
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        Settings(_env_file=None, token_cache_seconds=-1)
