"""Risk: what could hurt the business, beginning with how much hangs on few."""

from collections.abc import Sequence

from core.plugin import About, Example, FieldExtension, Permission, SchemaPart, hookimpl
from plugins.risk.queries import RiskQuery, ShopExtension


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_permissions() -> Sequence[Permission]:
    return [Permission("risk:read", "See risk figures.")]


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart(
        namespace="risk",
        query=RiskQuery,
        description="What could hurt the business.",
        extends=(FieldExtension("Shop", ShopExtension),),
        permission="risk:read",
    )


@hookimpl
def opsgraph_examples() -> Sequence[Example]:
    return [
        Example(
            "Concentration",
            """query Concentration {
  risk {
    platformConcentration { hhi effectiveNumber band shares { name share } }
    productConcentration { hhi effectiveNumber band count shares { name share } }
  }
  shops { nodes { name exposure { share amount { amount currency } } } }
}""",
            description="How much of the last twelve months' sales hangs on few.",
        )
    ]
