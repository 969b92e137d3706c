"""Organization: who does what, beginning with the structure that fits the size."""

from collections.abc import Sequence

from core.plugin import About, Example, Permission, SchemaPart, hookimpl
from plugins.organization.queries import OrganizationQuery


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_permissions() -> Sequence[Permission]:
    return [Permission("organization:read", "See structure and advice.")]


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart(
        namespace="organization",
        query=OrganizationQuery,
        description="Who does what.",
        permission="organization:read",
    )


@hookimpl
def opsgraph_examples() -> Sequence[Example]:
    return [
        Example(
            "Structure advice",
            """query StructureAdvice {
  organization {
    structureAdvice { structure nearBorder gmv { amount currency } reasons }
  }
}""",
            description="The structure that fits the last twelve months' GMV, with its reasons.",
        )
    ]
