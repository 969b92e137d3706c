"""Flags products that sell for less than a floor."""

from collections.abc import Sequence
from pathlib import Path

from core.metrics.sums import sums
from core.plugin import (
    About,
    Component,
    Example,
    FieldExtension,
    Job,
    Metric,
    Permission,
    PluginSettings,
    SchemaPart,
    hookimpl,
)

from opsgraph_plugin_name import jobs, models, schema


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_settings() -> type[PluginSettings]:
    return jobs.Settings


@hookimpl
def opsgraph_component() -> Component:
    return Component(
        name="plugin_name",
        migrations=str(Path(__file__).parent / "migrations"),
        tables=frozenset({"plugin_name_flags"}),
    )


@hookimpl
def opsgraph_permissions() -> Sequence[Permission]:
    return [
        Permission("plugin_name:read", "See flags."),
        Permission("plugin_name:write", "Comment on flags.", roles=("owner",)),
    ]


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart(
        namespace="plugin_name",
        query=schema.PluginNameQuery,
        description="Products that sell for less than the floor.",
        types=(schema.PluginNameFlag,),
        extends=(FieldExtension("Product", schema.ProductFields),),
        mutation=schema.PluginNameMutation,
        permission="plugin_name:read",
    )


@hookimpl
def opsgraph_jobs() -> Sequence[Job]:
    return [jobs.FLAG]


@hookimpl
def opsgraph_metrics() -> Sequence[Metric]:
    return [
        Metric(
            key="plugin_name_shortfall",
            zh="低于底价",
            en="Shortfall below the floor",
            unit="money",
            direction="down",
            definition="sum of (floor - price) of the products flagged on a day",
            evaluate=sums(models.Flag, "shortfall", money=True),
        )
    ]


@hookimpl
def opsgraph_examples() -> Sequence[Example]:
    query = """{
  pluginName {
    flags { nodes { day shortfall { amount } product { title } } }
  }
}"""
    return [Example("Flags", query, description="What sells too low, and since when.")]
