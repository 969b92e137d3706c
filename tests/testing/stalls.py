"""The plugin `stalls`, with which the tests of `core.testing` work: one of everything."""

from collections.abc import Sequence
from datetime import timedelta

import strawberry
from pydantic import Field
from sqlmodel import col, func, select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core.graph.context import Info
from core.graph.fields import field
from core.models import Order
from core.plugin import (
    About,
    Changes,
    HttpRoute,
    Job,
    Permission,
    PluginContext,
    PluginSettings,
    SchemaPart,
    hookimpl,
)

HEARD: list[tuple[int, str, str]] = []
RAN: list[int] = []


class StallSettings(PluginSettings):
    limit: int = Field(3, description="Orders of a good day.")


@strawberry.type(description="Market stalls.")
class StallsQuery:
    @field(permission="stalls:read", description="How many orders there are.")
    async def orders(self, info: Info) -> int:
        return await info.context.db.read(
            info.context.merchant_id,
            lambda session: session.scalar(select(func.count(col(Order.id)))),
        )


async def show(request: Request, context: PluginContext) -> Response:
    return PlainTextResponse(f"limit {context.settings.limit}")


def count_up(context: PluginContext) -> None:
    if context.settings.limit == 0:
        raise RuntimeError("no limit")
    RAN.append(context.merchant_id)


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_settings() -> type[PluginSettings]:
    return StallSettings


@hookimpl
def opsgraph_permissions() -> Sequence[Permission]:
    return [Permission("stalls:read", "See stalls.", roles=("analyst",))]


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart("stalls", "Market stalls.", StallsQuery, permission="stalls:read")


@hookimpl
def opsgraph_jobs() -> Sequence[Job]:
    return [Job("stalls.count", "Count up.", timedelta(hours=1), count_up)]


@hookimpl
def opsgraph_routes() -> Sequence[HttpRoute]:
    return [HttpRoute("/limit", ("GET",), "stalls:read", show, "The limit.")]


@hookimpl
def opsgraph_changes(changes: Changes, context: PluginContext) -> None:
    for row in changes.rows:
        if row.table == "broken":
            raise RuntimeError("broken")
        HEARD.append((context.merchant_id, row.table, row.change))
