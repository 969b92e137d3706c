"""The oracle: the schema's text executed by graphql-core, each field resolved in the naive way.

It shares the declarations with `core.graph`, and nothing else: rows come from lists, filters,
orders, pages, permissions and masks are decided in Python, one field of one row after another.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dateutil.parser import isoparse
from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    VariableNode,
    Visitor,
    build_schema,
    execute_sync,
    get_named_type,
    parse,
    validate,
    visit,
)

from core.graph.declare import Computed, Many, NodeSpec, One, Sql
from core.security.permissions import PERSONAL
from tests.graph.differential.aggregates import groups_of
from tests.graph.differential.conditions import rows_that_meet
from tests.graph.differential.declared import (
    Row,
    by_graphql_name,
    is_personal,
    is_table_shaped,
    kind_of,
    listings,
    manies,
    namespaces,
    ones,
    slot,
    specs,
)
from tests.graph.differential.pages import Key, Page, cursor_of, keys_of, page_of, span_of
from tests.graph.differential.plugin import FAVOURITE, NOWHERE
from tests.graph.differential.reader import Reader
from tests.graph.differential.texts import Refused, bad_input, global_id, id_parts, money, typed

MOST_IDS = 200
INVALID = "GRAPHQL_VALIDATION_FAILED"
_NEEDS = re.compile(r"Needs the permission `([^`]+)`")
Resolver = Callable[..., Any]
Of = tuple[Many | None, Sql | None]
"""Of what rows: those of a relation, or those that meet a listing's condition."""
REFERENCES = {
    ("AwkwardQuery", "favourite"): (FAVOURITE,),
    ("AwkwardQuery", "favourites"): (FAVOURITE, NOWHERE, 1),
}


@dataclass(frozen=True)
class Item:
    """A row as an object of its type."""

    spec: NodeSpec
    row: Row

    @property
    def id(self) -> str:
        return global_id(self.spec.name, [self.row[key] for key in self.spec.key_columns])


@dataclass(frozen=True)
class Asked:
    """A GraphQL request."""

    document: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation: str | None = None


class Plain:
    """Answers requests by the text of a schema."""

    def __init__(self, sdl: str) -> None:
        self.schema = build_schema(sdl)
        _attach_scalars(self.schema)
        for kind in self.schema.type_map.values():
            if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
                for name, each in kind.fields.items():
                    each.resolve = _resolver(kind.name, name, each)
        self.schema.type_map["Node"].resolve_type = lambda item, *_: item.spec.name  # type: ignore[attr-defined]

    def answer(self, asked: Asked, reader: Reader) -> dict[str, Any]:
        """The body of the answer; `data` is absent when nothing was executed."""
        document = parse(asked.document)
        errors = validate(self.schema, document)
        if errors:
            return {"errors": [_shown(error) for error in errors]}
        if has_undecided(document, asked.variables):
            return {"errors": [{"extensions": {"code": INVALID}}]}
        result = execute_sync(
            self.schema,
            document,
            context_value=reader,
            variable_values=dict(asked.variables),
            operation_name=asked.operation,
        )
        body = {"errors": [_shown(error) for error in result.errors]} if result.errors else {}
        executed = result.data is not None or any(e.path for e in result.errors or ())
        return body | ({"data": result.data} if executed else {})


def has_undecided(document: DocumentNode, values: Mapping[str, Any]) -> bool:
    """Whether a variable of @skip or @include is null, as one with a default may be.

    graphql-core makes an error of each object around such a directive; ours is one of the request.
    """
    finder = _Conditions()
    visit(document, finder)
    return any(name in finder.named and values.get(name, True) is None for name in values)


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.named: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        given = [each.value for each in node.arguments or ()]
        self.named |= {each.name.value for each in given if isinstance(each, VariableNode)}


def _shown(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    shown = {**error.formatted, "extensions": {"code": INVALID}}
    if isinstance(cause, Refused):
        argument = {"argument": cause.argument} if cause.argument else {}
        shown["extensions"] = {"code": cause.code, **argument}
    elif cause is not None and not isinstance(cause, GraphQLError):
        raise cause
    return shown


def _attach_scalars(schema: GraphQLSchema) -> None:
    scalars: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
        "Date": (_written, _reader_of("Date", date.fromisoformat)),
        "DateTime": (_written, _reader_of("DateTime", isoparse)),
        "BigInt": (int, _whole),
        "Decimal": (str, str),
    }
    for name, (write, read) in scalars.items():
        kind: Any = schema.type_map[name]
        kind.serialize = kind.coerce_output_value = write
        kind.parse_value = kind.coerce_input_value = read


def _written(value: Any) -> str:
    """A date as text; what the gateway itself said of an ordinary field is text already."""
    text: str = value if isinstance(value, str) else value.isoformat()
    return text


def _reader_of(name: str, read: Callable[[str], Any]) -> Callable[[Any], Any]:
    def of_text(value: Any) -> Any:
        if not isinstance(value, str):
            raise GraphQLError(f'Value cannot represent a {name}: "{value}". Expected a string.')
        try:
            return read(value)
        except ValueError as error:
            raise GraphQLError(f'Value cannot represent a {name}: "{value}". {error}') from None

    return of_text


def _whole(value: Any) -> int:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not float(value).is_integer():
        raise GraphQLError("BigInt is a whole number.")
    return int(value)


def _resolver(on: str, name: str, declared: GraphQLField) -> Resolver:
    """How a field of the schema is answered."""
    kind = get_named_type(declared.type).name
    if not is_table_shaped(on, name, kind):
        return _ordinary(f"{on}.{name}", declared)
    if (on, name) in REFERENCES:
        return _references(REFERENCES[on, name], declared)
    if on == "Query" or on in namespaces():
        return _root(on, name, declared)
    if on in specs():
        return _of_row(specs()[on], name)
    return lambda source, info, **_: source[name]


def _root(on: str, name: str, declared: GraphQLField) -> Resolver:
    kind = get_named_type(declared.type).name
    if kind == "Node":
        return _nodes if name == "nodes" else _node
    if kind in namespaces():
        return _namespace(declared)
    listing = listings().get((on, name.removesuffix("Aggregate"))) or listings().get((on, name))
    only = listing and listing.only
    if kind.endswith("Aggregate"):
        return _aggregate(specs()[kind.removesuffix("Aggregate")], only=only)
    return _connection(specs()[kind.removesuffix("Connection")], only=only)


def _namespace(declared: GraphQLField) -> Resolver:
    def resolve(_: Any, info: GraphQLResolveInfo) -> dict[str, Any]:
        info.context.require(_needed(declared), f"The field {info.field_name!r}")
        return {}

    return resolve


def _references(keys: tuple[int, ...], declared: GraphQLField) -> Resolver:
    """Orders that a resolver of `plugin.AwkwardQuery` refers to."""
    spec = specs()["Order"]

    def resolve(_: Any, info: GraphQLResolveInfo) -> Any:
        info.context.require(_needed(declared), f"The field {info.field_name!r}")
        known = {row["id"]: Item(spec, row) for row in info.context.tables.of("Order")}
        found = [known.get(key) for key in keys]
        return found if len(keys) > 1 else found[0]

    return resolve


def _needed(declared: GraphQLField) -> str | None:
    needs = _NEEDS.search(declared.description or "")
    return needs and needs[1]


def _of_row(spec: NodeSpec, name: str) -> Resolver:
    """The field of a type over a table."""
    columns, computed = by_graphql_name(spec.columns), by_graphql_name(spec.computed)
    if name == "id":
        return lambda item, info: item.id
    if name in columns:
        return _column(spec, columns[name][0])
    if name in computed:
        return _computed(computed[name][1])
    if name in ones(spec):
        return _one(ones(spec)[name])
    if name in manies(spec):
        return _connection(specs()[manies(spec)[name].target], manies(spec)[name])
    relation = manies(spec)[name.removesuffix("Aggregate")]
    return _aggregate(specs()[relation.target], relation)


def _column(spec: NodeSpec, name: str) -> Resolver:
    declared, place = spec.columns[name], slot(spec, name)

    def resolve(item: Item, info: GraphQLResolveInfo) -> Any:
        reader: Reader = info.context
        reader.require(declared.permission, f"The field {info.field_name!r}")
        value = item.row[place]
        if declared.currency is not None:
            return money(value, item.row[declared.currency])
        if declared.refers_to is not None and value is not None:
            return global_id(declared.refers_to, [value])
        is_hidden = is_personal(spec.name, place) and not reader.may(PERSONAL)
        return "***" if is_hidden and value else value

    return resolve


def _computed(declared: Computed) -> Resolver:
    def resolve(item: Item, info: GraphQLResolveInfo) -> Any:
        info.context.require(declared.permission, f"The field {info.field_name!r}")
        return declared.compute(*(item.row[name] for name in declared.needs))

    return resolve


def _one(relation: One) -> Resolver:
    target = specs()[relation.target]

    def resolve(item: Item, info: GraphQLResolveInfo) -> Item | None:
        _require(info, target)
        value = item.row[relation.by]
        rows = info.context.tables.of(target.name) if value is not None else []
        return next((Item(target, row) for row in rows if row[relation.on] == value), None)

    return resolve


def _require(info: GraphQLResolveInfo, target: NodeSpec) -> None:
    info.context.require(target.permission, f"The field {info.field_name!r}")


def _rows(info: GraphQLResolveInfo, target: NodeSpec, of: Of, item: Any) -> list[Row]:
    """All rows of a type, or those of a relation: null belongs to nothing."""
    relation, only = of
    rows: list[Row] = info.context.tables.of(target.name, only)
    if relation is None:
        return rows
    value = item.row[relation.on]
    return [row for row in rows if value is not None and row[relation.by] == value]


def _connection(
    target: NodeSpec, relation: Many | None = None, only: Sql | None = None
) -> Resolver:
    def resolve(item: Any, info: GraphQLResolveInfo, **given: Any) -> Any:
        reader: Reader = info.context
        _require(info, target)
        keys = keys_of(reader, target, given.get("orderBy"))
        rows = _rows(info, target, (relation, only), item)
        found = rows_that_meet(reader, target, given.get("filter"), rows)
        page = page_of(found, keys, span_of(keys, given))
        until = reader.tables.complete_until(target.stream)
        return _shown_page(target, keys, page) | {"totalCount": len(found), "asOf": until}

    return resolve


def _shown_page(target: NodeSpec, keys: list[Key], page: Page) -> dict[str, Any]:
    items, cursors = [Item(target, r) for r in page.rows], [cursor_of(keys, r) for r in page.rows]
    return {
        "edges": [{"cursor": c, "node": item} for c, item in zip(cursors, items, strict=True)],
        "nodes": items,
        "pageInfo": {
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _aggregate(target: NodeSpec, relation: Many | None = None, only: Sql | None = None) -> Resolver:
    def resolve(item: Any, info: GraphQLResolveInfo, **given: Any) -> Any:
        reader: Reader = info.context
        _require(info, target)
        rows = _rows(info, target, (relation, only), item)
        found = rows_that_meet(reader, target, given.get("filter"), rows)
        return groups_of(target, found, given)

    return resolve


def _node(_: Any, info: GraphQLResolveInfo, id: str) -> Item | None:
    name, keys = id_parts(id)
    spec = specs().get(name)
    if spec is None or len(keys) != len(spec.key_columns):
        raise bad_input("This is not an id of this server.", "id")
    try:
        wanted = [typed(kind_of(spec, c), k) for c, k in zip(spec.key_columns, keys, strict=True)]
    except (ValueError, TypeError):
        raise bad_input("This is not an id of this server.", "id") from None
    info.context.require(spec.permission, f"The type {name!r}")
    rows = info.context.tables.of(name)
    found = [row for row in rows if [row[column] for column in spec.key_columns] == wanted]
    return Item(spec, found[0]) if found else None


def _nodes(_: Any, info: GraphQLResolveInfo, ids: list[str]) -> list[Item | Refused | None]:
    if len(ids) > MOST_IDS:
        raise bad_input(f"nodes takes {MOST_IDS} ids at the most.", "ids")
    return [_node_or_refusal(info, each) for each in ids]


def _node_or_refusal(info: GraphQLResolveInfo, id: str) -> Item | Refused | None:
    try:
        return _node(None, info, id)
    except Refused as refused:
        return refused


def _ordinary(coordinate: str, declared: GraphQLField) -> Resolver:
    """A field that is no table's: what the gateway says to it when asked for it alone."""

    def resolve(source: Any, info: GraphQLResolveInfo, **_: Any) -> Any:
        reader: Reader = info.context
        reader.require(_needed(declared), f"The field {info.field_name!r}")
        return reader.ordinary[coordinate, source.id if isinstance(source, Item) else ""]

    return resolve
