"""Errors: expected ones say what to do, unexpected ones show an id and nothing else."""

import logging

import pytest
import strawberry

from core.errors import NotFoundError
from core.graph.engine.scene import MOST_FIELDS
from core.graph.fields import UserError, field, mutation
from core.plugin import SchemaPart
from tests.graphql import Api, Client
from tests.tiny import api_with, make_plugin

pytestmark = pytest.mark.anyio

SECRET = "order of Mr. Zhang, 13800001111"


@strawberry.type(description="What goes wrong.")
class TinyQuery:
    @field(permission="orders:read", description="Fails.")
    async def broken(self) -> int | None:
        raise ValueError(SECRET)

    @field(permission="orders:read", description="Fails while it handles a failure.")
    async def broken_twice(self) -> int | None:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise RuntimeError(SECRET) from error

    @field(permission="orders:read", description="Fails as expected.")
    async def missing(self) -> int | None:
        raise NotFoundError("There is no such lamp.", path=["lamp"])

    @field(permission="orders:read", description="Works.")
    async def works(self) -> int | None:
        return 5


@strawberry.type(description="Nothing.")
class TinyPayload:
    done: bool = strawberry.field(default=False, description="Whether it is done.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="Why not.")


@strawberry.type
class TinyMutation:
    @mutation(permission="orders:read", description="Cannot.", payload=TinyPayload)
    async def tiny_light(self) -> TinyPayload:
        raise NotFoundError("There is no such lamp.", path=["input", "lamp"])

    @mutation(permission="orders:read", description="Breaks.", payload=TinyPayload)
    async def tiny_break(self) -> TinyPayload:
        raise ValueError(SECRET)


@pytest.fixture
def tiny(api: Api, merchant_id: int) -> Client:
    """A token of a gateway with a plugin that breaks."""
    part = SchemaPart(
        namespace="tiny", query=TinyQuery, mutation=TinyMutation, permission="orders:read"
    )
    broken = api_with(api, tiny=make_plugin(schema=part))
    return Client(broken, broken.token(merchant_id, "analyst"))


@pytest.mark.parametrize("name", ["broken", "brokenTwice"])
async def test_unexpected_errors_are_masked(
    tiny: Client, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """The client learns an id; the log ties it to type and place, and holds no value either."""
    with caplog.at_level(logging.DEBUG):
        answer = await tiny.ask(f"{{ tiny {{ {name} works }} }}")

    [error] = answer.errors
    error_id = error["extensions"]["errorId"]
    assert {"code": "INTERNAL", "errorId": error_id} == error["extensions"]
    assert f"Something went wrong here; the log has more under {error_id}." == error["message"]
    assert {name: None, "works": 5} == answer.body["data"]["tiny"]
    assert f"Error {error_id} at tiny.{name}" in caplog.text
    assert "test_errors.py" in caplog.text
    assert SECRET not in caplog.text + answer.response.text


async def test_expected_errors_have_codes(tiny: Client, caplog: pytest.LogCaptureFixture) -> None:
    """An expected error carries its code, its place and its argument, and is no log entry."""
    answer = await tiny.ask("{ tiny { missing } }")

    [error] = answer.errors
    assert "There is no such lamp." == error["message"]
    assert {"code": "NOT_FOUND", "argument": ["lamp"]} == error["extensions"]
    assert ["tiny", "missing"] == error["path"]
    assert [] == [each for each in caplog.records if each.levelno >= logging.WARNING]


async def test_expected_errors_of_mutations_are_data(tiny: Client) -> None:
    """What a mutation could not do stands in its payload, not among the request's errors."""
    text = "mutation { tinyLight { done userErrors { code path message } } }"

    found = await tiny.data(text)

    error = {"code": "NOT_FOUND", "path": ["input", "lamp"], "message": "There is no such lamp."}
    assert {"tinyLight": {"done": False, "userErrors": [error]}} == found


async def test_unexpected_errors_of_mutations_are_masked(tiny: Client) -> None:
    """A mutation that breaks says no more than a query that does."""
    answer = await tiny.ask("mutation { tinyBreak { done } }")

    assert (200, ["INTERNAL"]) == (answer.status, answer.codes)
    assert SECRET not in answer.response.text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ orders }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ orders { nodes { id }", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("query($id: ID!) { node(id: $id) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{" + "a " * 6000 + "}", "GRAPHQL_PARSE_FAILED"),
        ("{" + "a{" * 190 + "a" + "}" * 190 + "}", "GRAPHQL_VALIDATION_FAILED"),
        ("{" + "a{" * 2000 + "a" + "}" * 2000 + "}", "GRAPHQL_PARSE_FAILED"),
        ("query {" + "...A " * 2 + "} fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
    ],
    ids=lambda text: text[:30],
)
async def test_wrong_documents(owner: Client, text: str, code: str) -> None:
    """A document that cannot run, however large or deep, is refused with a code and no data."""
    answer = await owner.ask(text)

    assert {code} == set(answer.codes)
    assert "data" not in answer.body


async def test_fragments_that_multiply(owner: Client) -> None:
    """A short document whose fragments multiply does not keep the server busy."""
    chain = "".join(f"fragment F{n} on Shop {{ ...F{n + 1} ...F{n + 1} }} " for n in range(30))
    text = "{ shops { nodes { ...F0 } } } " + chain + "fragment F30 on Shop { name }"

    answer = await owner.ask(text)

    assert [] == answer.data["shops"]["nodes"]


async def test_forbidden_fields_leave_the_rest(api: Api, merchant_id: int) -> None:
    """A field that one may not see is null with its reason, and the rest is answered."""
    token = api.token(merchant_id, "support")

    answer = await api.ask("{ shops { totalCount } tokens { totalCount } }", token=token)

    [error] = answer.errors
    assert {"shops": {"totalCount": 0}, "tokens": None} == answer.body["data"]
    assert (["tokens"], "FORBIDDEN") == (error["path"], error["extensions"]["code"])
    assert "needs the permission 'tokens:read'" in error["message"]
    assert "the role 'support'" in error["message"]


async def test_fragments_that_double(owner: Client) -> None:
    """A short document that selects millions of fields is refused before anything is read."""
    steps = [
        f"fragment F{n} on Order {{ customer {{ "
        f"a: orders {{ nodes {{ ...F{n + 1} }} }} b: orders {{ nodes {{ ...F{n + 1} }} }} }} }}"
        for n in range(20)
    ]
    text = f"{{ orders {{ nodes {{ ...F0 }} }} }} {' '.join(steps)} fragment F20 on Order {{ id }}"

    answer = await owner.ask(text)

    assert (400, ["TOO_COMPLEX"]) == (answer.status, answer.codes)


async def test_a_mutation_many_times(owner: Client) -> None:
    """What counts fields starts anew for every document: the same one never wears out."""
    text = (
        'mutation { updateShop(input: {id: "x", name: "y"}) { userErrors { code path message } } }'
    )

    codes = {
        error["code"]
        for _ in range(MOST_FIELDS // 3)
        for error in (await owner.data(text))["updateShop"]["userErrors"]
    }

    assert {"BAD_INPUT"} == codes
