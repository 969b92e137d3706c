"""Multipart requests: what is taken, and what is refused before anything is read."""

import json
from collections.abc import AsyncIterator

import pytest

from core.graph.scalars import global_id
from core.models import Shop
from core.settings import Settings
from tests.graphql import Api, Client, without
from tests.importing.files import TRAFFIC, csv_bytes
from tests.importing.uploads import IMPORT, PATH, PREVIEW, headers_of, imported, post, send

pytestmark = pytest.mark.anyio
MAP = json.dumps({"0": [PATH]})
FILE = csv_bytes(TRAFFIC)


@pytest.fixture
def operations(shop: Shop) -> str:
    """Operations that preview a file."""
    return _operations(shop)


def _operations(shop: Shop, file: object = None) -> str:
    variables = {"input": {"shop": global_id("Shop", shop.id), "file": file}}
    return json.dumps({"query": PREVIEW, "variables": variables})


@pytest.mark.parametrize(
    ("map_", "message"),
    [
        ("", "`map` must be JSON"),
        ("[]", "`map` must be JSON"),
        ('{"0": "variables.input.file"}', "`map` must be JSON"),
        ("{}", "`map` must name every file"),
        ('{"1": ["variables.input.file"]}', "`map` must name every file"),
        ('{"0": ["variables.input.nothing"]}', "`map` leads to"),
        ('{"0": ["query"]}', "`map` leads to"),
        ('{"0": [""]}', "`map` leads to"),
        ('{"0": ["variables.input.shop"]}', "must have null"),
    ],
)
async def test_maps_that_lead_nowhere(
    owner: Client, operations: str, map_: str, message: str
) -> None:
    """A map that does not put the file where a null stands is answered 400, and says why."""
    answer = await post(owner, operations, map_, FILE)

    assert (400, ["BAD_INPUT"]) == (answer.status, answer.codes)
    assert message in answer.errors[0]["message"]


@pytest.mark.parametrize("content", [b"", b"not a form", b"--x\r\n\r\n", b"--x--\r\n"])
async def test_bodies_that_are_no_form(owner: Client, content: bytes) -> None:
    """A body that is no multipart request is answered 400."""
    kind = "multipart/form-data; boundary=x"

    answer = await owner.api.post(
        content, owner.token, Content_Type=kind, GraphQL_Require_Preflight="1"
    )

    assert (400, ["BAD_INPUT"]) == (answer.status, answer.codes)


async def test_a_form_without_boundary(owner: Client) -> None:
    """A form that does not say where its parts end is answered 400."""
    headers = {"Content_Type": "multipart/form-data", "Apollo_Require_Preflight": "true"}

    answer = await owner.api.post(b"x", owner.token, **headers)

    assert (400, ["BAD_INPUT"]) == (answer.status, answer.codes)


async def test_no_batches(owner: Client, operations: str) -> None:
    """Several operations in one request are refused."""
    answer = await post(owner, f"[{operations}]", '{"0": ["0.variables.input.file"]}', FILE)

    assert (400, ["BAD_INPUT"]) == (answer.status, answer.codes)
    assert "no batches" in answer.errors[0]["message"]


async def test_one_file(owner: Client, operations: str) -> None:
    """A second file is refused."""
    two = [("0", ("a.csv", FILE)), ("1", ("b.csv", FILE))]
    headers = headers_of(owner)
    data = {"operations": operations, "map": MAP}

    answer = await owner.api.request("POST", "/graphql", data=data, files=two, headers=headers)

    assert (400, ["BAD_INPUT"]) == (answer.status, answer.codes)


async def test_not_with_get(owner: Client, operations: str) -> None:
    """Files come with POST only."""
    headers = headers_of(owner)

    answer = await owner.api.request(
        "GET", "/graphql", data={"operations": operations}, files={"0": FILE}, headers=headers
    )

    assert 405 == answer.status


async def test_a_text_is_no_file(owner: Client, shop: Shop) -> None:
    """In a JSON request nothing can be an Upload."""
    variables = {"input": {"shop": global_id("Shop", shop.id), "file": "日期,访客数"}}

    answer = await owner.ask(PREVIEW, variables)

    assert ["GRAPHQL_VALIDATION_FAILED"] == answer.codes
    assert "multipart/form-data" in answer.errors[0]["message"]


async def test_without_a_token_the_body_is_not_read(api: Api) -> None:
    """A form that another site lets a browser send has no token: nobody reads its body."""
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield b"x" * 1000

    answer = await api.request(
        "POST",
        "/graphql",
        content=body(),
        headers={"Content-Type": "multipart/form-data; boundary=x", "Cookie": "session=abc"},
    )

    assert (401, ["UNAUTHENTICATED"]) == (answer.status, answer.codes)
    assert taken <= 1


async def test_a_form_of_another_site(owner: Client, operations: str) -> None:
    """A form without the header that browsers ask for first is refused, token or not."""
    headers = {"Authorization": f"Bearer {owner.token}"}
    data = {"operations": operations, "map": MAP}

    answer = await owner.api.request(
        "POST", "/graphql", data=data, files={"0": FILE}, headers=headers
    )

    assert (415, ["UNSUPPORTED_MEDIA_TYPE"]) == (answer.status, answer.codes)


@pytest.mark.parametrize("query", [PREVIEW, IMPORT])
async def test_the_permission(api: Api, shop: Shop, query: str) -> None:
    """Without `imports:write` nobody previews or imports, whatever else they may do."""
    token = api.token(shop.merchant_id, without("imports:write"))

    answer = await send(Client(api, token), FILE, query, shop_id=shop.id)

    assert ["FORBIDDEN"] == answer.codes


async def test_too_large(owner: Client, shop: Shop) -> None:
    """More than the installation takes is answered 413, as soon as that much has arrived."""
    most = owner.api.settings.max_upload_bytes

    answer = await send(owner, b"x" * most, shop_id=shop.id)

    assert (413, ["BODY_TOO_LARGE"]) == (answer.status, answer.codes)


async def test_json_keeps_its_own_limit(owner: Client) -> None:
    """A request without a file is limited as before."""
    most = Settings(_env_file=None).max_body_bytes

    answer = await owner.api.post(b" " * (most + 1), owner.token)

    assert (413, ["BODY_TOO_LARGE"]) == (answer.status, answer.codes)


async def test_an_idempotency_key_covers_the_file(owner: Client, shop: Shop) -> None:
    """Another file under the same key is another request."""
    operations = json.dumps(
        {
            "query": IMPORT,
            "variables": {"input": {"shop": global_id("Shop", shop.id), "file": None}},
        }
    )
    headers = {**headers_of(owner), "Idempotency-Key": "once"}
    data = {"operations": operations, "map": MAP}

    async def sent(content: bytes) -> tuple[int, str]:
        files = {"0": ("a.csv", content)}
        options = {"data": data, "files": files, "headers": headers}
        answer = await owner.api.request("POST", "/graphql", **options)
        return answer.status, json.dumps(answer.body.get("data"))

    first, again = await sent(FILE), await sent(FILE)
    other = await sent(FILE + b"\r\n")

    assert first == again
    assert 409 == other[0]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\流量.csv", "流量.csv"),
        ("a\u202eb.csv", "ab.csv"),
        ("x" * 300, "x" * 200),
    ],
)
async def test_names_of_files(owner: Client, shop: Shop, name: str, shown: str) -> None:
    """Of a file's name only the last part counts, and what can be shown of it."""
    payload = await imported(owner, FILE, shop_id=shop.id, name=name)

    assert shown == payload["preview"]["file"]
