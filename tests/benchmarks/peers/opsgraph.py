"""The gateway itself, with its tokens and row-level security."""

import json
import sys
from importlib.metadata import version
from typing import Any

from tests.benchmarks.cluster import BenchDatabase
from tests.benchmarks.load import Ask
from tests.benchmarks.peers import graphql_data, in_order
from tests.benchmarks.questions import QUESTIONS, Case, variables
from tests.benchmarks.servers import Launch


class Opsgraph:
    """`opsgraph serve`, one process, a merchant's owner asking."""

    name = "opsgraph"
    title = "opsgraph, with tokens and row-level security"
    warm_seconds = 2

    def launch(self, database: BenchDatabase) -> Launch:
        command = (sys.executable, "-m", "core", "serve", "--no-worker", "--port", "{port}")
        return Launch(command, database.environment())

    def ask(self, question: str, case: Case) -> Ask:
        return graphql_ask(
            QUESTIONS[question].document,
            variables(question, case),
            {"Authorization": f"Bearer {case.merchant.token}"},
        )

    def content(self, question: str, answer: Any) -> Any:
        return in_order(question, graphql_data(answer))

    def versions(self) -> dict[str, str]:
        names = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "asyncpg", "orjson")
        return {name: version(name) for name in names}


def graphql_ask(document: str, given: dict[str, Any], headers: dict[str, str]) -> Ask:
    """A GraphQL request as clients send it; variables only if there are any."""
    body = {"query": document} | ({"variables": given} if given else {})
    content = json.dumps(body, ensure_ascii=False).encode()
    return Ask("POST", "/graphql", content, {"Content-Type": "application/json"} | headers)
