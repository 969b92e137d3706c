"""Whether everything in the schema is described, asks for a permission, and has a bound."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)
from strawberry.types.field import StrawberryField

from core.graph.fields import permission_of
from core.graph.tables import table_of_field
from core.kit.subject import Subject
from core.security.permissions import CORE_PERMISSIONS, ROLES

_BACKREF = "strawberry-definition"
_BOUNDS = ("first", "last", "limit")
BOUND_WORDS = "at most"
"""What the description of a list says when no argument bounds it."""


def descriptions(subject: Subject) -> Iterator[str]:
    """Every type, field, argument, input field and enum value; permissions, settings and the rest.

    Descriptions are all that people who ask have.
    """
    things: list[tuple[str, str | None]] = []
    for name, kind in subject.types.items():
        things.append((f"type {name}", kind.description))
        parts = {}
        if isinstance(kind, GraphQLEnumType):
            parts = kind.values
        elif isinstance(kind, GraphQLInputObjectType):
            parts = kind.fields
        things += [(f"{name}.{each}", part.description) for each, part in parts.items()]
    for (on, name), declared in subject.fields.items():
        things.append((f"field {on}.{name}", declared.description))
        things += [(f"argument {on}.{name}({k}:)", a.description) for k, a in declared.args.items()]
    things += _of_hooks(subject)
    for what, text in things:
        if not (text or "").strip():
            yield f"The {what} has no description."


def _of_hooks(subject: Subject) -> list[tuple[str, str | None]]:
    offer = subject.offer
    settings = type(offer.settings).model_fields if offer.settings is not None else {}
    return [
        ("plugin's module (its docstring)", offer.summary),
        *((f"permission {each.name}", each.description) for each in offer.permissions),
        *((f"job {each.name}", each.description) for each in offer.jobs),
        *((f"route {each.path}", each.description) for each in offer.routes),
        *((f"metric {each.key}", each.definition) for each in offer.metrics),
        *((f"command {each.name}", each.help) for each in offer.commands),
        *((f"example {each.title}", each.description) for each in offer.examples),
        *((f"setting {name}", each.description) for name, each in settings.items()),
    ]


def permissions(subject: Subject) -> Iterator[str]:
    """Resolvers of nested types and routes, too; and roles exist."""
    offer = subject.offer
    own = subject.registry.permissions_of(subject.name)
    known = own | {each.name for each in CORE_PERMISSIONS}
    for permission in offer.permissions:
        for role in permission.roles:
            if role not in ROLES:
                yield f"The permission {permission.name!r} names the role {role!r}; there are: " + (
                    f"{', '.join(ROLES)}."
                )
    for route in offer.routes:
        if route.permission not in own:
            yield f"The route {route.path!r} must ask for a permission of the plugin's own."
    for where, declared in _resolvers(subject):
        asked = permission_of(declared)
        if asked is None:
            yield f"{where} asks for no permission: declare it with core.graph.fields.field."
        elif asked not in known:
            yield f"{where} asks for {asked!r}, which opsgraph_permissions does not name."


def bounded_lists(subject: Subject) -> Iterator[str]:
    """A list that Python makes says how long it can get: by an argument, or in its description.

    Connections are bounded by the engine. What is a page or a payload of core's is core's.
    """
    for (on, name), declared in subject.fields.items():
        kind = declared.type
        while isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        if not isinstance(kind, GraphQLList) or not _is_plugins_own(subject, on, declared):
            continue
        has_argument = any(each in declared.args for each in _BOUNDS)
        if not has_argument and BOUND_WORDS not in (declared.description or "").lower():
            yield (
                f"{on}.{name} is a list without a bound: make it a connection (`many`, `listing`), "
                f"give it an argument `first`, or say in its description how many there are "
                f"'{BOUND_WORDS}'."
            )


def _resolvers(subject: Subject) -> Iterator[tuple[str, StrawberryField]]:
    """The fields behind which the plugin's Python runs; a root's namespace is core's doing."""
    for (on, name), declared in subject.fields.items():
        back = _behind(declared)
        if back is None or back.base_resolver is None or table_of_field(back) is not None:
            continue
        if _is_of(subject, back.base_resolver.wrapped_func.__module__):
            yield f"{on}.{name}", back


def _is_plugins_own(subject: Subject, on: str, declared: GraphQLField) -> bool:
    """Whether Python of the plugin makes the value: not the engine, and not core's types."""
    back = _behind(declared)
    if back is None or table_of_field(back) is not None:
        return False
    if get_named_type(declared.type).name == "UserError":
        return False
    if back.base_resolver is not None:
        return _is_of(subject, back.base_resolver.wrapped_func.__module__)
    definition: Any = subject.schema.type_map[on].extensions.get(_BACKREF)
    return definition is not None and _is_of(subject, definition.origin.__module__)


def _is_of(subject: Subject, module: str) -> bool:
    return f"{module}.".startswith(f"{subject.offer.module}.")


def _behind(declared: GraphQLField) -> StrawberryField | None:
    back: StrawberryField | None = declared.extensions.get(_BACKREF)
    return back
