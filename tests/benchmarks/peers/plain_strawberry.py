"""Plain Strawberry: what a good team writes without an engine. The documents are the gateway's."""

import sys
from importlib.metadata import version
from typing import Any

from tests.benchmarks.cluster import PEER, BenchDatabase
from tests.benchmarks.load import Ask
from tests.benchmarks.peers import graphql_data, in_order
from tests.benchmarks.peers.opsgraph import graphql_ask
from tests.benchmarks.questions import QUESTIONS, Case, variables
from tests.benchmarks.servers import Launch


class PlainStrawberry:
    """Strawberry, its ASGI app, asyncpg and DataLoaders; the merchant is a header."""

    name = "strawberry"
    title = "plain Strawberry + DataLoaders + asyncpg"
    warm_seconds = 2

    def launch(self, database: BenchDatabase) -> Launch:
        module = "tests.benchmarks.peers.strawberry_app"
        return Launch((sys.executable, "-m", module, database.url(PEER), "{port}"))

    def ask(self, question: str, case: Case) -> Ask:
        headers = {"Merchant": str(case.merchant.id)}
        return graphql_ask(QUESTIONS[question].document, variables(question, case), headers)

    def content(self, question: str, answer: Any) -> Any:
        return in_order(question, graphql_data(answer))

    def versions(self) -> dict[str, str]:
        return {name: version(name) for name in ("strawberry-graphql", "graphql-core", "asyncpg")}
