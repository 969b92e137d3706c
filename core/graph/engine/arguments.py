"""Reads variables and arguments the quick way: what never changes is worked out once per document.

graphql-core looks up types, defaults and signatures for every request. Here a document's variables
and arguments become closures; whatever they do not expect (a null where none may be, a value that
does not fit) is left to graphql-core, which has the errors.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import (
    VariableValues,
    VariableValueSource,
    get_argument_values,
    get_variable_values,
    input_is_nested_too_deeply,
)
from graphql.utilities.coerce_input_value import (
    coerce_default_value,
    coerce_input_literal,
    coerce_input_value,
)

NO_VARIABLES = VariableValues({}, {})
MOST_ERRORS = 20
Read = Callable[[Mapping[str, Any]], Any]
"""From a request's coerced variables to a value; Undefined: not given."""


class UnexpectedError(Exception):
    """Something that graphql-core is to look at."""


def variables_reader(
    schema: GraphQLSchema, operation: OperationDefinitionNode
) -> Callable[[Mapping[str, Any]], VariableValues | list[GraphQLError]]:
    """What coerces the variables of an operation: values, or what is wrong with them."""
    definitions = operation.variable_definitions
    if not definitions:
        return lambda given: NO_VARIABLES
    signatures = [get_variable_signature(schema, each) for each in definitions]

    def slowly(given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        return get_variable_values(schema, definitions, dict(given), MOST_ERRORS)

    def read(given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        sources, coerced = {}, {}
        for signature in signatures:
            name = signature.name  # type: ignore[union-attr]
            value = given.get(name, Undefined)
            # A default, a missing value, or one so deep that coercing it would not end well.
            if value is Undefined or input_is_nested_too_deeply(value, signature.type):  # type: ignore[union-attr]
                return slowly(given)
            known = coerce_input_value(value, signature.type)  # type: ignore[union-attr]
            if known is Undefined:
                return slowly(given)
            sources[name] = VariableValueSource(signature, value)  # type: ignore[arg-type]
            coerced[name] = known
        return VariableValues(sources, coerced)

    return read


def arguments_reader(
    definition: GraphQLField, node: Any
) -> Callable[[VariableValues], dict[str, Any]]:
    """What reads the arguments of a field, as graphql-core would."""
    try:
        reads = _arguments(definition, node)
    except UnexpectedError:
        reads = None

    def read(variables: VariableValues) -> dict[str, Any]:
        if reads is not None:
            try:
                found = {name: each(variables.coerced) for name, each in reads.items()}
                return {name: value for name, value in found.items() if value is not Undefined}
            except UnexpectedError:
                pass
        return get_argument_values(definition, node, variables, None, True)

    return read


def _arguments(definition: GraphQLField, node: Any) -> dict[str, Read]:
    given = {each.name.value: each.value for each in node.arguments or ()}
    return _reads(given, definition.args)


def _reads(given: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Read]:
    """What reads the values of arguments or input fields; those without a value are left out."""
    reads: dict[str, Read] = {}
    for name, each in declared.items():
        default = coerce_default_value(each)
        if name in given:
            reads[name] = _value(given[name], each.type, default)
        elif default is not Undefined:
            reads[name] = _always(default)
        elif isinstance(each.type, GraphQLNonNull):
            raise UnexpectedError
    return reads


def _always(value: Any) -> Read:
    return lambda variables: value


def _value(node: Any, kind: Any, default: Any) -> Read:
    required = isinstance(kind, GraphQLNonNull)
    inner = kind.of_type if required else kind
    read = _inner(node, inner)

    def checked(variables: Mapping[str, Any]) -> Any:
        value = read(variables)
        if value is Undefined:
            value = default
        if required and (value is None or value is Undefined):
            raise UnexpectedError
        return value

    return checked


def _inner(node: Any, kind: Any) -> Read:
    if isinstance(node, VariableNode):
        name = node.name.value
        return lambda variables: variables.get(name, Undefined)
    if not has_variable(node):
        return _constant(node, kind)
    if isinstance(node, ListValueNode) and isinstance(kind, GraphQLList):
        items = [_value(each, kind.of_type, None) for each in node.values]
        return lambda variables: [each(variables) for each in items]
    if isinstance(node, ObjectValueNode) and isinstance(kind, GraphQLInputObjectType):
        return _object(node, kind)
    raise UnexpectedError


def _object(node: ObjectValueNode, kind: GraphQLInputObjectType) -> Read:
    if kind.is_one_of:
        raise UnexpectedError
    reads = _reads({each.name.value: each.value for each in node.fields}, kind.fields)

    def read(variables: Mapping[str, Any]) -> dict[str, Any]:
        found = ((name, each(variables)) for name, each in reads.items())
        return {name: value for name, value in found if value is not Undefined}

    return read


def _constant(node: Any, kind: Any) -> Read:
    value = coerce_input_literal(node, kind)
    if value is Undefined:
        raise UnexpectedError
    return _always(value)


def has_variable(node: Any) -> bool:
    stack = [node]
    while stack:
        value = stack.pop()
        if isinstance(value, VariableNode):
            return True
        stack += getattr(value, "values", None) or ()
        stack += [each.value for each in getattr(value, "fields", None) or ()]
    return False
