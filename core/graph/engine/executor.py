"""Puts compiled parts into an ordinary graphql-core execution, where resolvers take part.

Table-shaped entry fields run their plan; what comes back is complete, or a `Partial` object, of
which only the fields that have resolvers are executed. A `Ref` that a resolver returns is read by
its key with all that is selected of it, together with its siblings.

These are semi-private methods of graphql-core's executor: `tests/graph/test_executor.py` holds
them in place, and `pyproject.toml` pins the minor version.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetails
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from core.graph.declare import Computed, Ref
from core.graph.engine.catalog import BACKREF, Catalog
from core.graph.engine.deeds import carry_out
from core.graph.engine.operation import Compiled
from core.graph.engine.plan import Plan
from core.graph.engine.run import Reading
from core.graph.engine.values import Items, Partial
from core.graph.fields import permission_of
from core.graph.guard import call_guarded
from core.graph.tables import TableChange, TableGroups, TableNode, TableOne, TablePage, TableValue

Info: TypeAlias = GraphQLResolveInfo[Any]
_MISSING = object()


class Done:
    """A value that is finished: graphql-core is to take it as it is."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class EngineExecutor(StrawberryGraphQLCoreExecutionContext):
    """An execution that knows compiled values."""

    def execute_field(
        self, parent_type: Any, source: Any, details: Any, path: Any, context: Any
    ) -> Any:
        """A field of a partial object is there already, or is executed on its node."""
        if type(source) is not Partial:
            return super().execute_field(parent_type, source, details, path, context)
        value = source.done.get(path.key, _MISSING)
        if value is _MISSING:
            return super().execute_field(parent_type, source.node, details, path, context)
        if type(value) is Partial or type(value) is Items:
            return self._walk(parent_type, value, details, path, context)
        return value

    def _walk(self, parent_type: Any, value: Any, details: Any, path: Any, context: Any) -> Any:
        """Complete a value that holds partial objects."""
        definition = self.schema.get_field(parent_type, details[0].node.name.value)
        assert definition is not None
        kind = definition.type
        nodes = [each.node for each in details]
        info = self.build_resolve_info(definition, nodes, parent_type, path)
        try:
            completed = self.complete_value(kind, details, info, path, value, context)
        except Exception as error:
            self.handle_field_error(error, kind, details, path)
            return None
        if self.is_awaitable(completed):
            return self._settled(completed, kind, details, path)
        return completed

    async def _settled(self, completed: Any, kind: Any, details: Any, path: Any) -> Any:
        try:
            return await completed
        except Exception as error:
            self.handle_field_error(error, kind, details, path)
            return None

    def complete_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, context: Any
    ) -> Any:
        """What is finished stays as it is."""
        if type(result) is Done:
            return result.value
        if type(result) is Ref and isinstance(return_type, GraphQLNonNull):
            found = super().complete_value(
                return_type.of_type, details, info, path, result, context
            )
            return self._required(found, info)
        return super().complete_value(return_type, details, info, path, result, context)

    async def _required(self, found: Any, info: Info) -> Any:
        """A reference that must lead somewhere."""
        value = await found
        if value is None:
            raise TypeError(
                f"Cannot return null for non-nullable field {info.parent_type}.{info.field_name}."
            )
        return value

    def complete_abstract_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, context: Any
    ) -> Any:
        """A reference knows its type."""
        if type(result) is Ref:
            kind = self.schema.type_map[result.spec.name]
            return self.complete_object_value(kind, details, info, path, result, context)
        if type(result) is Partial:
            kind = self.schema.type_map[result.kind]
            return self.complete_object_value(kind, details, info, path, result, context)
        return super().complete_abstract_value(return_type, details, info, path, result, context)

    def complete_object_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, context: Any
    ) -> Any:
        """A partial object is walked; a reference is read first."""
        if type(result) is Partial:
            return self.collect_and_execute_subfields(return_type, details, path, result, context)
        if type(result) is Ref:
            return self._referred(return_type, details, info, path, result, context)
        return super().complete_object_value(return_type, details, info, path, result, context)

    async def _referred(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Ref, context: Any
    ) -> Any:
        reading: Reading = self.context_value.reading
        self.context_value.actor.require(result.spec.permission, f"The type {result.spec.name!r}")
        found = await reading.load(result.spec, result.key, details)
        if type(found) is not Partial:
            return found
        walked = self.collect_and_execute_subfields(return_type, details, path, found, context)
        return await walked if self.is_awaitable(walked) else walked


def install(catalog: Catalog) -> None:
    """Give the table-shaped fields of a schema their resolvers."""
    for (kind, name), table in catalog.tables.items():
        parent = catalog.schema.type_map[kind]
        assert isinstance(parent, GraphQLObjectType)
        definition = parent.fields[name]
        match table:
            case TablePage(relation=None) | TableGroups(relation=None):
                definition.resolve = _entry(table, kind, definition)
            case TableChange():
                definition.resolve = _deed(table)
            case TableNode():
                definition.resolve = _nodes if table.many else _node
            case TablePage() | TableGroups() | TableOne() | TableValue():
                definition.resolve = _hole(table, kind, definition)

    subscriptions = catalog.schema.subscription_type
    for definition in subscriptions.fields.values() if subscriptions else ():
        definition.resolve = _event(permission_of(definition.extensions[BACKREF]) or "")


def _event(permission: str) -> Any:
    """The resolver of a subscription's events: who has lost the permission gets no more."""

    def resolve(event: Any, info: Info, **arguments: Any) -> Any:
        info.context.actor.require(permission, f"The field {info.field_name!r}")
        return event

    return resolve


def _details(info: Info) -> list[FieldDetails]:
    return [FieldDetails(node, None, None) for node in info.field_nodes]


def _entry(table: TablePage | TableGroups, kind: str, definition: GraphQLField) -> Any:
    """The resolver of a connection or of aggregates at the root or in a namespace."""

    async def resolve(source: Any, info: Info, **arguments: Any) -> Any:
        reading: Reading = info.context.reading
        info.context.actor.require(table.permission, f"The field {info.field_name!r}")
        details = _details(info)

        def plan(compiled: Compiled) -> Plan:
            return compiled.plan(table, kind, definition, details)

        return _finished(await reading.surely(lambda c: reading.entry(plan(c))))

    return resolve


def _deed(table: TableChange) -> Any:
    """The resolver of a declared mutation."""

    async def resolve(source: Any, info: Info, **arguments: Any) -> Any:
        info.context.actor.require(table.permission, f"The field {info.field_name!r}")
        return _finished(await carry_out(info.context.reading, table, _details(info)))

    return resolve


async def _node(source: Any, info: Info, id: str) -> Any:
    return _finished(await info.context.reading.node(id, _details(info)))


def _finished(found: Any) -> Any:
    return found if found is None or isinstance(found, (Partial, Exception)) else Done(found)


async def _nodes(source: Any, info: Info, ids: Sequence[str]) -> Any:
    found = await info.context.reading.nodes(ids, _details(info))
    return [_finished(each) for each in found]


def _hole(table: Any, kind: str, definition: GraphQLField) -> Any:
    """The resolver of a table-shaped field of a declared type: why it was not compiled."""

    def resolve(source: Any, info: Info, **arguments: Any) -> Any:
        if table.permission is not None:
            info.context.actor.require(table.permission, f"The field {info.field_name!r}")
        if isinstance(table, TableValue) and isinstance(table.declared, Computed):
            values = (source.row[name] for name in table.declared.needs)
            return call_guarded(definition, info.context, partial(table.declared.compute, *values))
        if isinstance(table, (TablePage, TableGroups)):
            asking = info.context.reading.compiled.scene.asking
            spec = asking.specs[table.target]
            read = asking.page if isinstance(table, TablePage) else asking.groups
            read(spec, arguments, info.context.actor)
        raise AssertionError(f"{kind}.{info.field_name} should have been compiled.")

    return resolve
