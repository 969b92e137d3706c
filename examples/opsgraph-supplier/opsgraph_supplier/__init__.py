"""Supplier quality: who delivers what, how much of it is defective, and who is poor."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from core.ingest.rollup import Count, Rollup, Source, Sum
from core.metrics.sums import sums
from core.models import OrderLine
from core.plugin import (
    About,
    Changes,
    Command,
    Component,
    Example,
    FieldExtension,
    HttpRoute,
    Job,
    Metric,
    Permission,
    PersonalDataStore,
    PluginContext,
    PluginSettings,
    SchemaPart,
    hookimpl,
)

from opsgraph_supplier import repository, work
from opsgraph_supplier.models import TABLES, SupplierDelivery, SupplierProductDay
from opsgraph_supplier.mutations import SupplierMutation
from opsgraph_supplier.settings import SupplierSettings
from opsgraph_supplier.types import (
    ProductFields,
    SupplierComplaintNode,
    SupplierDeliveryNode,
    SupplierProductDayNode,
    SupplierQuery,
    SupplierRatingNode,
)


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_settings() -> type[PluginSettings]:
    return SupplierSettings


@hookimpl
def opsgraph_component() -> Component:
    return Component(
        name="supplier",
        migrations=str(Path(__file__).parent / "migrations"),
        tables=TABLES,
        core="core_0002",
    )


@hookimpl
def opsgraph_permissions() -> Sequence[Permission]:
    return [
        Permission("supplier:read", "See deliveries, defects, returns and ratings."),
        Permission("supplier:write", "Record and correct deliveries.", roles=("owner",)),
    ]


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart(
        namespace="supplier",
        description="Who delivers what, and how well.",
        query=SupplierQuery,
        permission="supplier:read",
        types=(
            SupplierDeliveryNode,
            SupplierRatingNode,
            SupplierComplaintNode,
            SupplierProductDayNode,
        ),
        extends=(FieldExtension("Product", ProductFields),),
        mutation=SupplierMutation,
    )


@hookimpl
def opsgraph_rollups() -> Sequence[Rollup]:
    return [
        Rollup(
            SupplierProductDay,
            sources=(
                Source(
                    OrderLine,
                    key={"shop_id": "shop_id", "product_id": "product_id", "day": "sale_day"},
                    present=("product_id", "sale_day"),
                    measures={"lines": Count(), "units": Sum("quantity")},
                ),
            ),
        )
    ]


@hookimpl
def opsgraph_metrics() -> Sequence[Metric]:
    return [
        Metric(
            key="supplier_defect_rate",
            zh="供应商次品率",
            en="Supplier defect rate",
            unit="ratio",
            direction="down",
            additive=False,
            definition="Defective units ÷ delivered units, by the day of delivery.",
            evaluate=sums(SupplierDelivery, "defective", "units"),
        )
    ]


@hookimpl
def opsgraph_jobs() -> Sequence[Job]:
    return [
        Job("supplier.rate", "Rate suppliers by defects.", timedelta(hours=6), work.rate_suppliers)
    ]


@hookimpl
def opsgraph_routes() -> Sequence[HttpRoute]:
    return [
        HttpRoute(
            "/deliveries.csv",
            ("GET",),
            "supplier:read",
            work.show_deliveries,
            "All deliveries as a CSV file.",
        )
    ]


@hookimpl
def opsgraph_personal_data() -> Sequence[PersonalDataStore]:
    return [
        PersonalDataStore(
            "supplier_complaints",
            "Who sent something back that may be a supplier's fault, and why.",
            erase=repository.erase_complaints,
        )
    ]


@hookimpl
def opsgraph_commands() -> Sequence[Command]:
    return [
        Command(
            "supplier-import",
            "Read deliveries from a CSV file.",
            work.import_deliveries,
            work.import_arguments,
        )
    ]


@hookimpl
def opsgraph_examples() -> Sequence[Example]:
    return [
        Example(
            "Poor suppliers",
            """query PoorSuppliers {
  supplier {
    ratings(filter: {isPoor: {eq: true}}) { nodes { supplier units defective defectRate } }
  }
}""",
            description="Who delivers too much that is defective.",
        )
    ]


@hookimpl
def opsgraph_changes(changes: Changes, context: PluginContext) -> None:
    work.note_refunds(changes, context)
