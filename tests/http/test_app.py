"""The application as a server runs it: from the gateway's factory, with its lifespan."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette

import gateway
from core.errors import ConfigurationError
from core.house import build_house
from core.settings import Settings
from tests.builders import make_merchant
from tests.graphql import Api, Client

pytestmark = pytest.mark.anyio


async def viewer(app: Starlette, token: str) -> httpx.Response:
    """Who a token stands for, as the application answers."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://opsgraph"
    ) as client:
        headers = {"Authorization": f"Bearer {token}"}
        return await client.post("/graphql", json={"query": "{ viewer { role } }"}, headers=headers)


async def test_from_the_factory(settings: Settings) -> None:
    """`create_app` makes an application that answers while its lifespan runs."""
    house = build_house(settings, gateway.BUILT_IN)
    app = gateway.create_app(house)
    token = Api(settings, house.db).token(make_merchant(house.db))

    async with app.router.lifespan_context(app):
        answer = await viewer(app, token)

    assert (200, {"data": {"viewer": {"role": "owner"}}}) == (answer.status_code, answer.json())


async def test_worker_beside_the_server(settings: Settings) -> None:
    """What runs beside the server begins and ends with it."""
    seen: list[str] = []

    @asynccontextmanager
    async def worker() -> AsyncIterator[None]:
        seen.append("begins")
        yield
        seen.append("ends")

    app = gateway.create_app(build_house(settings, gateway.BUILT_IN), worker)

    async with app.router.lifespan_context(app):
        seen.append("serves")

    assert ["begins", "serves", "ends"] == seen


async def test_a_database_that_is_behind(empty_settings: Settings) -> None:
    """A server over a database of another version does not start, and says what to do."""
    app = gateway.create_app(build_house(empty_settings, gateway.BUILT_IN))

    with pytest.raises(ConfigurationError, match="opsgraph db upgrade"):
        async with app.router.lifespan_context(app):
            pass


async def test_metrics(api: Api, owner: Client) -> None:
    """Prometheus reads how often documents were known; whoever may not see syncs may not."""
    text = "{ viewer { token } }"
    before = api.gateway.engine.operations.hits
    for _ in range(3):
        await owner.data(text)

    answer = await api.request(
        "GET", "/metrics", headers={"Authorization": f"Bearer {owner.token}"}
    )
    refused = await api.request("GET", "/metrics")

    assert f"opsgraph_operation_hits_total {before + 2}\n" in answer.response.text
    assert "# TYPE opsgraph_operations_remembered gauge\n" in answer.response.text
    assert (200, 401) == (answer.status, refused.status)
