"""What the plugin promises, through the surfaces that its users see."""

from core.testing import Bench

FLAGS = "{ pluginName { flags { nodes { id comment shortfall { amount } } } } }"
UPDATE = """mutation ($input: UpdatePluginNameFlagInput!) {
  updatePluginNameFlag(input: $input) {
    pluginNameFlag { comment }
    userErrors { message }
  }
}"""


def test_flags_what_is_cheap(bench: Bench) -> None:
    """The job flags products below the floor, once, and others not."""
    bench.product(price=480)
    bench.product(price=500)

    bench.run_job("plugin_name.flag")
    bench.run_job("plugin_name.flag")

    [flag] = bench.ask(FLAGS).data["pluginName"]["flags"]["nodes"]
    assert flag["shortfall"] == {"amount": "0.20"}


def test_from_the_product(bench: Bench) -> None:
    """A product leads to its flag, and the flag back, in one statement."""
    bench.product(price=1, title="Lantern")
    bench.run_job("plugin_name.flag")
    query = "{ products { nodes { pluginNameFlags { nodes { product { title } } } } } }"
    bench.token()

    with bench.statements as seen:
        answer = bench.ask(query)

    [product] = answer.data["products"]["nodes"]
    assert product["pluginNameFlags"] == {"nodes": [{"product": {"title": "Lantern"}}]}
    assert len(seen) == 1


def test_comment(bench: Bench) -> None:
    """The owner comments on a flag; an analyst may not."""
    bench.product(price=1)
    bench.run_job("plugin_name.flag")
    [flag] = bench.ask(FLAGS).data["pluginName"]["flags"]["nodes"]
    variables = {"input": {"id": flag["id"], "comment": "On sale."}}

    refused = bench.ask(UPDATE, variables, role="analyst")
    changed = bench.ask(UPDATE, variables).data["updatePluginNameFlag"]

    assert refused.codes == ["FORBIDDEN"]
    assert changed == {"pluginNameFlag": {"comment": "On sale."}, "userErrors": []}


def test_metric(bench: Bench) -> None:
    """The shortfall of a day is a metric like any other."""
    bench.product(price=100)
    bench.run_job("plugin_name.flag")
    query = """query ($key: String!) {
      analytics { metric(key: $key, grain: TOTAL) { points { amount { amount } } } }
    }"""

    answer = bench.ask(query, {"key": "plugin_name_shortfall"})

    assert answer.data["analytics"]["metric"] == {"points": [{"amount": {"amount": "4.00"}}]}


def test_only_ours(bench: Bench, other: Bench) -> None:
    """Flags of another merchant do not show."""
    other.product(price=1)
    other.run_job("plugin_name.flag")

    answer = bench.ask(FLAGS)

    assert answer.data["pluginName"]["flags"]["nodes"] == []
