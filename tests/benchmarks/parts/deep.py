"""A page after very many rows, beside the first page."""

import json
from contextlib import ExitStack
from typing import Any

from tests.benchmarks.answers import send
from tests.benchmarks.bench import DEEP_MERCHANT, Bench, say
from tests.benchmarks.data import Merchant
from tests.benchmarks.load import Contestant, request_file
from tests.benchmarks.peers import graphql_data
from tests.benchmarks.peers.opsgraph import Opsgraph, graphql_ask
from tests.benchmarks.questions import ORDER_FIELDS
from tests.benchmarks.report import limit, middle, paired, table
from tests.benchmarks.servers import Server, running

MOST = 1.3
STEP = 1000
PAGE = f"""query Q($after: String) {{
  orders(first: 50, after: $after) {{ nodes {{ {ORDER_FIELDS} }} }} }}"""
WALK = """query Q($after: String) {
  orders(first: 1000, after: $after) { pageInfo { endCursor } } }"""


def run(bench: Bench) -> str:
    """Walk to the place through the API, then measure both pages in turn."""
    options = bench.options
    merchant = bench.large.merchants[DEEP_MERCHANT - 1]
    with (
        ExitStack() as stack,
        running("opsgraph", Opsgraph().launch(bench.large.database)) as server,
    ):
        say(f"walking over {options.deep:,} orders")
        cursors = {"first page": None, "deep page": _walk(server, merchant, options.deep)}
        contestants = []
        for name, cursor in cursors.items():
            ask = _ask(merchant, PAGE, cursor)
            file = stack.enter_context(request_file([ask]))
            contestants.append(Contestant(name, server, file, len(send(server, ask))))
        first, deep = bench.measure(contestants).values()
    slower = paired(first, deep, lambda r: r.per_second)
    speeds = [f"{middle(each, lambda r: r.per_second):,.0f}" for each in (first, deep)]
    header = [
        "",
        "first page",
        f"after {options.deep:,} rows",
        "times slower",
        "at most",
        "verdict",
    ]
    row = ["requests/s", *speeds, f"{slower:.2f}", f"{MOST:g}", limit(slower, MOST)]
    return f"## A deep page\n\n{table(header, [row])}"


def _walk(server: Server, merchant: Merchant, rows: int) -> str:
    """The cursor of the row that so many rows lead up to, last one included."""
    cursor: Any = None
    for _ in range(rows // STEP):
        answer = json.loads(send(server, _ask(merchant, WALK, cursor)))
        cursor = graphql_data(answer)["orders"]["pageInfo"]["endCursor"]
    return cursor


def _ask(merchant: Merchant, document: str, cursor: str | None):
    token = {"Authorization": f"Bearer {merchant.token}"}
    return graphql_ask(document, {"after": cursor}, token)
