"""Every hook, with an example to copy. Built-in plugins use exactly these.

All hooks are synchronous, return values, and take nothing from the host but what stands here.
Put the implementations in your package's `__init__.py` and name it in the entry point group
`opsgraph`.
"""

from collections.abc import Sequence

import pluggy

from core.ingest.rollup import Rollup
from core.marketplace.contract import Marketplace
from core.plugin import Changes, Command, Component, Example, Metric, Permission, SchemaPart

hookspec = pluggy.HookspecMarker("opsgraph")


@hookspec
def opsgraph_schema() -> SchemaPart:  # type: ignore[empty-body]
    """Add a query namespace, mutations, or fields on types of others.

    Example::

        @strawberry.type
        class SupplierQuery:
            @field(description="Suppliers by name.", permission="supplier:read")
            async def suppliers(self, info: Info) -> list[Supplier]:
                return await info.context.db.read(info.context.merchant_id, repository.suppliers)

        @hookimpl
        def opsgraph_schema() -> SchemaPart:
            return SchemaPart(namespace="supplier", query=SupplierQuery,
                              description="Who delivers what.", permission="supplier:read")
    """


@hookspec
def opsgraph_component() -> Component:  # type: ignore[empty-body]
    """Bring tables with their own migration chain; every table's name starts with the component's.

    Example::

        @hookimpl
        def opsgraph_component() -> Component:
            return Component(name="supplier",
                             migrations=str(Path(__file__).parent / "migrations"),
                             tables=frozenset({"supplier_suppliers"}))
    """


@hookspec
def opsgraph_marketplaces() -> Sequence[Marketplace]:  # type: ignore[empty-body]
    """Add marketplaces.

    Example::

        @hookimpl
        def opsgraph_marketplaces() -> Sequence[Marketplace]:
            return [Marketplace(name="csvshop", title="CSV shop", streams=STREAMS,
                                adapter=CsvAdapter, credentials=("api_key",),
                                currency="EUR", time_zone="Europe/Berlin")]
    """


@hookspec
def opsgraph_metrics() -> Sequence[Metric]:  # type: ignore[empty-body]
    """Add figures to the metric registry; goals, alerts and dashboards name them by key.

    Example::

        @hookimpl
        def opsgraph_metrics() -> Sequence[Metric]:
            return [Metric(key="supplier_defect_rate", zh="供应商次品率", en="Supplier defect rate",
                           unit="ratio", direction="down", additive=False,
                           definition="defective units / delivered units",
                           evaluate=repository.defect_rate)]
    """


@hookspec
def opsgraph_rollups() -> Sequence[Rollup]:  # type: ignore[empty-body]
    """Declare tables that ingest keeps up to date, and that `opsgraph rebuild` makes anew.

    Example::

        @hookimpl
        def opsgraph_rollups() -> Sequence[Rollup]:
            return [Rollup(SupplierMonth, sources=(
                Source(OrderLine, key={"shop_id": "shop_id", "month": Month("sale_day")},
                       present=("sale_day",), measures={"units": Sum("quantity")}),
            ))]
    """


@hookspec
def opsgraph_permissions() -> Sequence[Permission]:  # type: ignore[empty-body]
    """Name the permissions that your fields and commands ask for.

    Example::

        @hookimpl
        def opsgraph_permissions() -> Sequence[Permission]:
            return [Permission("supplier:read", "See suppliers and their defect rates.")]
    """


@hookspec
def opsgraph_commands() -> Sequence[Command]:  # type: ignore[empty-body]
    """Add subcommands to `opsgraph`.

    Example::

        @hookimpl
        def opsgraph_commands() -> Sequence[Command]:
            return [Command("supplier-import", "Read suppliers from a file.", run=import_file)]
    """


@hookspec
def opsgraph_examples() -> Sequence[Example]:  # type: ignore[empty-body]
    """Offer queries worth trying; GraphiQL shows each in a tab.

    Example::

        @hookimpl
        def opsgraph_examples() -> Sequence[Example]:
            return [Example("Suppliers", "{ supplier { suppliers { name } } }")]
    """


@hookspec
def opsgraph_changes(changes: Changes) -> None:
    """Hear what a committed page changed: after the commit, at least once, in order per shop.

    `changes.id` is the same when it is delivered again. An exception leaves the message in the
    outbox; it is delivered again later.

    Example::

        @hookimpl
        def opsgraph_changes(changes: Changes) -> None:
            for row in changes.rows:
                if row.table == "refunds":
                    queue_quality_check(changes.merchant_id, row.id)
    """
