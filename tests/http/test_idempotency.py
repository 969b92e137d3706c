"""Idempotency keys: a mutation that is sent twice is done once, and answered twice alike."""

import json
from datetime import timedelta
from typing import Any

import anyio
import pytest
from sqlmodel import select

from core.http.idempotency import ABANDONED
from core.models import ApiToken, IdempotencyKey
from tests.builders import make_merchant
from tests.graphql import RESPONSE, Answer, Api, Client

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.tells("answer", "token", reason="the mutation shows its token to who repeats it"),
]

CREATE = json.dumps(
    {"query": 'mutation { createToken(input: {name: "new", role: "analyst"}) { secret } }'}
)


async def send(client: Client, key: str, body: str = CREATE, **headers: str) -> Answer:
    """A request under an idempotency key."""
    return await client.api.post(body, client.token, Idempotency_Key=key, **headers)


def tokens_made(api: Api) -> int:
    """How many tokens the mutation has made."""
    query = select(ApiToken).where(ApiToken.name == "new")
    return len(api.database.system_now(lambda session: session.scalars(query).all()))


def stored(api: Api) -> list[IdempotencyKey]:
    """The keys in the table."""
    return list(
        api.database.system_now(lambda session: session.scalars(select(IdempotencyKey)).all())
    )


async def test_done_once_answered_twice(api: Api, owner: Client) -> None:
    """The second answer is the first one, secret and all, and no second token was made."""
    first = await send(owner, "k1")
    second = await send(owner, "k1")
    other = await send(owner, "k2")

    assert first.data["createToken"]["secret"].startswith("ogt_")
    assert first.response.content == second.response.content
    assert first.data != other.data
    assert 2 == tokens_made(api)


async def test_other_request_under_the_same_key(api: Api, owner: Client) -> None:
    """A key stands for one request: another one under it is a conflict, and not done."""
    await send(owner, "k1")

    answer = await send(owner, "k1", CREATE.replace("analyst", "support"))

    assert (409, ["IDEMPOTENCY_CONFLICT"]) == (answer.status, answer.codes)
    assert 1 == tokens_made(api)


async def test_answer_is_sealed(api: Api, owner: Client) -> None:
    """Whoever reads the table finds no secret in it."""
    secret = (await send(owner, "k1")).data["createToken"]["secret"]

    [row] = stored(api)

    text = json.dumps(row.answer)
    assert "sealed" in text
    assert secret not in text
    assert secret.split("_", 2)[2] not in text


async def test_other_tokens_do_not_get_the_answer(
    api: Api, owner: Client, merchant_id: int
) -> None:
    """A secret is for the token that asked: the same request of a lesser one is a conflict."""
    await send(owner, "k1")

    answer = await send(Client(api, api.token(merchant_id, "analyst")), "k1")

    assert (409, ["IDEMPOTENCY_CONFLICT"]) == (answer.status, answer.codes)
    assert "ogt_" not in answer.response.text


async def test_other_merchants_have_keys_of_their_own(api: Api, owner: Client) -> None:
    """Two merchants may happen to choose the same key."""
    other = Client(api, api.token(make_merchant(api.database, "Another")))

    first, second = await send(owner, "k1"), await send(other, "k1")

    assert first.data["createToken"]["secret"] != second.data["createToken"]["secret"]


async def test_at_the_same_time(api: Api, owner: Client) -> None:
    """Of requests that come at once, one is done; the others are told to wait, or replayed."""
    answers: list[Answer] = []

    async def ask() -> None:
        answers.append(await send(owner, "k1"))

    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(ask)

    assert 1 == tokens_made(api)
    assert {200, 409} >= {answer.status for answer in answers}
    assert 1 == len({answer.response.content for answer in answers if answer.status == 200})


async def test_abandoned_key(api: Api, owner: Client) -> None:
    """A key whose process died is refused for a while, then free again."""
    await send(owner, "k1")
    change: Any = IdempotencyKey.__table__.update().values(answer=None)  # type: ignore[attr-defined]
    api.database.system_now(lambda session: session.execute(change))

    running = await send(owner, "k1")
    api.now += ABANDONED + timedelta(seconds=1)
    again = await send(owner, "k1")

    assert (409, 200) == (running.status, again.status)
    assert 2 == tokens_made(api)


async def test_refusals_are_replayed_too(api: Api, owner: Client) -> None:
    """A request that was refused is refused again in the same words, status included."""
    body = json.dumps({"query": "mutation { createToken(input: {}) { secret } }"})

    answers = [
        await send(owner, "k1", body, Accept=accept)
        for accept in (RESPONSE, RESPONSE, "application/json", "application/json")
    ]

    assert [400, 400, 200, 200] == [answer.status for answer in answers]
    assert 1 == len({answer.response.content for answer in answers})


async def test_queries_need_no_key(api: Api, owner: Client) -> None:
    """A query changes nothing, so its key is not kept."""
    body = json.dumps({"query": "{ viewer { role } }"})

    answer = await send(owner, "k1", body)

    assert 200 == answer.status
    assert [] == stored(api)


@pytest.mark.parametrize("key", ["", "k" * 129])
async def test_keys_of_wrong_length(owner: Client, key: str) -> None:
    """A key has 1 to 128 characters."""
    answer = await send(owner, key)

    assert (400, ["BAD_INPUT"]) == (answer.status, answer.codes)
