"""Answers operations: compiled whole, compiled in parts, or executed as usual."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    ExecutionResult,
    GraphQLError,
    create_source_event_stream,
    located_error,
)
from graphql.execution.executor import default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable

from core.errors import OverloadedError, PermissionDeniedError, TimedOutError
from core.graph.context import Context
from core.graph.engine.catalog import Catalog
from core.graph.engine.deeds import carry_out
from core.graph.engine.executor import EngineExecutor
from core.graph.engine.operation import Branch, Entry, Fixed, Operation, Operations
from core.graph.engine.run import NotWholeError, Reading, Trace
from core.graph.tables import TableChange

MOST_VARIABLE_ERRORS = 20


@dataclass(frozen=True)
class Outcome:
    """Data and errors. `executed` is False when the variables did not fit."""

    data: Mapping[str, Any] | None
    errors: Sequence[GraphQLError] = ()
    executed: bool = True


class Engine:
    """The engine of one schema on one kind of database; one per process."""

    def __init__(self, catalog: Catalog, dialect: str, remembered: int = 1000) -> None:
        self.catalog = catalog
        self.operations = Operations(catalog, dialect, remembered)

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation to run; DocumentError when the document cannot be."""
        return self.operations.find(text, name)

    async def execute(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        context: Context,
        traces: list[Trace] | None = None,
    ) -> Outcome:
        """Run an operation. traces: a list that is to hear of every statement (`explain`)."""
        given = self._given(operation, variables)
        if isinstance(given, Outcome):
            return given
        compiled = self.operations.compiled(operation, context.actor, given)
        reading = Reading(context, self.operations, compiled, given, traces)
        context.reading = reading
        if compiled.whole is not None and operation.is_mutation:
            return await _deeds(reading, compiled.whole)
        if compiled.whole is not None:
            try:
                return Outcome(await reading.whole())
            except NotWholeError:
                pass
            except (OverloadedError, TimedOutError):
                raise  # asking once more would make it worse
            except Exception:
                # It is raised again below, where its place in the answer is known.
                reading.be_careful()
        return await self._ordinary(operation, given, context)

    async def _ordinary(
        self, operation: Operation, given: VariableValues, context: Context
    ) -> Outcome:
        """Run it with graphql-core, compiled parts inside."""
        return await _executed(self._executor(operation, given, context))

    def _executor(
        self, operation: Operation, given: VariableValues, context: Context, event: Any = None
    ) -> EngineExecutor:
        return EngineExecutor(
            self.catalog.schema,
            {name: each.definition for name, each in operation.fragments.items()},
            operation.fragments,
            event,
            context,
            operation.node,
            given,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,
        )

    async def subscribe(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        context: Callable[[], Context],
    ) -> AsyncGenerator[Outcome, None]:
        """An outcome for every event of a subscription. context: the asker's, made anew for each.

        The last outcome of a subscription that fails holds the error and no data.
        """
        given = self._given(operation, variables)
        if isinstance(given, Outcome):
            yield given
            return
        first = self._subscribing(operation, given, context())
        source: Any = create_source_event_stream(self._executor(operation, given, first))
        found = await source if optimized_is_awaitable(source) else source
        if isinstance(found, ExecutionResult):
            yield Outcome(None, found.errors or ())
            return
        events = cast(AsyncGenerator[Any, None], found)
        async with aclosing(events):
            while True:
                try:
                    event = await anext(events)
                except StopAsyncIteration:
                    return
                except Exception as error:
                    yield Outcome(None, [located_error(error, [operation.node])])
                    return
                now = self._subscribing(operation, given, context())
                outcome = await _executed(self._executor(operation, given, now, event))
                yield outcome
                if any(isinstance(e.original_error, PermissionDeniedError) for e in outcome.errors):
                    return

    def _subscribing(
        self, operation: Operation, given: VariableValues, context: Context
    ) -> Context:
        """The context of one event."""
        compiled = self.operations.compiled(operation, context.actor, given)
        context.reading = Reading(context, self.operations, compiled, given, None)
        return context

    def _given(
        self, operation: Operation, variables: Mapping[str, Any]
    ) -> VariableValues | Outcome:
        """The variables, or what is wrong with them."""
        given = operation.variables(variables)
        if isinstance(given, list):
            return Outcome(None, given, executed=False)
        nulls = [name for name in operation.choices if given.coerced.get(name) is None]
        if nulls:
            return Outcome(None, [_null_choice(name) for name in nulls], executed=False)
        return given


async def _executed(executor: EngineExecutor) -> Outcome:
    result: Any = executor.execute_operation()
    if optimized_is_awaitable(result):
        result = await result
    assert isinstance(result, ExecutionResult)
    return Outcome(result.data, result.errors or ())


def _null_choice(name: str) -> GraphQLError:
    """A variable with a default may be null, and @skip and @include can make nothing of that."""
    return GraphQLError(f"Variable '${name}' is null: @skip and @include need true or false.")


async def _deeds(reading: Reading, parts: Sequence[Entry | Branch | Fixed]) -> Outcome:
    """Declared mutations, one after the other; none is ever run twice."""
    data: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, Fixed):
            data[part.key] = part.value
            continue
        assert isinstance(part, Entry)
        assert isinstance(part.table, TableChange)
        try:
            data[part.key] = await carry_out(reading, part.table, part.details)
        except Exception as error:
            nodes = [each.node for each in part.details]
            return Outcome(None, [located_error(error, nodes, [part.key])])
    return Outcome(data)
