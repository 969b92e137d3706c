"""GraphQL queries for all that a schema lists, made from the schema itself."""

from collections.abc import Iterator

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type
from graphql.type import is_required_argument


def listings(schema: GraphQLSchema) -> Iterator[str]:
    """A query for each listing of the root: fifty rows with all that is no row of its own."""
    assert schema.query_type is not None
    for name, field in schema.query_type.fields.items():
        connection = get_named_type(field.type)
        if not isinstance(connection, GraphQLObjectType) or "nodes" not in connection.fields:
            continue
        if "first" in field.args and not _needs_more(field):
            node = get_named_type(connection.fields["nodes"].type)
            if isinstance(node, GraphQLObjectType):
                yield f"{{ {name}(first: 50) {{ nodes {{ {_selection(node)} }} }} }}"


def _needs_more(field: GraphQLField) -> bool:
    return any(is_required_argument(each) for name, each in field.args.items() if name != "first")


def _selection(node: GraphQLObjectType) -> str:
    """The fields of a node without parameters, with the leaves of small objects such as money."""
    selected = ["__typename"]
    for name, field in node.fields.items():
        kind = get_named_type(field.type)
        if any(map(is_required_argument, field.args.values())):
            continue
        if is_leaf_type(kind):
            selected.append(name)
        elif isinstance(kind, GraphQLObjectType) and _is_small(kind):
            selected.append(f"{name} {{ {' '.join(kind.fields)} }}")
    return " ".join(selected)


def _is_small(kind: GraphQLObjectType) -> bool:
    return all(is_leaf_type(get_named_type(field.type)) for field in kind.fields.values())
