"""The root fields: shared nouns, `node`, plugin namespaces, and the mutations of core."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, cast

import strawberry
from sqlalchemy import Date
from sqlmodel.sql.sqltypes import UTCDateTime
from strawberry.types.field import StrawberryField

from core.db.upsert import table_of
from core.errors import InputError
from core.graph import rows
from core.graph.context import Info
from core.graph.declare import Node, NodeSpec
from core.graph.fields import field
from core.graph.relations import connection_field
from core.graph.scalars import split_id

CONNECTIONS = {
    "shops": ("Shop", "Shops of the merchant."),
    "orders": ("Order", "Orders of all shops, the newest first."),
    "order_lines": ("OrderLine", "Order lines of all shops."),
    "customers": ("Customer", "Customers as the shops know them."),
    "products": ("Product", "Products of all shops."),
    "refunds": ("Refund", "Refunds of all shops, the newest first."),
    "reviews": ("Review", "Reviews of all shops, the newest first."),
    "sales_days": ("SalesDay", "Sales by shop and business day, the newest first."),
    "traffic_days": ("TrafficDay", "Traffic by shop, day, channel, campaign and device."),
    "ad_spend_days": ("AdSpendDay", "Ad spend by shop, day, channel and campaign."),
    "sync_runs": ("SyncRun", "Pulls from marketplaces, the newest first."),
    "quarantine": ("QuarantineEntry", "Records that could not be used, the newest first."),
    "tokens": ("ApiToken", "API tokens of the merchant."),
}


@strawberry.type(description="A plugin, and whether it is in use.")
class Plugin:
    name: str = strawberry.field(description="Its name.")
    version: str = strawberry.field(description="Its version.")
    built_in: bool = strawberry.field(description="Whether it comes with opsgraph.")
    active: bool = strawberry.field(description="Whether it is in use.")
    summary: str = strawberry.field(description="What it is for.")
    reason: str | None = strawberry.field(description="Why it is not in use.")


@strawberry.type(description="Who this token stands for.")
class Viewer:
    token: str = strawberry.field(description="Name of the token.")
    role: str = strawberry.field(description="Its role.")
    permissions: list[str] = strawberry.field(description="What the role may do, by name.")


def root_fields(specs: Mapping[str, NodeSpec]) -> dict[str, StrawberryField]:
    """Core's root query fields; made anew for every schema, as Strawberry needs."""
    fields = {
        name: connection_field(specs[target], description, name)
        for name, (target, description) in CONNECTIONS.items()
    }
    return fields | {"node": _node_field(specs), "plugins": _plugins(), "viewer": _viewer()}


def _node_field(specs: Mapping[str, NodeSpec]) -> StrawberryField:
    async def node(
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The `id` of any node.")],
    ) -> Node | None:
        name, keys = split_id(id)
        spec = specs.get(name)
        if spec is None or len(keys) != len(spec.key_columns):
            raise InputError("This is not an id of this server.", path=["id"])
        info.context.actor.require(spec.permission, f"The type {name!r}")
        where = [
            getattr(spec.model, column) == _key(spec, column, key)
            for column, key in zip(spec.key_columns, keys, strict=True)
        ]
        found = await rows.matching(info.context, spec, where)
        return spec.cls(row=found) if found is not None else None

    declared: Any = strawberry.field(
        resolver=node,
        description="Anything by its global id; null when there is no such thing. "
        "Needs the permission of the thing's type.",
    )
    return cast(StrawberryField, declared)


def _key(spec: NodeSpec, column: str, value: Any) -> Any:
    kind = table_of(spec.model).columns[column].type
    try:
        if isinstance(kind, UTCDateTime):
            return datetime.fromisoformat(value)
        if isinstance(kind, Date):
            return date.fromisoformat(value)
        if type(value) is not kind.python_type:
            raise ValueError
    except (TypeError, ValueError):
        raise InputError("This is not an id of this server.", path=["id"]) from None
    return value


def _plugins() -> StrawberryField:
    async def plugins(info: Info) -> list[Plugin]:
        return [Plugin(**vars(state)) for state in info.context.registry.plugins]

    declared: StrawberryField = field(
        permission="sync:read", description="Plugins, those put aside included."
    )(plugins)
    return declared


def _viewer() -> StrawberryField:
    async def viewer(info: Info) -> Viewer:
        actor = info.context.actor
        return Viewer(token=actor.name, role=actor.role, permissions=sorted(actor.permissions))

    declared: Any = strawberry.field(resolver=viewer, description="Who you are: any token may ask.")
    return cast(StrawberryField, declared)
