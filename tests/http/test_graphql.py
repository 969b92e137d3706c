"""GraphQL over HTTP: statuses, media types, and bodies that are none."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graphql import RESPONSE, Api, Client

pytestmark = pytest.mark.anyio

VIEWER = json.dumps({"query": "{ viewer { role } }"})
TWO = "query A { viewer { role } } query B { viewer { token } }"
FUZZ = settings(max_examples=80, suppress_health_check=list(HealthCheck), deadline=None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
PIECES = st.sampled_from(
    "{ } ( ) ... on query orders viewer nodes first: 1 $a : @skip fragment # \ufeff 灯 "
    '"x" "\\ud800" "\\u0000" "\\u{0}"'.split()
)


@pytest.mark.parametrize("accept", ["", "application/json", "*/*", RESPONSE])
async def test_an_answer(owner: Client, accept: str) -> None:
    """A question is answered as JSON, in the media type that the client prefers."""
    answer = await owner.api.post(VIEWER, owner.token, Accept=accept)

    kind = RESPONSE if accept == RESPONSE else "application/json"
    assert f"{kind}; charset=utf-8" == answer.response.headers["content-type"]
    assert (200, {"viewer": {"role": "owner"}}) == (answer.status, answer.data)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'["{ viewer { role } }"]',
        b'"{ viewer { role } }"',
        b"null",
        b"5",
        b"{}",
        b'{"query": 5}',
        b'{"query": null}',
        b'{"query": ["{ viewer { role } }"]}',
        b'{"query": "{ viewer { role } }", "variables": []}',
        b'{"query": "{ viewer { role } }", "variables": "x"}',
        b'{"query": "{ viewer { role } }", "operationName": 5}',
        b'{"query": "\xff"}',
        b"\xff\xfe{\x00}\x00",
        b'{"query": "{ viewer { role } }", "variables": {"a": NaN}}',
        b'{"query": "{ viewer { role } }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ viewer { role } }", "variables": {"a": "\\u0000"}}',
        b'{"query": "{ node(id: \\"\\\\u{0}\\") { id } }"}',
        b"[" * 100_000,
        b"query=%7Bviewer%7Brole%7D%7D",
    ],
    ids=lambda body: repr(body[:50]),
)
@pytest.mark.parametrize("accept", ["application/json", RESPONSE])
async def test_bodies_that_are_no_request(owner: Client, body: bytes, accept: str) -> None:
    """A body that is no GraphQL request is answered 400, in any media type."""
    answer = await owner.api.post(body, owner.token, Accept=accept)

    assert (400, ["BAD_INPUT"]) == (answer.status, answer.codes)
    assert ["errors"] == list(answer.body)


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ("{ viewer", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Int!) { orders(first: $a) { totalCount } }", None, "GRAPHQL_VALIDATION_FAILED"),
        (TWO, None, "GRAPHQL_PARSE_FAILED"),
        (TWO, "C", "GRAPHQL_PARSE_FAILED"),
        ("fragment F on Order { id }", None, "GRAPHQL_PARSE_FAILED"),
        ("subscription { orders }", None, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_documents_that_cannot_run(
    owner: Client, query: str, name: str | None, code: str
) -> None:
    """They are 400 for those who know the response type; plain JSON clients read the errors."""
    body = json.dumps({"query": query, "operationName": name})

    modern = await owner.api.post(body, owner.token, Accept=RESPONSE)
    plain = await owner.api.post(body, owner.token, Accept="application/json")

    assert (400, 200) == (modern.status, plain.status)
    assert modern.body == plain.body
    assert [code] == modern.codes
    assert ["errors"] == list(modern.body)


async def test_one_of_two_operations(owner: Client) -> None:
    """`operationName` says which operation of a document runs."""
    body = json.dumps({"query": TWO, "operationName": "B"})

    answer = await owner.api.post(body, owner.token)

    assert {"viewer": {"token": "test"}} == answer.data


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"]
)
async def test_other_content_types(owner: Client, kind: str) -> None:
    """Only JSON is taken: a form that a browser sends across sites is not."""
    answer = await owner.api.post(VIEWER, owner.token, Content_Type=kind)

    assert (415, ["UNSUPPORTED_MEDIA_TYPE"]) == (answer.status, answer.codes)


async def test_content_type_with_charset(owner: Client) -> None:
    """Parameters and case of the content type do not matter."""
    kind = "Application/JSON; charset=UTF-8"

    answer = await owner.api.post(VIEWER, owner.token, Content_Type=kind)

    assert 200 == answer.status


async def test_large_bodies(api: Api, owner: Client) -> None:
    """A body beyond the limit is refused before it is read to its end."""
    limit = api.settings.max_body_bytes
    body = VIEWER + " " * (limit - len(VIEWER))

    fits = await api.post(body, owner.token)
    too_large = await api.post(body + " ", owner.token)

    assert 200 == fits.status
    assert (413, ["BODY_TOO_LARGE"]) == (too_large.status, too_large.codes)


@pytest.mark.parametrize("accept", ["text/csv", "text/html,application/xhtml+xml", "image/*"])
async def test_unacceptable(owner: Client, accept: str) -> None:
    """Who takes no JSON is told so."""
    answer = await owner.api.post(VIEWER, owner.token, Accept=accept)

    assert (406, ["NOT_ACCEPTABLE"]) == (answer.status, answer.codes)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_other_methods(owner: Client, method: str) -> None:
    """GraphQL is asked by POST alone, so no link can make anybody ask anything."""
    answer = await owner.api.request(
        method, "/graphql?query=%7Bviewer%7Brole%7D%7D",
        headers={"Authorization": f"Bearer {owner.token}"},
    )  # fmt: skip

    assert (405, ["METHOD_NOT_ALLOWED"]) == (answer.status, answer.codes)
    assert "POST" == answer.response.headers["allow"]


async def test_unknown_paths(api: Api) -> None:
    """A path that is not there is refused in the same form as everything else."""
    answer = await api.request("GET", "/nowhere")

    assert (404, ["NOT_FOUND"]) == (answer.status, answer.codes)


async def test_the_schema_needs_its_permission(api: Api, merchant_id: int) -> None:
    """Introspection asks for the same permission as the schema's text."""
    text = "{ __schema { queryType { name } } }"
    allowed, refused = api.token(merchant_id), api.token(merchant_id, "not schema:read")

    answers = [await api.ask(text, token=token) for token in (allowed, refused)]
    named = await api.ask('{ __type(name: "Order") { name } }', token=refused)
    ordinary = await api.ask("{ viewer { __typename role } }", token=refused)

    assert [[], ["FORBIDDEN"]] == [answer.codes for answer in answers]
    assert (403, ["FORBIDDEN"]) == (named.status, named.codes)
    assert "Viewer" == ordinary.data["viewer"]["__typename"]


@FUZZ
@given(body=st.binary() | JSON.map(lambda content: json.dumps(content).encode()))
async def test_random_bodies(owner: Client, body: bytes) -> None:
    """Whatever comes as a body, the server does not break."""
    answer = await owner.api.post(body, owner.token)

    assert answer.status < 500
    assert "INTERNAL" not in answer.codes


@FUZZ
@given(
    query=st.lists(PIECES, max_size=14).map(" ".join) | st.text(),
    variables=JSON,
    name=JSON,
)
async def test_random_requests(owner: Client, query: str, variables: Any, name: Any) -> None:
    """Whatever stands in a request, the server does not break, and no error is unforeseen."""
    body = json.dumps({"query": query, "variables": variables, "operationName": name})

    answer = await owner.api.post(body, owner.token, Accept=RESPONSE)

    assert answer.status < 500
    assert "INTERNAL" not in answer.codes


@FUZZ
@given(
    value=JSON,
    field=st.sampled_from(
        ["orders(filter: {number: {eq: $v}})", "orders(filter: {shopId: {in: $v}})",
         "orders(filter: {orderedAt: {gt: $v}})", "orders(filter: {saleDay: {lte: $v}})",
         "orders(first: $v)", "orders(orderBy: $v)", "orders(filter: $v)", "orders(before: $v)"]
    ),
)  # fmt: skip
async def test_random_arguments(owner: Client, value: Any, field: str) -> None:
    """Any JSON as an argument of any type is used or refused."""
    kinds = {
        "number": "String", "shopId": "[ID!]", "orderedAt": "DateTime", "saleDay": "Date",
        "first": "Int", "orderBy": "[OrderOrder!]", "filter: $v": "OrderFilter", "before": "String",
    }  # fmt: skip
    kind = next(kind for name, kind in kinds.items() if name in field)
    query = f"query V($v: {kind}) {{ {field} {{ totalCount }} }}"

    answer = await owner.api.post(
        json.dumps({"query": query, "variables": {"v": value}}), owner.token
    )

    assert answer.status < 500
    assert "INTERNAL" not in answer.codes
