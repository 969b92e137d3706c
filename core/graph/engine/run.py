"""Runs plans: binds what is asked, reads rows through the read door, builds the answer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, TypeVar

from graphql import OperationType, VariableNode
from graphql.execution.values import VariableValues, get_argument_values

from core.errors import OverloadedError, TimedOutError
from core.graph.context import Context
from core.graph.declare import NodeSpec
from core.graph.engine.asking import Asked, ask_keys, check_ids, read_id
from core.graph.engine.operation import Branch, Compiled, Entry, Fixed, Operations
from core.graph.engine.plan import Plan
from core.graph.engine.values import Partial, make_id, time_text

T = TypeVar("T")


@dataclass
class Trace:
    """What `explain` tells of one plan: its statements, and what they cost."""

    plan: Plan
    sql: str
    values: Sequence[Any]
    rows: int
    read_ms: float
    build_ms: float


class NotWholeError(Exception):
    """The id of a request names a type of which a resolver takes part."""


@dataclass
class Reading:
    """The table-shaped part of one request."""

    context: Context
    operations: Operations
    compiled: Compiled
    variables: VariableValues
    traces: list[Trace] | None = None
    was_whole: bool = False

    async def surely(self, attempt: Callable[[Compiled], Awaitable[T]]) -> T:
        """Read with what was compiled; if that fails, once more with what is left to graphql-core.

        Reads have no side effects, and the second time every error is raised where it belongs.
        """
        if self.compiled.scene.careful:
            return await attempt(self.compiled)
        try:
            return await attempt(self.compiled)
        except (OverloadedError, TimedOutError):
            raise  # asking once more would make it worse
        except Exception:
            self.be_careful()
            return await attempt(self.compiled)

    def be_careful(self) -> None:
        """From now on leave to graphql-core whatever could fail."""
        scene = self.compiled.scene
        self.compiled = Compiled(
            replace(scene, actor=self.context.actor, variables=self.variables, careful=True)
        )

    async def whole(self) -> dict[str, Any]:
        """The answer of an operation that was compiled whole."""
        assert self.compiled.whole is not None
        found = await self._object(self.compiled.whole)
        self.was_whole = True
        return found

    async def _object(self, parts: Sequence[Entry | Branch | Fixed]) -> dict[str, Any]:
        if len(parts) == 1:
            return {parts[0].key: await self._part(parts[0])}
        found = await asyncio.gather(*map(self._part, parts))
        return {part.key: value for part, value in zip(parts, found, strict=True)}

    async def _part(self, part: Entry | Branch | Fixed) -> Any:
        if isinstance(part, Fixed):
            return part.value
        if isinstance(part, Branch):
            return await self._object(part.entries)
        if part.plan is None:
            return await self._whole_node(self._id(part), part.details)
        return await self.entry(part.plan)

    async def entry(self, plan: Plan) -> Any:
        """A connection or aggregates."""
        asked = plan.constant or plan.asked(self.variables, self.context.actor)
        statements = plan.statements(asked)
        reads = []
        if statements.rows:
            reads.append(self.rows(plan, statements.rows, asked))
        if statements.sidecar:
            counted = asked[0].without_rows(keep_filter="total" in plan.sidecar)
            reads.append(self.rows(plan, statements.sidecar, [counted]))
        found = [await reads[0]] if len(reads) == 1 else list(await asyncio.gather(*reads))
        total, as_of = self._sidecar(plan, found.pop()[0] if statements.sidecar else ())
        return self.build(plan, found[0] if found else (), asked, total, as_of)

    def _sidecar(self, plan: Plan, row: Sequence[Any]) -> tuple[Any, Any]:
        values = dict(zip(plan.sidecar, row, strict=True))
        as_of = values.get("as_of")
        return values.get("total"), time_text(as_of) if isinstance(as_of, str) else as_of

    def _id(self, part: Entry) -> str:
        """The argument of `node`; a variable, as nearly always, is coerced already."""
        node = part.details[0].node
        [argument] = node.arguments or ()
        value = argument.value
        if isinstance(value, VariableNode):
            given: str = self.variables.coerced[value.name.value]
            return given
        root = self.compiled.scene.catalog.schema.query_type
        assert root is not None
        read = get_argument_values(root.fields["node"], node, self.variables, None, True)
        found: str = read["id"]
        return found

    async def _whole_node(self, global_id: str, details: Any) -> Any:
        spec, key = self.read_id(global_id)
        if self.compiled.by_key(spec.name, details).partial:
            raise NotWholeError
        found = await self.by_key(spec, [key], details)
        node = next(iter(found.values()), None)
        if type(node) is Partial:  # the second, careful reading left something to graphql-core
            raise NotWholeError
        return node

    async def node(self, global_id: str, details: Any) -> Any:
        """A row by its global id, whatever its type; None if there is none."""
        spec, key = self.read_id(global_id)
        found = await self.by_key(spec, [key], details)
        return next(iter(found.values()), None)

    def read_id(self, global_id: str) -> tuple[NodeSpec, tuple[Any, ...]]:
        """Type and key of a global id, which the actor may read."""
        spec, key = read_id(self.compiled.scene.catalog.specs, global_id)
        self.context.actor.require(spec.permission, f"The type {spec.name!r}")
        return spec, key

    async def nodes(self, ids: Sequence[str], details: Any) -> list[Any]:
        """Rows by their global ids, one statement per type; an Exception where an id is wrong."""
        check_ids(ids)
        known: list[tuple[NodeSpec, tuple[Any, ...]] | Exception] = []
        for each in ids:
            try:
                known.append(self.read_id(each))
            except Exception as error:
                known.append(error)
        loads = [
            each if isinstance(each, Exception) else self.load(each[0], each[1], details)
            for each in known
        ]
        return [each if isinstance(each, Exception) else await each for each in loads]

    def load(self, spec: NodeSpec, key: tuple[Any, ...], details: Any) -> Awaitable[Any]:
        """A row by its key, read in one statement with all that are asked for in the same go."""

        async def load(keys: Sequence[tuple[Any, ...]]) -> list[Any]:
            found = await self.by_key(spec, keys, details)
            return [found.get(make_id(spec.name, *each)) for each in keys]

        nodes = tuple(id(each.node) for each in details)
        return self.context.batch(("by key", spec.name, nodes), load).load(key)

    async def by_key(
        self, spec: NodeSpec, keys: Sequence[tuple[Any, ...]], details: Any
    ) -> dict[str, Any]:
        """Rows by their keys, as a dictionary by global id."""
        return await self.surely(
            lambda compiled: self._by_key(compiled.by_key(spec.name, details), spec, keys)
        )

    async def _by_key(
        self, plan: Plan, spec: NodeSpec, keys: Sequence[tuple[Any, ...]]
    ) -> dict[str, Any]:
        given = ask_keys(spec, self.operations.dialect, keys)
        asked = [given, *plan.asked(self.variables, self.context.actor, after=1)]
        rows = await self.rows(plan, plan.statements(asked).rows, asked)
        found: dict[str, Any] = self.build(plan, rows, asked, None, None)
        return found

    async def rows(
        self, plan: Plan, sql: str, asked: Sequence[Asked], *, change: bool = False
    ) -> Sequence[Any]:
        context = self.context
        values: list[Any] = [context.merchant_id]
        for each in asked:
            values += each.values
        if change:
            return await context.db.change(context.merchant_id, sql, values)
        # What a mutation has just written must be seen, so no replica will do.
        fresh = self.compiled.scene.operation.operation is OperationType.MUTATION
        if self.traces is None:
            return await context.db.fetch(context.merchant_id, sql, values, fresh=fresh)
        start = perf_counter()
        rows = await context.db.fetch(context.merchant_id, sql, values, fresh=fresh)
        took = (perf_counter() - start) * 1000
        self.traces.append(Trace(plan, sql, values, len(rows), took, 0.0))
        return rows

    def build(
        self, plan: Plan, rows: Sequence[Any], asked: Sequence[Asked], total: Any, as_of: Any
    ) -> Any:
        if self.traces is None:
            return plan.build(rows, asked, total, as_of)
        start = perf_counter()
        built = plan.build(rows, asked, total, as_of)
        took = (perf_counter() - start) * 1000
        for trace in self.traces:
            trace.build_ms = trace.build_ms or (took if trace.plan is plan else 0.0)
        return built
