"""Makes GraphQL fields of relations and root connections, once all types of a schema are known."""

import inspect
import json
from collections.abc import Sequence
from typing import Annotated, Any, cast

import strawberry
from strawberry.types.field import StrawberryField

from core.graph import rows
from core.graph.connection import (
    DEFAULT_SIZE,
    MAX_SIZE,
    Connection,
    Source,
    rows_as_nodes,
    span_of,
)
from core.graph.context import Context, Info
from core.graph.cursor import Key
from core.graph.declare import Many, NodeSpec, One
from core.graph.fields import field
from core.graph.filters import conditions, filter_input, order_input, order_keys

_ARGUMENTS = {
    "filter": "Only rows that meet all of these conditions.",
    "order_by": "What to sort by, the most important first; three at the most.",
    "first": f"How many rows, {MAX_SIZE} at the most; {DEFAULT_SIZE} if not said.",
    "after": "Only rows that follow this cursor; for paging forward, with `first`.",
    "last": f"How many rows from the end, {MAX_SIZE} at the most.",
    "before": "Only rows that precede this cursor; for paging backward, with `last`.",
}

_NOTHING = (None, strawberry.UNSET)


def connection_field(spec: NodeSpec, description: str, name: str) -> StrawberryField:
    """A root field that pages through all rows of a type."""

    async def resolve(root: Any, info: Info, **arguments: Any) -> Any:
        context = info.context
        keys, where = _asked(context, spec, arguments)
        span = span_of(keys, *_paging(arguments))
        return Connection(
            source=Source(spec, keys, lambda: rows.count(context, spec, where)),
            page=await rows.page(context, spec, keys, where, span),
        )

    return _connection(resolve, spec, description, name)


def relation_field(
    owner: NodeSpec, target: NodeSpec, name: str, relation: One | Many
) -> StrawberryField:
    """The field of a relation."""
    if isinstance(relation, One):
        return _one(target, name, relation)
    return _many(owner, target, name, relation)


def _one(target: NodeSpec, name: str, relation: One) -> StrawberryField:
    async def load(context: Context, values: Sequence[Any]) -> list[Any]:
        return rows_as_nodes(target, await rows.by_column(context, target, relation.on, values))

    async def resolve(root: Any, info: Info) -> Any:
        value = root.row[relation.by]
        if value is None:
            return None
        context = info.context
        loader = context.batch(
            ("one", target.name, relation.on), lambda values: load(context, values)
        )
        return await loader.load(value)

    resolve.__annotations__["return"] = target.cls | None
    made = field(permission=target.permission, description=relation.description)(resolve)
    return _named(made, name)


def _many(owner: NodeSpec, target: NodeSpec, name: str, relation: Many) -> StrawberryField:
    async def resolve(root: Any, info: Info, **arguments: Any) -> Any:
        context = info.context
        keys, where = _asked(context, target, arguments)
        span = span_of(keys, *_paging(arguments))

        async def load(parents: Sequence[Any]) -> list[Any]:
            return await rows.pages_by_parent(
                context, target, keys, where, span, relation.by, parents
            )

        async def load_counts(parents: Sequence[Any]) -> list[int]:
            return await rows.counts_by_parent(context, target, where, relation.by, parents)

        key = (owner.name, name, json.dumps(_plain(arguments), sort_keys=True))
        parent = root.row[relation.on]
        counts = context.batch(("count", *key), load_counts)
        return Connection(
            source=Source(target, keys, lambda: counts.load(parent)),
            page=await context.batch(("many", *key), load).load(parent),
        )

    return _connection(resolve, target, relation.description, name)


def _connection(resolve: Any, spec: NodeSpec, description: str, name: str) -> StrawberryField:
    """Give the resolver the arguments of a connection of this type."""
    kinds: dict[str, Any] = {
        "filter": filter_input(spec.name, spec.cls) | None,
        "order_by": list[order_input(spec.name, spec.cls)] | None,  # type: ignore[misc]
        "first": int | None,
        "after": str | None,
        "last": int | None,
        "before": str | None,
    }
    if not any(declared.filter for declared in spec.columns.values()):
        del kinds["filter"]
    arguments = {
        each: Annotated[kind, strawberry.argument(description=_ARGUMENTS[each])]
        for each, kind in kinds.items()
    }
    # Nullable: without the permission this field alone is null, not all that holds it.
    resolver = _with_arguments(resolve, arguments, Connection[spec.cls] | None)  # type: ignore[name-defined]
    return _named(field(permission=spec.permission, description=description)(resolver), name)


def _with_arguments(resolve: Any, arguments: dict[str, Any], returns: Any) -> Any:
    """A resolver whose signature names these arguments, all optional, as Strawberry reads it."""

    async def made(root: Any, info: Info, **given: Any) -> Any:
        known = {name: value for name, value in given.items() if value is not strawberry.UNSET}
        return await resolve(root, info, **dict.fromkeys(_ARGUMENTS) | known)

    plain = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter("root", plain, annotation=Any),
        inspect.Parameter("info", plain, annotation=Info),
        *(
            inspect.Parameter(name, plain, default=strawberry.UNSET, annotation=kind)
            for name, kind in arguments.items()
        ),
    ]
    signature = inspect.Signature(parameters, return_annotation=returns)
    made.__signature__ = signature  # type: ignore[attr-defined]
    made.__annotations__ = {"root": Any, "info": Info, **arguments, "return": returns}
    return made


def _asked(
    context: Context, spec: NodeSpec, arguments: dict[str, Any]
) -> tuple[tuple[Key, ...], tuple[Any, ...]]:
    """The order and the conditions of a connection's arguments."""
    order = order_keys(spec, arguments.get("order_by"))
    keys = rows.sort_keys(context, spec, order)
    return keys, tuple(conditions(spec, arguments.get("filter")))


def _paging(arguments: dict[str, Any]) -> tuple[int | None, str | None, int | None, str | None]:
    return arguments["first"], arguments["after"], arguments["last"], arguments["before"]


def _plain(value: Any) -> Any:
    """Arguments as plain data, for a batch's name."""
    if strawberry.types.has_object_definition(value):
        return _plain(vars(value))
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item not in _NOTHING}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, (int, float, bool)) or value is None else str(value)


def _named(made: Any, name: str) -> StrawberryField:
    declared = cast(StrawberryField, made)
    declared.python_name = name
    return declared
