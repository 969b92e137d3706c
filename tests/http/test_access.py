"""Who gets in: tokens, and what is open to everybody."""

from datetime import timedelta

import pytest

from tests.builders import NOON, make_merchant
from tests.graphql import Api, Client

pytestmark = pytest.mark.anyio

VIEWER = "{ viewer { token role } }"


async def ask_as(api: Api, authorization: str | None) -> tuple[int, list[str], str | None]:
    """Status, codes and challenge of a question with this Authorization header."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await api.ask(VIEWER, **headers)
    return answer.status, answer.codes, answer.response.headers.get("www-authenticate")


async def test_refused_tokens(api: Api, merchant_id: int) -> None:
    """Without a usable token the answer is 401 with a challenge, and does not say what is wrong."""
    token = api.token(merchant_id)
    other = make_merchant(api.database, "Another")
    merchant, secret = f"ogt_{merchant_id:x}_", token.rpartition("_")[2]
    refused = {
        "none": None,
        "empty": "",
        "no token": "Bearer",
        "blank": "Bearer  ",
        "basic": f"Basic {token}",
        "bare": token,
        "cut": f"Bearer {token[:-1]}",
        "longer": f"Bearer {token}x",
        "altered": f"Bearer {merchant}{'A' * 43}",
        "of another merchant": f"Bearer ogt_{other:x}_{token[-43:]}",
        "of no merchant": "Bearer ogt_ffffffffffffffff_" + token[-43:],
        "without merchant": f"Bearer {secret}",
    }

    answers = {name: await ask_as(api, header) for name, header in refused.items()}

    expected = (401, ["UNAUTHENTICATED"], 'Bearer realm="opsgraph"')
    assert dict.fromkeys(refused, expected) == answers


async def test_tokens_that_ended(api: Api, merchant_id: int) -> None:
    """A token that was revoked or has expired opens nothing, from that very moment."""
    ends = {
        "revoked": {"revoked_at": NOON - timedelta(days=1)},
        "expired": {"expires_at": NOON},
        "long expired": {"expires_at": NOON - timedelta(days=30)},
        "not yet": {"expires_at": NOON + timedelta(seconds=1)},
    }
    tokens = {name: api.token(merchant_id, **columns) for name, columns in ends.items()}

    statuses = {name: (await ask_as(api, f"Bearer {token}"))[0] for name, token in tokens.items()}

    assert {"revoked": 401, "expired": 401, "long expired": 401, "not yet": 200} == statuses


async def test_scheme_is_not_case_sensitive(api: Api, merchant_id: int) -> None:
    """The scheme may be written in any case, as HTTP says."""
    token = api.token(merchant_id)

    assert 200 == (await ask_as(api, f"bearer {token}"))[0]
    assert 200 == (await ask_as(api, f"BEARER  {token} "))[0]


@pytest.mark.tells("answer", "token", reason="the mutation shows the new token, once")
async def test_revoked_by_mutation(api: Api, owner: Client, merchant_id: int) -> None:
    """A token that `revokeToken` has ended does not work any more."""
    made = await owner.data(
        'mutation { createToken(input: {name: "n", role: "analyst"}) { secret token { id } } }'
    )
    secret, id = made["createToken"]["secret"], made["createToken"]["token"]["id"]
    before = (await ask_as(api, f"Bearer {secret}"))[0]

    await owner.data("mutation R($id: ID!) { revokeToken(input: {id: $id}) { token { id } } }",
                     {"id": id})  # fmt: skip

    assert (200, 401) == (before, (await ask_as(api, f"Bearer {secret}"))[0])


@pytest.mark.parametrize(
    ("input", "path"),
    [
        ('name: "n", role: "king"', ["input", "role"]),
        ('name: " ", role: "analyst"', ["input"]),
        ('name: "n", role: "analyst", expiresAt: "2026-11-20T12:00:00Z"', ["input", "expiresAt"]),
        ('name: "n", role: "analyst", expiresAt: "2027-01-01T00:00:00"', ["input", "expiresAt"]),
    ],
)
async def test_tokens_that_cannot_be_made(owner: Client, input: str, path: list[str]) -> None:
    """A token needs a name, a role that exists, and an end in the future, in a zone."""
    text = f"mutation {{ createToken(input: {{{input}}}) {{ secret userErrors {{ code path }} }} }}"

    found = await owner.data(text)

    errors = [{"code": "BAD_INPUT", "path": path}]
    assert {"createToken": {"secret": None, "userErrors": errors}} == found


async def test_health_needs_no_token(api: Api) -> None:
    """Whoever keeps the service running can ask for its health without a token."""
    live = await api.request("GET", "/health/live")
    ready = await api.request("GET", "/health/ready")

    assert (200, {"status": "ok"}) == (live.status, live.body)
    assert (200, {"status": "ok", "plugins": {}}) == (ready.status, ready.body)


async def test_health_without_a_database(api: Api) -> None:
    """Without its database the service lives but is not ready, and does not say where that is."""
    api.database.system_now = _fail  # type: ignore[method-assign]

    live = await api.request("GET", "/health/live")
    ready = await api.request("GET", "/health/ready")

    assert (200, 503) == (live.status, ready.status)
    assert {"status": "the database does not answer"} == ready.body


def _fail(*arguments: object, **options: object) -> None:
    raise ConnectionError("no route to 10.0.0.7")


async def test_schema_text(api: Api, merchant_id: int) -> None:
    """The schema's text is for those who may see it."""
    headers = {
        role: {"Authorization": f"Bearer {api.token(merchant_id, role)}"}
        for role in ("analyst", "not schema:read")
    }

    nobody = await api.request("GET", "/schema.graphql")
    analyst = await api.request("GET", "/schema.graphql", headers=headers["analyst"])
    refused = await api.request("GET", "/schema.graphql", headers=headers["not schema:read"])

    assert (401, 200, 403) == (nobody.status, analyst.status, refused.status)
    assert "type Order implements Node" in analyst.response.text
    assert "www-authenticate" in nobody.response.headers
