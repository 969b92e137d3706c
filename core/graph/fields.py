"""Fields with a permission: the only way a plugin's resolver gets into the schema."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import Enum
from inspect import get_annotations
from typing import Any, get_args

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from core.errors import OpsgraphError
from core.graph.context import Context, Info

_NEEDS = "opsgraph_needs"


class Require(FieldExtension):
    """Refuses a field to those without its permission, before the resolver runs."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        info.context.actor.require(self.permission, f"The field {info.field_name!r}")
        return next_(source, info, **arguments)

    async def resolve_async(
        self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any
    ) -> Any:
        info.context.actor.require(self.permission, f"The field {info.field_name!r}")
        found = next_(source, info, **arguments)
        return await found if inspect.isawaitable(found) else found


def field(
    *,
    permission: str,
    description: str,
    name: str | None = None,
    needs: tuple[str, ...] | None = None,
) -> Callable[[Any], Any]:
    """Declare a resolver as a field that needs a permission; both stand in the description.

    needs: on a declared type, the columns that the resolver reads from `self.row`; default: all.
    """

    def decorate(resolver: Any) -> Any:
        return strawberry.field(
            resolver=resolver,
            name=name,
            description=f"{description} Needs the permission `{permission}`.",
            extensions=[Require(permission)],
            metadata={_NEEDS: needs},
        )

    return decorate


Row = Mapping[str, Any]
"""The columns of a row, by their names."""


def batched(
    *, permission: str, description: str, needs: tuple[str, ...], name: str | None = None
) -> Callable[[Any], Any]:
    """Declare a resolver of a declared type's field that gets all its parents at once.

    It is an `async def` that takes the context and the parents' rows (with the columns of `needs`),
    and returns a list with one value per row, in their order; its return annotation says `list[T]`.
    """

    def decorate(load: Callable[[Context, Sequence[Row]], Awaitable[Sequence[Any]]]) -> Any:
        key = f"{load.__module__}.{load.__qualname__}"

        async def resolve(self: Any, info: Info) -> Any:
            context = info.context
            parents = context.batch(key, lambda rows: _loaded(load, context, rows))
            return await parents.load(_ByKey(tuple(map(self.row.get, needs)), self.row))

        resolve.__module__ = load.__module__  # whose field it is
        [kind] = get_args(get_annotations(load, eval_str=True)["return"])
        resolve.__annotations__["return"] = kind
        made = field(permission=permission, description=description, name=name, needs=needs)
        declared = made(resolve)
        declared.python_name = load.__name__
        return declared

    return decorate


async def _loaded(
    load: Callable[[Context, Sequence[Row]], Awaitable[Sequence[Any]]],
    context: Context,
    rows: Sequence["_ByKey"],
) -> Sequence[Any]:
    """The values of a batch; one that hangs ends a moment after those who wait for it."""
    async with asyncio.timeout(context.registry.guards.limits.seconds + 1):
        return await load(context, [row.row for row in rows])


@dataclass(frozen=True)
class _ByKey:
    """A row that equals another one with the same needed columns: both are loaded once."""

    key: tuple[Any, ...]
    row: Row = dataclass_field(compare=False)


def subscription(*, permission: str, description: str) -> Callable[[Any], Any]:
    """Declare an async generator as a subscription; whoever loses the permission hears no more.

    It is cancelled when the client goes. `info.context` is the one of the beginning.
    """

    def decorate(resolver: Any) -> Any:
        return strawberry.subscription(
            resolver=resolver,
            description=f"{description} Needs the permission `{permission}`.",
            extensions=[Require(permission)],
        )

    return decorate


def needs_of(declared: StrawberryField) -> tuple[str, ...] | None:
    """The columns that a field's resolver needs; None: all of them."""
    needs: tuple[str, ...] | None = declared.metadata.get(_NEEDS)
    return needs


def enumeration(cls: type[Enum], *, name: str, description: str, values: Mapping[Any, str]) -> None:
    """Show an enum that knows nothing of GraphQL, with a description of every value."""
    strawberry.enum(cls, name=name, description=description)
    definition: Any = cls.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[cls[value.name]]


def permission_of(declared: StrawberryField) -> str | None:
    """The permission a field needs, if it was declared with one."""
    for extension in declared.extensions:
        if isinstance(extension, Require):
            return extension.permission
    return None


@strawberry.type(description="Why a mutation did not do what was asked; nothing was changed.")
class UserError:
    code: str = strawberry.field(description="Stable code, e.g. BAD_INPUT.")
    path: list[str] = strawberry.field(description="The argument it is about.")
    message: str = strawberry.field(description="Who, what, and what to do.")


class Refused(FieldExtension):
    """Turns expected failures of a mutation into its payload's `userErrors`."""

    def __init__(self, payload: type) -> None:
        self.payload = payload

    async def resolve_async(
        self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any
    ) -> Any:
        try:
            return await next_(source, info, **arguments)
        except OpsgraphError as error:
            failed = UserError(code=error.code, path=error.path, message=error.message)
            return self.payload(user_errors=[failed])


def mutation(*, permission: str, description: str, payload: type) -> Callable[[Any], Any]:
    """Declare a mutation: its permission, and the payload that also carries `userErrors`.

    The payload's other fields must have defaults, for the case that nothing was done.
    """

    def decorate(resolver: Any) -> Any:
        return strawberry.field(
            resolver=resolver,
            description=f"{description} Needs the permission `{permission}`.",
            # The last extension is the outermost: without the permission it is an error of the
            # request, not of the input.
            extensions=[Refused(payload), Require(permission)],
        )

    return decorate
