"""The six questions, as the gateway is asked them, and the cases they are spread over."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

from tests.benchmarks.data import LAST_DAY, Merchant

CASES = 1000
"""Different requests per question; wrk sends them in turn."""
TRAFFIC_TO = LAST_DAY
TRAFFIC_FROM = LAST_DAY - timedelta(days=30)

ORDER_FIELDS = """id number kind status platformStatus channel paidAmount { amount currency }
  orderedAt orderDay paidAt"""


@dataclass(frozen=True)
class Question:
    """What is asked, in GraphQL."""

    name: str
    title: str
    document: str


QUESTIONS = {
    question.name: question
    for question in (
        Question(
            "Q1",
            "50 orders × 10 fields",
            f"{{ orders(first: 50) {{ nodes {{ {ORDER_FIELDS} }} }} }}",
        ),
        Question(
            "Q2",
            "50 orders → customer → first 10 lines → product",
            """{ orders(first: 50) { nodes { id number orderedAt customer { id nickname }
  lines(first: 10) { nodes { title quantity amount { amount currency } product { id title } } }
} } }""",
        ),
        Question(
            "Q3",
            "an order by its id, 10 fields",
            f"query Q($id: ID!) {{ node(id: $id) {{ ... on Order {{ {ORDER_FIELDS} }} }} }}",
        ),
        Question(
            "Q4",
            "traffic totals by channel, 30 days",
            """query Q($from: Date!, $to: Date!) {
  trafficDaysAggregate(filter: {day: {gte: $from, lt: $to}}, groupBy: [{field: CHANNEL}]) {
    key { channel currency }
    sum { impressions clicks visits orders amount { amount currency } }
  } }""",
        ),
        Question(
            "Q5",
            "1,000 orders × 10 fields",
            f"{{ orders(first: 1000) {{ nodes {{ {ORDER_FIELDS} }} }} }}",
        ),
        Question(
            "Q6",
            "rename a shop",
            """mutation M($input: UpdateShopInput!) {
  updateShop(input: $input) { shop { id name } userErrors { code } } }""",
        ),
    )
}


@dataclass(frozen=True)
class Case:
    """One request of a question: whose data, and which order, or which shop and its new name."""

    merchant: Merchant
    order: int
    shop: int
    name: str


def make_cases(merchants: Sequence[Merchant], count: int = CASES) -> list[Case]:
    """Requests spread over the merchants, then over their orders and shops."""
    return [
        Case(
            merchant,
            order=merchant.orders[turn // len(merchants) % len(merchant.orders)],
            shop=merchant.shops[turn // len(merchants) % len(merchant.shops)],
            name=f"Shop renamed {turn}",
        )
        for turn, merchant in enumerate(islice(cycle(merchants), count))
    ]


def variables(question: str, case: Case) -> dict[str, Any]:
    """The variables of the gateway's document."""
    if question == "Q3":
        return {"id": global_id("Order", case.order)}
    if question == "Q4":
        return {"from": TRAFFIC_FROM.isoformat(), "to": TRAFFIC_TO.isoformat()}
    if question == "Q6":
        return {"input": {"id": global_id("Shop", case.shop), "name": case.name}}
    return {}


def global_id(type_name: str, row_id: int) -> str:
    """The id of a node as the gateway writes it."""
    text = json.dumps([type_name, row_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
