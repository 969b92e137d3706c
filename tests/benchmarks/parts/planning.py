"""How long the engine takes to plan a new document of 150 fields, once it is validated."""

from statistics import median
from time import perf_counter

from graphql import FieldNode, Visitor, visit

from core.cli.house import tune_collector
from core.graph.engine.operation import Operation, Operations
from core.graph.engine.planner import NO_VARIABLES
from core.graph.schema import compose
from core.registry import load_plugins
from core.security.permissions import OWNER, Actor, make_policy
from gateway import BUILT_IN
from tests.benchmarks.bench import Bench, say
from tests.benchmarks.report import limit, table

DOCUMENTS = 100
FIELDS = 150
MOST_MILLISECONDS = 5
MONEY = "{ amount currency }"
ORDER = f"""id number kind status platformStatus platformType channel itemsAmount {MONEY}
 discount {MONEY} freight {MONEY} paidAmount {MONEY} reportedAmount {MONEY} currency orderedAt
 orderDay paidAt saleDay endedAt updatedAt shopId customerId"""
LINE = f"""id number ordinal kind title skuCode quantity unitPrice {MONEY} discount {MONEY}
 amount {MONEY} platformRefundStatus saleDay shopId productId"""
PRODUCT = f"id number title code category status platformStatus price {MONEY} listedAt updatedAt"
SHOP = "id name marketplace number"
CUSTOMER = "id number nickname country"
REFUND = f"id number status reason amount {MONEY} quantity requestedAt"


def run(bench: Bench) -> str:
    """Compile documents that differ in their aliases, for both databases."""
    say("planning documents of 150 fields")
    tune_collector()
    rows = [_row(dialect) for dialect in ("postgresql", "sqlite")]
    header = ["", "median, ms", "lowest–highest", "at most", "verdict"]
    text = (
        f"{DOCUMENTS} new documents of {FIELDS} fields: from the validated document to the plan, "
        "the SQL text and the generated Python, in this process."
    )
    return f"## Planning a document of {FIELDS} fields\n\n{text}\n\n{table(header, rows)}"


def _row(dialect: str) -> list[str]:
    registry = load_plugins(BUILT_IN, third_parties=False)
    policy = make_policy(registry.permissions)
    actor = Actor(1, 1, "benchmark", OWNER, policy.of_role(OWNER))
    operations = Operations(compose(registry).catalog, dialect)
    validated = [operations.find(_document(number), None) for number in range(DOCUMENTS)]
    assert all(_count(each) == FIELDS for each in validated), _count(validated[0])
    taken = [_time(operations, each, actor) for each in validated]
    middle = median(taken)
    span = f"{min(taken):.2f}–{max(taken):.2f}"
    most = MOST_MILLISECONDS
    return [dialect, f"{middle:.2f}", span, f"{most:g}", limit(middle, most)]


def _time(operations: Operations, operation: Operation, actor: Actor) -> float:
    """Milliseconds until everything that depends on the document is made."""
    begun = perf_counter()
    compiled = operations.compiled(operation, actor, NO_VARIABLES)
    assert compiled.whole is not None
    for entry in compiled.whole:
        plan = entry.plan
        plan.statements(plan.constant)
        assert plan.build
    return (perf_counter() - begun) * 1e3


def _document(number: int) -> str:
    """A dashboard: three listings with relations to one and to many rows."""
    return f"""query Dashboard{number} {{
  newest{number}: orders(first: 50) {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{
    {ORDER} shop {{ {SHOP} }} customer {{ {CUSTOMER} }}
    lines(first: 10) {{ nodes {{ {LINE} product {{ {PRODUCT} }} }} }}
    refunds(first: 5) {{ nodes {{ {REFUND} }} }} }} }}
  sold{number}: products(first: 20) {{ nodes {{ {PRODUCT} }} }}
  sentBack{number}: refunds(first: 20) {{ nodes {{ {REFUND} order {{ {ORDER} }} }} }} }}"""


def _count(operation: Operation) -> int:
    fields = 0

    class Counter(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            nonlocal fields
            fields += 1

    visit(operation.document, Counter())
    return fields
