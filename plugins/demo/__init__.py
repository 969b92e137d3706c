"""The demo: a year of real orders through a sandbox marketplace."""

from collections.abc import Sequence

from core.plugin import About, Command, Example, Permission, SchemaPart, hookimpl
from plugins.demo.queries import DemoQuery
from plugins.demo.run import arguments, demo


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_permissions() -> Sequence[Permission]:
    return [Permission("demo:read", "See where the demo's data comes from.")]


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart(
        namespace="demo",
        query=DemoQuery,
        description="Where the demo's data comes from, and that nothing of it is lost.",
        permission="demo:read",
    )


@hookimpl
def opsgraph_commands() -> Sequence[Command]:
    return [Command("demo", "Fill a database with a real year and serve it.", demo, arguments)]


@hookimpl
def opsgraph_examples() -> Sequence[Example]:
    return [
        Example(
            "Accounting",
            """query Accounting {
  demo {
    accounting {
      classes { name lines publishedLines invoices publishedInvoices amount { amount } }
      lines
      invoices
      quarantined
      unexplainedLines
      unexplainedInvoices
      notice
      citation
    }
  }
}""",
            description="Every line of the data set, and where it went.",
        )
    ]
