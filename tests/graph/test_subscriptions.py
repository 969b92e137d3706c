"""A plugin's subscription: woven into the schema, watched like everything that plugins run."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import strawberry

from core.errors import ConfigurationError
from core.graph.context import Info
from core.graph.fields import subscription
from core.graph.schema import compose
from core.marketplace.sandbox import serve
from core.plugin import Permission, SchemaPart
from core.security.permissions import make_policy
from tests.graphql import Api
from tests.http.events import subscribed
from tests.tiny import house_with, make_plugin

pytestmark = pytest.mark.anyio
SEE = Permission("tiny:read", "See it tick.")
closed: list[str] = []


async def count(self: Any, info: Info, to: int) -> AsyncGenerator[int, None]:
    """Up to a number; beyond three that goes wrong."""
    try:
        for number in range(to):
            yield number
        if to > 3:
            raise ZeroDivisionError("secret")
    finally:
        closed.append("ticks")


@strawberry.type
class Ticks:
    tiny_ticks: int = subscription(permission="tiny:read", description="Counts.")(count)


def plugin(part: SchemaPart) -> Any:
    """The plugin whose code is this module."""
    made = make_plugin(schema=part, permissions=[SEE])
    made.__name__ = __name__
    return made


def api_of(api: Api) -> Api:
    """The same gateway with the plugin."""
    registry = house_with(tiny=plugin(SchemaPart(subscription=Ticks)))
    roles = make_policy(registry.permissions)
    return Api(api.settings, api.database, registry, compose(registry), roles)


async def test_a_plugins_events(api: Api, merchant_id: int) -> None:
    """They come in their order, and the stream completes after the last one."""
    bigger = api_of(api)
    token = bigger.token(merchant_id)
    closed.clear()

    with serve(bigger.app) as url:
        async with subscribed(url, token, "subscription { tinyTicks(to: 3) }") as events:
            told = await events.rest()

    assert [{"data": {"tinyTicks": n}} for n in range(3)] == told
    assert ["ticks"] == closed


async def test_a_plugins_fault(api: Api, merchant_id: int) -> None:
    """A stream that fails ends with a masked error; again and again, and it is cut off."""
    bigger = api_of(api)
    token, codes = bigger.token(merchant_id), []

    with serve(bigger.app) as url:
        for _ in range(8):
            async with subscribed(url, token, "subscription { tinyTicks(to: 4) }") as events:
                last = (await events.rest())[-1]
            codes.append(last["errors"][0]["extensions"]["code"])

    assert [*["INTERNAL"] * 5, *["PLUGIN_UNAVAILABLE"] * 3] == codes
    assert "secret" not in str(last)


def test_it_needs_a_permission() -> None:
    """A subscription that asks for none is refused, like any field."""

    @strawberry.type
    class Open:
        @strawberry.subscription
        async def tiny_open(self) -> AsyncGenerator[int, None]:
            yield 1

    with pytest.raises(ConfigurationError, match="declares no permission"):
        compose(house_with(tiny=plugin(SchemaPart(subscription=Open))))
