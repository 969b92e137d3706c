"""Keeps the code of plugins from hurting an answer: budgets, circuit breakers, nullable fields.

What a plugin's resolver raises unexpectedly, again and again, is cut off for a while and answers
`PLUGIN_UNAVAILABLE`. A third party's fields that run Python are nullable in the schema, whatever
their declaration says: one that is cut off is null, and the rest of the answer stays.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, GraphQLSchema
from strawberry.types.field import StrawberryField

from core.errors import OpsgraphError, PluginUnavailableError
from core.graph.declare import Computed
from core.graph.tables import TableValue, table_of_field
from core.registry import Breaker, Registry

_BACKREF = "strawberry-definition"
GUARD = "opsgraph_guard"
"""Where a field of the schema keeps its breaker."""
THREADS = 4
"""Synchronous resolvers of one plugin that run at a time; one that hangs keeps its thread."""

Owners = Mapping[tuple[str, str], str]


def guard(schema: GraphQLSchema, registry: Registry, owners: Owners) -> None:
    """Put a breaker around every field of the schema that runs a plugin's Python."""
    threads = {name: anyio.CapacityLimiter(THREADS) for name in registry.third_parties}
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, declared in kind.fields.items():
                plugin = _plugin_of(registry, owners, kind.name, name, declared)
                if plugin is not None:
                    breaker = registry.guards.of(plugin, f"{kind.name}.{name}")
                    _guard(declared, breaker, threads.get(plugin))


def breaker_of(declared: GraphQLField) -> Breaker | None:
    """The breaker around a field."""
    found: Breaker | None = declared.extensions.get(GUARD)
    return found


def guarded_compute(declared: GraphQLField, compute: Callable[..., Any]) -> Callable[..., Any]:
    """A computed field's function for compiled rows: refuses while the field is cut off.

    What it raises is counted where its place in the answer is known, when the field is asked
    again by itself.
    """
    breaker = breaker_of(declared)
    if breaker is None:
        return compute

    def call(*values: Any) -> Any:
        if not breaker.in_a_row:
            return compute(*values)
        breaker.check()
        found = compute(*values)
        breaker.succeeded()  # at once: the next row of this page asks too
        return found

    return call


def call_guarded(declared: GraphQLField, context: Any, work: Callable[[], Any]) -> Any:
    """What a synchronous piece of a field gives, with its success or failure noted."""
    breaker = breaker_of(declared)
    if breaker is None:
        return work()
    breaker.check()
    try:
        found = work()
    except OpsgraphError:
        raise
    except Exception:
        _blame(breaker, context)
        raise
    breaker.succeeded()
    return found


def _plugin_of(
    registry: Registry, owners: Owners, kind: str, name: str, declared: GraphQLField
) -> str | None:
    """The plugin whose Python runs behind a field."""
    back: StrawberryField | None = declared.extensions.get(_BACKREF)
    if back is None:
        return None
    table = table_of_field(back)
    if table is not None:
        is_computed = isinstance(table, TableValue) and isinstance(table.declared, Computed)
        owner = owners.get((kind, name), "core") if is_computed else "core"
        return None if owner == "core" else owner
    if back.base_resolver is None:
        return None
    return registry.plugin_of(back.base_resolver.wrapped_func.__module__)


def _guard(declared: GraphQLField, breaker: Breaker, threads: anyio.CapacityLimiter | None) -> None:
    declared.extensions[GUARD] = breaker
    if threads is not None and isinstance(declared.type, GraphQLNonNull):
        declared.type = declared.type.of_type
    back: StrawberryField = declared.extensions[_BACKREF]
    if declared.subscribe is not None:
        declared.subscribe = _watched(declared.subscribe, breaker)
        return
    resolve = declared.resolve
    if back.base_resolver is None or resolve is None:
        return  # computed: `guarded_compute` and `call_guarded` are its way
    if back.base_resolver.is_async:
        declared.resolve = _within_budget(resolve, breaker)
    elif threads is not None:
        declared.resolve = _within_budget(partial(_in_thread, resolve, threads), breaker)
    else:
        declared.resolve = _noted(resolve, declared)


def _within_budget(resolve: Callable[..., Any], breaker: Breaker) -> Callable[..., Any]:
    """A resolver that may take so long and no longer."""

    async def run(source: Any, info: Any, **arguments: Any) -> Any:
        breaker.check()
        deadline = asyncio.timeout(breaker.limits.seconds)
        try:
            async with deadline:
                found = resolve(source, info, **arguments)
                if inspect.isawaitable(found):
                    found = await found
        except OpsgraphError:
            raise
        except Exception as error:
            _blame(breaker, info.context)
            if deadline.expired():
                raise PluginUnavailableError(
                    f"{breaker.what} of the plugin {breaker.plugin!r} took longer than "
                    f"{breaker.limits.seconds:g} seconds."
                ) from error
            raise
        breaker.succeeded()
        return found

    return run


def _watched(subscribe: Callable[..., Any], breaker: Breaker) -> Callable[..., Any]:
    """A subscription whose fault counts as a failure, and any other end as a success."""

    async def run(source: Any, info: Any, **arguments: Any) -> Any:
        breaker.check()
        found = subscribe(source, info, **arguments)
        events = await found if inspect.isawaitable(found) else found

        async def watch() -> Any:
            async with aclosing(events):
                try:
                    async for event in events:
                        yield event
                except OpsgraphError:
                    raise
                except Exception:
                    _blame(breaker, info.context)
                    raise
                breaker.succeeded()

        return watch()

    return run


async def _in_thread(
    resolve: Callable[..., Any],
    threads: anyio.CapacityLimiter,
    source: Any,
    info: Any,
    **arguments: Any,
) -> Any:
    """A third party's synchronous resolver, off the event loop, which it could stop."""
    work = partial(resolve, source, info, **arguments)
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=threads)


def _noted(resolve: Callable[..., Any], declared: GraphQLField) -> Callable[..., Any]:
    def run(source: Any, info: Any, **arguments: Any) -> Any:
        work = partial(resolve, source, info, **arguments)
        return call_guarded(declared, info.context, work)

    return run


def _blame(breaker: Breaker, context: Any) -> None:
    """Note a failure, once per request however many rows it asked for."""
    if breaker not in context.blamed:
        context.blamed.add(breaker)
        breaker.failed()
