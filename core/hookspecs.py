"""Every hook, with an example to copy. Built-in plugins use exactly these.

All hooks are synchronous, return values, and take nothing from the host but what stands here.
Put the implementations in your package's `__init__.py` and name it in the entry point group
`opsgraph`.
"""

from collections.abc import Sequence

import pluggy

from core.ingest.rollup import Rollup
from core.marketplace.contract import Marketplace
from core.plugin import (
    About,
    Changes,
    Command,
    Component,
    Example,
    HttpRoute,
    Job,
    Metric,
    Permission,
    PersonalDataStore,
    PluginContext,
    PluginSettings,
    SchemaPart,
)

hookspec = pluggy.HookspecMarker("opsgraph")


@hookspec
def opsgraph_about() -> About:  # type: ignore[empty-body]
    """Say which versions of the plugin API the plugin works with. Every plugin must.

    Called first; nothing else is asked of a plugin whose range leaves this version out.

    Example::

        @hookimpl
        def opsgraph_about() -> About:
            return About(api=">=1.0,<2")
    """


@hookspec
def opsgraph_settings() -> type[PluginSettings]:  # type: ignore[empty-body]
    """Name the plugin's settings; they are read once, when the process starts.

    Resolvers find them with `info.context.settings(SupplierSettings)`, jobs, listeners and routes
    as `context.settings`.

    Example::

        class SupplierSettings(PluginSettings):
            defect_limit: float = Field(0.05, gt=0, description="Share that raises a warning.")
            api_key: SecretStr | None = Field(None, description="Key of the quality service.")

        @hookimpl
        def opsgraph_settings() -> type[PluginSettings]:
            return SupplierSettings
    """


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
def opsgraph_jobs() -> Sequence[Job]:  # type: ignore[empty-body]
    """Have something done again and again for each merchant, by whichever worker is free.

    Only one worker runs a job for a merchant at a time. A run that was cut off is run again, so a
    job must not mind being repeated.

    Example::

        def rate_suppliers(context: PluginContext) -> None:
            context.run(lambda session: repository.rate(session, context.settings.defect_limit))

        @hookimpl
        def opsgraph_jobs() -> Sequence[Job]:
            return [Job("supplier.rate", "Rate suppliers by defects.", timedelta(hours=6),
                        rate_suppliers)]
    """


@hookspec
def opsgraph_routes() -> Sequence[HttpRoute]:  # type: ignore[empty-body]
    """Answer HTTP requests under `/plugins/<plugin>`, e.g. files that GraphQL cannot carry.

    Example::

        async def defects(request: Request, context: PluginContext) -> Response:
            rows = await to_thread.run_sync(context.read, repository.defects)
            return PlainTextResponse(as_csv(rows), media_type="text/csv")

        @hookimpl
        def opsgraph_routes() -> Sequence[HttpRoute]:
            return [HttpRoute("/defects.csv", ("GET",), "supplier:read", defects,
                              "Defects as a CSV file.")]
    """


@hookspec
def opsgraph_personal_data() -> Sequence[PersonalDataStore]:  # type: ignore[empty-body]
    """Declare where the plugin keeps personal data; `opsgraph person erase` reaches it there.

    Example::

        @hookimpl
        def opsgraph_personal_data() -> Sequence[PersonalDataStore]:
            return [PersonalDataStore("supplier_complaints", "Who complained, in their words.",
                                      erase=repository.erase_complaints)]
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
def opsgraph_changes(changes: Changes, context: PluginContext) -> None:
    """Hear what a committed page changed: after the commit, at least once, in order per shop.

    `changes.id` is the same when it is delivered again. An exception leaves the message in the
    outbox for this plugin; it is delivered again later, before any newer one of the shop.

    Example::

        @hookimpl
        def opsgraph_changes(changes: Changes, context: PluginContext) -> None:
            ids = [row.id for row in changes.rows if row.table == "refunds"]
            context.run(lambda session: repository.note_refunds(session, changes.id, ids))
    """
