"""Who takes part: the gateway and its peers, each asked the same questions in its own way."""

from typing import Any, Protocol

from tests.benchmarks.cluster import BenchDatabase
from tests.benchmarks.load import Ask
from tests.benchmarks.questions import Case
from tests.benchmarks.servers import Launch


class Peer(Protocol):
    """One way to answer the questions."""

    name: str
    title: str
    warm_seconds: int
    """How long it is under load before a question is measured."""

    def launch(self, database: BenchDatabase) -> Launch:
        """How its server is started over a database."""
        ...

    def ask(self, question: str, case: Case) -> Ask:
        """The request for a case of a question."""
        ...

    def content(self, question: str, answer: Any) -> Any:
        """The data of an answer, in the form in which the gateway gives it."""
        ...

    def versions(self) -> dict[str, str]:
        """What it is made of, for the record."""
        ...


class AnswerError(Exception):
    """An answer with errors in it, which are the text."""


def graphql_data(answer: Any) -> Any:
    """The data of a GraphQL answer; AnswerError if it has errors."""
    if answer.get("errors"):
        raise AnswerError("; ".join(str(error["message"]) for error in answer["errors"]))
    return answer["data"]


def in_order(question: str, data: Any) -> Any:
    """The data with groups sorted, since nobody asked for an order of them."""
    if question == "Q4":
        [groups] = data.values()
        groups.sort(key=lambda group: group["key"]["channel"])
    return data
