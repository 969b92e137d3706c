"""The root fields: shared nouns, `node`, plugin namespaces, and the mutations of core."""

from typing import Any, cast

import strawberry
from strawberry.types.field import StrawberryField

from core.graph.context import Context, Info
from core.graph.declare import Listing
from core.graph.fields import field
from core.graph.tables import Fields
from core.registry import PluginState

CONNECTIONS = {
    "shops": ("Shop", "Shops of the merchant."),
    "orders": ("Order", "Orders of all shops, the newest first."),
    "order_lines": ("OrderLine", "Order lines of all shops."),
    "customers": ("Customer", "Customers as the shops know them."),
    "products": ("Product", "Products of all shops."),
    "payments": ("Payment", "Money that came in for orders, the newest first."),
    "shipments": ("Shipment", "Parcels of all shops, the newest first."),
    "refunds": ("Refund", "Refunds of all shops, the newest first."),
    "reviews": ("Review", "Reviews of all shops, the newest first."),
    "sales_days": ("SalesDay", "Sales by shop and business day, the newest first."),
    "traffic_days": ("TrafficDay", "Traffic by shop, day, channel, campaign and device."),
    "ad_spend_days": ("AdSpendDay", "Ad spend by shop, day, channel and campaign."),
    "behavior_events": ("BehaviorEvent", "What visitors did, the newest first."),
    "external_signals": ("ExternalSignal", "Facts from outside the shops, the newest first."),
    "sync_runs": ("SyncRun", "Pulls from marketplaces, the newest first."),
    "quarantine": ("QuarantineEntry", "Records that could not be used, the newest first."),
    "jobs": ("Job", "Jobs of the plugins for this merchant, and how they fare."),
    "tokens": ("ApiToken", "API tokens of the merchant."),
}


@strawberry.type(description="A plugin, and whether it is in use.")
class Plugin:
    name: str = strawberry.field(description="Its name.")
    version: str = strawberry.field(description="Its version.")
    built_in: bool = strawberry.field(description="Whether it comes with opsgraph.")
    active: bool = strawberry.field(description="Whether it is in use in this installation.")
    enabled: bool = strawberry.field(
        description="Whether this merchant uses it (`updatePlugin` switches it on and off)."
    )
    state: str = strawberry.field(
        description="active, off (left out on purpose) or put aside (broken)."
    )
    summary: str = strawberry.field(description="What it is for.")
    reason: str | None = strawberry.field(description="Why it is not in use.")
    api: str = strawberry.field(description="Versions of the plugin API it works with.")
    contributes: list[str] = strawberry.field(description="Everything it brings, a line each.")
    tables: list[str] = strawberry.field(description="Its tables.")
    notes: list[str] = strawberry.field(
        description="What it uses that goes away in a later version of the plugin API."
    )
    cut_off: list[str] = strawberry.field(
        description="What of it keeps failing and is cut off for now."
    )

    @classmethod
    def make(cls, state: PluginState, context: Context) -> "Plugin":
        """A plugin as this request's merchant sees it."""
        return cls(
            name=state.name,
            version=state.version,
            built_in=state.built_in,
            active=state.active,
            enabled=state.active and state.name not in context.actor.off,
            state=state.word,
            summary=state.summary,
            reason=state.reason,
            api=state.api,
            contributes=list(state.contributes),
            tables=list(state.tables),
            notes=list(state.notes),
            cut_off=context.registry.guards.cut_off(state.name),
        )


@strawberry.type(description="Who this token stands for.")
class Viewer:
    token: str = strawberry.field(description="Name of the token.")
    role: str = strawberry.field(description="Its role.")
    permissions: list[str] = strawberry.field(description="What the role may do, by name.")


def root_fields(fields: Fields) -> dict[str, StrawberryField]:
    """Core's root query fields; made anew for every schema, as Strawberry needs."""
    listed = [
        made
        for name, (target, description) in CONNECTIONS.items()
        for made in fields.listing(name, Listing(target, description))
    ]
    own = [*listed, fields.node(), fields.nodes(), _plugins(), _viewer()]
    return {each.python_name: each for each in own}


def _plugins() -> StrawberryField:
    async def plugins(info: Info) -> list[Plugin]:
        return [Plugin.make(state, info.context) for state in info.context.registry.plugins]

    return _named(
        field(permission="sync:read", description="Plugins, those put aside included.")(plugins),
        "plugins",
    )


def _viewer() -> StrawberryField:
    async def viewer(info: Info) -> Viewer:
        actor = info.context.actor
        return Viewer(token=actor.name, role=actor.role, permissions=sorted(actor.permissions))

    made = strawberry.field(resolver=viewer, description="Who you are: any token may ask.")
    return _named(made, "viewer")


def _named(made: Any, name: str) -> StrawberryField:
    declared = cast(StrawberryField, made)
    declared.python_name = name
    return declared
