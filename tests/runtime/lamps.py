"""The plugin `lamps`, which does as its tests want: works, raises, hangs, or heals."""

SOURCE = """
import asyncio
import time
from datetime import timedelta

import strawberry
from pydantic import Field, SecretStr
from starlette.responses import PlainTextResponse

from core.errors import InputError
from core.graph.declare import computed
from core.graph.fields import UserError, batched, field, mutation

MOOD = "fine"
RUNS = []


def act(mood=None):
    mood = mood or MOOD
    if mood == "raises":
        raise RuntimeError("secret of row 7")
    if mood == "refuses":
        raise InputError("This lamp is too old.")
    if mood == "blocks":
        time.sleep(0.6)
    return "light"


async def act_slowly():
    if MOOD == "hangs":
        await asyncio.sleep(60)
    return act()


class LampSettings(PluginSettings):
    watts: int = Field(60, gt=0, description="Power of a lamp.")
    key: SecretStr | None = Field(None, description="Key of the lamp service.")


@strawberry.type(description="Lamps.")
class LampsQuery:
    @field(permission="lamps:read", description="A lamp that takes its time.")
    async def slow(self) -> str:
        return await act_slowly()

    @field(permission="lamps:read", description="A lamp that does not.")
    def quick(self) -> str:
        return act()

    @field(permission="lamps:read", description="How strong.")
    async def watts(self, info: strawberry.Info) -> int:
        return info.context.settings(LampSettings).watts

    @field(permission="lamps:read", description="What the merchant has.")
    async def orders(self, info: strawberry.Info) -> int:
        from sqlalchemy import func
        from sqlmodel import select
        from core.models import Order
        return await info.context.db.read(
            info.context.merchant_id, lambda s: s.scalar(select(func.count(Order.id))))


@strawberry.type
class OrderFields:
    lamp = computed(str, "The order's lamp.", ("platform_id",), lambda number: act() + number)

    @field(permission="lamps:read", description="Light by row.", needs=("id",))
    async def light(self) -> str:
        return act()

    @batched(permission="lamps:read", description="Light by page.", needs=("id",))
    async def lights(context, rows) -> list[str]:
        return [await act_slowly() for row in rows]


@strawberry.type(description="What was lit.")
class LampsLightPayload:
    lamp: str | None = strawberry.field(default=None, description="Which.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="Why not.")


@strawberry.type
class LampsMutation:
    @mutation(permission="lamps:write", description="Light a lamp.", payload=LampsLightPayload)
    async def lamps_light(self) -> LampsLightPayload:
        return LampsLightPayload(lamp=act())


async def show(request, context):
    if MOOD == "hangs":
        await asyncio.sleep(60)
    return PlainTextResponse(f"{act()} for {context.merchant_id} at {context.settings.watts}")


def burn(context):
    RUNS.append((context.merchant_id, context.settings.watts))
    act()


def evaluate(session, query):
    return []


@hookimpl
def opsgraph_settings():
    return LampSettings


@hookimpl
def opsgraph_permissions():
    return [Permission("lamps:read", "See lamps."), Permission("lamps:write", "Light lamps.")]


@hookimpl
def opsgraph_schema():
    return SchemaPart(
        namespace="lamps", query=LampsQuery, description="Lamps.", permission="lamps:read",
        mutation=LampsMutation, extends=(FieldExtension("Order", OrderFields),),
    )


@hookimpl
def opsgraph_metrics():
    return [Metric(key="lamps_lit", zh="灯", en="Lamps lit", unit="count", direction="up",
                   definition="lamps", evaluate=evaluate)]


@hookimpl
def opsgraph_jobs():
    return [Job("lamps.burn", "Burn.", timedelta(hours=2), burn, timedelta(seconds=0.3))]


@hookimpl
def opsgraph_routes():
    return [HttpRoute("/show", ("GET",), "lamps:read", show, "Shows.")]


@hookimpl
def opsgraph_changes(changes, context):
    RUNS.append((context.merchant_id, changes.stream))
    act()
"""
