"""API tokens: shown once, kept as a hash, refused without a reason."""

from datetime import timedelta

import pytest

from core.db import Database
from core.errors import AuthenticationError, InputError, NotFoundError
from core.models import ApiToken
from core.plugin import Permission
from core.security.permissions import Actor, make_policy
from core.security.tokens import NewToken, authenticate, create_token, revoke_token
from tests.builders import NOON, make_merchant

POLICY = make_policy({"tea:read": Permission("tea:read", "Read the leaves.", ("analyst",))})
HOUR = timedelta(hours=1)


def create(database: Database, merchant_id: int, role: str = "analyst", **options) -> NewToken:
    return database.run_now(
        merchant_id, lambda s: create_token(s, "dashboard", role, NOON, **options)
    )


def enter(database: Database, secret: str, hours: float = 0) -> Actor:
    """Use a token some hours after noon, as the HTTP surface does."""
    now = NOON + hours * HOUR
    return database.system_now(lambda session: authenticate(session, secret, POLICY, now))


def test_token_of_a_merchant(database: Database, merchant_id: int) -> None:
    """A token names its merchant, its role and what the role may do, plugins included."""
    token = create(database, merchant_id)

    actor = enter(database, token.secret)

    assert (merchant_id, token.row.id, "dashboard") == (
        actor.merchant_id,
        actor.token_id,
        actor.name,
    )
    assert actor.may("tea:read")
    assert not actor.may("tokens:write")


def test_the_secret_is_not_stored(database: Database, merchant_id: int) -> None:
    """Neither the table nor the row's text holds what opens the door."""
    token = create(database, merchant_id)
    last = token.secret.split("_", 2)[2]

    stored = database.read_now(merchant_id, lambda s: s.get(ApiToken, (merchant_id, token.row.id)))

    assert stored is not None
    assert last not in repr(stored.model_dump())
    assert 32 == len(stored.secret_hash)


def test_tokens_differ(database: Database, merchant_id: int) -> None:
    """No two tokens are alike."""
    secrets = {create(database, merchant_id).secret for _ in range(5)}

    assert 5 == len(secrets)


def test_revoked(database: Database, merchant_id: int) -> None:
    """A revoked token opens nothing; revoking it again keeps the first time."""
    token = create(database, merchant_id)

    for hours in (1, 2):
        row = database.run_now(
            merchant_id, lambda s, h=hours: revoke_token(s, token.row.id, NOON + h * HOUR)
        )

    assert NOON + HOUR == row.revoked_at
    with pytest.raises(AuthenticationError):
        enter(database, token.secret, hours=3)


def test_expired(database: Database, merchant_id: int) -> None:
    """A token works until the moment it expires."""
    token = create(database, merchant_id, expires_at=NOON + HOUR)

    assert merchant_id == enter(database, token.secret, hours=0.99).merchant_id
    with pytest.raises(AuthenticationError):
        enter(database, token.secret, hours=1)


MALFORMED = {
    "empty": "",
    "word": "secret",
    "no secret": "ogt_1f_",
    "no merchant": "ogt__" + "x" * 43,
    "too short": "ogt_1f_" + "x" * 42,
    "too long": "ogt_1f_" + "x" * 44,
    "upper case": "OGT_1F_" + "x" * 43,
    "line break": "ogt_1f_" + "x" * 43 + "\n",
    "beyond 63 bits": "ogt_ffffffffffffffff_" + "x" * 43,
    "unknown": "ogt_1f_" + "x" * 43,
    "nul": "ogt_1f_" + "x" * 42 + "\x00",
}


@pytest.mark.parametrize("secret", MALFORMED.values(), ids=MALFORMED)
def test_malformed(database: Database, merchant_id: int, secret: str) -> None:
    """What is no token of ours is refused with the same words as everything else."""
    with pytest.raises(AuthenticationError, match="unknown, expired or revoked"):
        enter(database, secret)


def test_secret_with_another_merchant_in_front(database: Database, merchant_id: int) -> None:
    """The merchant in a token cannot be exchanged for another one."""
    token = create(database, merchant_id)
    other = make_merchant(database, "Paper Moon")
    forged = token.secret.replace(f"{merchant_id:x}", f"{other:x}", 1)

    with pytest.raises(AuthenticationError):
        enter(database, forged)


def test_tokens_of_another_merchant_cannot_be_revoked(database: Database, merchant_id: int) -> None:
    """For another merchant the token does not exist."""
    token = create(database, merchant_id)
    other = make_merchant(database, "Paper Moon")

    with pytest.raises(NotFoundError):
        database.run_now(other, lambda s: revoke_token(s, token.row.id, NOON))

    assert merchant_id == enter(database, token.secret).merchant_id


@pytest.mark.parametrize(
    ("name", "role", "expires", "path"),
    [
        ("x", "king", None, ["input", "role"]),
        ("  ", "owner", None, ["input"]),
        ("x", "owner", NOON, ["input", "expiresAt"]),
    ],
)
def test_refused(database: Database, merchant_id: int, name, role, expires, path) -> None:
    """A token without a name, a known role or a future is not made; the error says where."""
    with pytest.raises(InputError) as caught:
        database.run_now(merchant_id, lambda s: create_token(s, name, role, NOON, expires))

    assert path == caught.value.path


def test_owner_may_do_everything(database: Database, merchant_id: int) -> None:
    """The owner has every permission there is, also those that plugins keep for others."""
    token = create(database, merchant_id, role="owner")

    assert set(POLICY.permissions) == enter(database, token.secret).permissions
