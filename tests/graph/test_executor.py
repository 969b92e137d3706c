"""What `core.graph.engine` takes for granted of graphql-core and Strawberry.

These methods are semi-private. If a test fails here after an upgrade, read the new executor
beside `core/graph/engine/executor.py` before anything else.
"""

from collections.abc import Callable
from inspect import iscoroutinefunction, signature
from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.executor import Executor, default_field_resolver, default_type_resolver
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import (
    VariableValues,
    VariableValueSource,
    get_argument_values,
    get_variable_values,
)
from graphql.utilities.coerce_input_value import (
    coerce_default_value,
    coerce_input_literal,
    coerce_input_value,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from core.graph.engine.executor import EngineExecutor

COMPLETE = "self return_type field_details_list info path result position_context"
OVERRIDDEN = {
    "execute_field": "self parent_type source field_details_list path position_context",
    "complete_value": COMPLETE,
    "complete_abstract_value": COMPLETE,
    "complete_object_value": COMPLETE,
}
"""What `EngineExecutor` overrides, with the parameters that it is called with, in their order."""
CALLED = {
    "build_resolve_info": "self field_def field_nodes parent_type path",
    "collect_and_execute_subfields": "self return_type field_details_list path result "
    "position_context",
    "handle_field_error": "self raw_error return_type field_details_list path",
    "execute_operation": "self serially",
}
"""What it calls."""
FUNCTIONS: dict[Callable[..., Any], str] = {
    Executor: "schema fragment_definitions fragments root_value context_value operation "
    "variable_values field_resolver type_resolver subscribe_field_resolver",
    FieldDetails: "node defer_usage fragment_variable_values",
    FragmentDetails: "definition",
    VariableValues: "sources coerced",
    VariableValueSource: "signature value",
    collect_fields: "schema fragments variable_values runtime_type operation hide_suggestions",
    collect_subfields: "schema fragments variable_values operation return_type field_details_list "
    "hide_suggestions",
    get_argument_values: "type_def node variable_values fragment_variable_values hide_suggestions",
    get_variable_values: "schema var_def_nodes inputs max_errors",
    get_variable_signature: "schema var_def_node",
    coerce_default_value: "input_value",
    coerce_input_literal: "value_node type_",
    coerce_input_value: "input_value type_",
}
"""What the engine calls by position, with the first parameters of each."""

SCHEMA = build_schema("""
interface Thing { text: String }
type Card implements Thing { text: String }
type Query { cards: [Card!]! any: Thing broken: String }
""")


def names(function: Callable[..., Any]) -> str:
    """The parameters of a function, in their order."""
    return " ".join(signature(function).parameters)


@pytest.mark.parametrize("name", [*OVERRIDDEN, *CALLED])
def test_methods(name: str) -> None:
    """Each method that we override or call is there, takes what we expect, and is no coroutine."""
    theirs = getattr(StrawberryGraphQLCoreExecutionContext, name)

    assert (OVERRIDDEN | CALLED)[name] == names(theirs)
    assert not iscoroutinefunction(theirs)


def test_what_is_overridden() -> None:
    """The list is complete, and each method of ours takes as many arguments as theirs."""
    ours = {n: each for n, each in vars(EngineExecutor).items() if callable(each) and n[0] != "_"}

    assert set(OVERRIDDEN) == {name for name in ours if hasattr(Executor, name)}
    for name, expected in OVERRIDDEN.items():
        assert len(expected.split()) == len(signature(ours[name]).parameters)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.__name__)
def test_functions(function: Callable[..., Any]) -> None:
    """Each function that we call by position takes these parameters first."""
    assert names(function).startswith(FUNCTIONS[function])


class Listener(StrawberryGraphQLCoreExecutionContext):
    """Notes which of the methods are called, each with the kind of thing it is about."""

    heard: list[str]


def _listening(name: str) -> Any:
    def listen(self: Listener, *arguments: Any) -> Any:
        self.heard.append(name)
        return getattr(StrawberryGraphQLCoreExecutionContext, name)(self, *arguments)

    return listen


for _name in (*OVERRIDDEN, *CALLED):
    setattr(Listener, _name, _listening(_name))


def execute(query: str, root: Any) -> tuple[Any, Listener]:
    """Execute a query as the engine does, and listen."""
    [operation] = parse(query).definitions
    assert isinstance(operation, OperationDefinitionNode)
    resolvers = (default_field_resolver, default_type_resolver, default_field_resolver)
    values = VariableValues({}, {})
    listener = Listener(SCHEMA, {}, {}, root, None, operation, values, *resolvers)
    listener.heard = []
    return listener.execute_operation(), listener


def test_methods_are_called() -> None:
    """graphql-core goes through each of these methods: none of them is by-passed."""
    card = {"__typename": "Card", "text": "Hi"}

    def broken(info: Any) -> str:
        raise ValueError

    root = {"cards": [card], "any": card, "broken": broken}
    result, listener = execute("{ cards { text } any { text } broken }", root)

    assert {"cards": [{"text": "Hi"}], "any": {"text": "Hi"}, "broken": None} == result.data
    assert {*OVERRIDDEN, *CALLED} == set(listener.heard)
    fields = 3 + 2  # of the query, and of two cards
    assert fields == listener.heard.count("execute_field")
    assert 2 == listener.heard.count("complete_object_value")
