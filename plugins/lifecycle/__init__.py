"""Lifecycle: who the customers are, and what to do for them."""

from collections.abc import Sequence

from core.plugin import About, Example, FieldExtension, Permission, SchemaPart, hookimpl
from plugins.lifecycle.queries import CustomerExtension, LifecycleQuery


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_permissions() -> Sequence[Permission]:
    return [Permission("lifecycle:read", "See customer segments and values.")]


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart(
        namespace="lifecycle",
        query=LifecycleQuery,
        description="Who the customers are, and what to do for them.",
        extends=(FieldExtension("Customer", CustomerExtension),),
        permission="lifecycle:read",
    )


@hookimpl
def opsgraph_examples() -> Sequence[Example]:
    return [
        Example(
            "RFM segments",
            """query RfmSegments {
  lifecycle {
    rfm {
      asOf
      customers
      amount { amount currency }
      segments {
        segment
        zh
        customers
        amountShare
        advice
      }
      rule
    }
  }
}""",
            description="The eleven segments of all customers, with the rule that makes them.",
        )
    ]
