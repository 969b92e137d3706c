"""Fields with a permission: the only way a plugin's resolver gets into the schema."""

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from core.errors import OpsgraphError
from core.graph.context import Info


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


def field(*, permission: str, description: str, name: str | None = None) -> Callable[[Any], Any]:
    """Declare a resolver as a field that needs a permission; both stand in the description."""

    def decorate(resolver: Any) -> Any:
        return strawberry.field(
            resolver=resolver,
            name=name,
            description=f"{description} Needs the permission `{permission}`.",
            extensions=[Require(permission)],
        )

    return decorate


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
