"""The memory of documents: what is kept, for how long, and what is never shared."""

from typing import Any

import pytest
from graphql.execution.values import VariableValues, get_variable_values

from core.graph.engine.operation import (
    LONGEST_KEPT,
    MAX_TOKENS,
    MOST_CHOICES,
    Compiled,
    DocumentError,
    Operation,
    Operations,
)
from core.security.permissions import Actor
from tests.graphql import built_in_schema, policy, without

ORDERS = "{ orders { nodes { number } } }"
TWO = "query A { orders { asOf } } query B { shops { asOf } }"


@pytest.fixture
def operations() -> Operations:
    """An empty memory of three documents."""
    return Operations(built_in_schema().catalog, "sqlite", most=3)


def shops(number: int) -> str:
    """One of many documents."""
    return f"{{ a{number}: shops {{ asOf }} }}"


def test_hits_are_counted(operations: Operations) -> None:
    """A document is read once, and found from then on."""
    found = [operations.find(text, None) for text in (ORDERS, shops(1), ORDERS, ORDERS)]

    assert found[0] is found[2] is found[3]
    assert (2, 2, 2) == (operations.hits, operations.misses, len(operations))


def test_the_memory_is_bounded(operations: Operations) -> None:
    """When it is full, the document goes that was not asked for the longest time."""
    texts = [shops(1), shops(2), shops(3), shops(1), shops(4)]
    for text in texts:
        operations.find(text, None)
    before = operations.misses

    for text in (shops(1), shops(3), shops(4)):
        operations.find(text, None)

    assert (3, before) == (len(operations), operations.misses)
    operations.find(shops(2), None)
    assert before + 1 == operations.misses


def test_names_of_operations(operations: Operations) -> None:
    """The same document with another operation's name is another entry."""
    first, second = operations.find(TWO, "A"), operations.find(TWO, "B")
    again = operations.find(TWO, "A")

    assert ["A", "B"] == [each.node.name and each.node.name.value for each in (first, second)]
    assert again is first
    assert (1, 2) == (operations.hits, len(operations))


@pytest.mark.parametrize(
    ("text", "name", "parsed"),
    [
        ("{ orders", None, False),
        ("{ nothing }", None, True),
        (TWO, None, False),
        (TWO, "C", False),
        ("fragment F on Order { id }", None, False),
        ("{ " + "viewer { role } " * (MAX_TOKENS // 4) + "}", None, False),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_run_is_not_kept(
    operations: Operations, text: str, name: str | None, parsed: bool
) -> None:
    """A document that cannot be run takes no place, and is refused again in the same way."""
    for _ in range(2):
        with pytest.raises(DocumentError) as refused:
            operations.find(text, name)
        assert parsed == refused.value.parsed

    assert (0, 2, 0) == (operations.hits, operations.misses, len(operations))


def test_long_documents_are_not_kept(operations: Operations) -> None:
    """A very long document runs, and is read each time; one at the limit is kept."""
    longest = ORDERS + " " * (LONGEST_KEPT - len(ORDERS))

    for text in (longest + " ", longest + " ", longest, longest):
        operations.find(text, None)

    assert (1, 3, 1) == (operations.hits, operations.misses, len(operations))


def compiled(operations: Operations, text: str, role: str = "owner", **variables: Any) -> Compiled:
    """What a document is compiled to for a role and some variables."""
    operation = operations.find(text, None)
    actor = Actor(7, 1, "test", role, policy().of_role(role))
    given = get_variable_values(
        operations.catalog.schema, operation.node.variable_definitions or (), variables
    )
    assert isinstance(given, VariableValues)
    return operations.compiled(operation, actor, given)


def test_permissions_are_part_of_the_key(operations: Operations) -> None:
    """Who may see the same shares what is compiled; who may not, never does."""
    owner, again = compiled(operations, ORDERS), compiled(operations, ORDERS)
    others = [compiled(operations, ORDERS, r) for r in ("analyst", without("orders:read"))]

    assert owner is again
    assert 3 == len({id(each) for each in (owner, *others)})
    assert [True, True, False] == [each.whole is not None for each in (owner, *others)]


def test_directives_are_part_of_the_key(operations: Operations) -> None:
    """The variables of `@skip` and `@include` tell compiled documents apart, no others do."""
    text = """query Some($n: Int, $more: Boolean! = false) {
      orders(first: $n) { nodes { number @include(if: $more) kind } }
    }"""

    plain, more = compiled(operations, text), compiled(operations, text, more=True)

    assert more is not plain
    assert compiled(operations, text, n=5) is plain
    assert compiled(operations, text, n=6, more=False) is plain
    assert compiled(operations, text, n=7, more=True) is more


def test_choices_are_bounded(operations: Operations) -> None:
    """However many directives a client turns, one document keeps so many compiled forms."""
    names = [f"v{number}" for number in range(8)]
    variables = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: __typename @skip(if: ${name})" for name in names)
    text = f"query Many({variables}) {{ id: __typename {fields} }}"

    for number in range(2 * MOST_CHOICES):
        given: Any = {name: bool(number >> place & 1) for place, name in enumerate(names)}
        compiled(operations, text, **given)

    operation: Operation = operations.find(text, None)
    assert 0 < len(operation.compiled) <= MOST_CHOICES
