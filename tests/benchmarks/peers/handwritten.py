"""Hand-written endpoints: what a skilled engineer would write for just these six questions."""

import json
import sys
from importlib.metadata import version
from typing import Any

from tests.benchmarks.cluster import PEER, BenchDatabase
from tests.benchmarks.load import Ask
from tests.benchmarks.peers import graphql_data, in_order
from tests.benchmarks.questions import TRAFFIC_FROM, TRAFFIC_TO, Case, global_id
from tests.benchmarks.servers import Launch


class Handwritten:
    """Starlette, asyncpg and orjson, one endpoint per question, no authentication."""

    name = "handwritten"
    title = "hand-written Starlette + asyncpg + orjson"
    warm_seconds = 2

    def launch(self, database: BenchDatabase) -> Launch:
        module = "tests.benchmarks.peers.handwritten_app"
        return Launch((sys.executable, "-m", module, database.url(PEER), "{port}"))

    def ask(self, question: str, case: Case) -> Ask:
        merchant = case.merchant.id
        if question == "Q6":
            body = json.dumps({"merchant": merchant, "name": case.name}).encode()
            path = f"/shops/{global_id('Shop', case.shop)}"
            return Ask("POST", path, body, {"Content-Type": "application/json"})
        path = {
            "Q1": "/orders?first=50&",
            "Q2": "/orders-with-lines?",
            "Q3": f"/orders/{global_id('Order', case.order)}?",
            "Q4": f"/traffic?from={TRAFFIC_FROM}&to={TRAFFIC_TO}&",
            "Q5": "/orders?first=1000&",
        }[question]
        return Ask("GET", f"{path}merchant={merchant}")

    def content(self, question: str, answer: Any) -> Any:
        return in_order(question, graphql_data(answer))

    def versions(self) -> dict[str, str]:
        return {name: version(name) for name in ("starlette", "asyncpg", "orjson", "uvloop")}
