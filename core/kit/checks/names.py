"""Whether what a plugin brings says whose it is, so that no other plugin can clash with it."""

import re
from collections.abc import Iterator

from graphql import is_introspection_type

from core.kit.subject import Subject


def names(subject: Subject) -> Iterator[str]:
    """Tables, types, namespace, mutations, permissions, metrics and commands carry the name."""
    offer, prefix, spelled = subject.offer, subject.prefix, subject.names
    if offer.component is not None and offer.component.name != prefix:
        yield f"The component {offer.component.name!r} must be called {prefix!r}."
    part = offer.schema
    if part is not None and part.namespace not in (None, prefix, spelled.camel):
        yield f"The namespace {part.namespace!r} must be called {prefix!r}."
    for permission in offer.permissions:
        if not re.fullmatch(rf"{prefix}:[a-z]+", permission.name):
            yield f"The permission {permission.name!r} must be called '{prefix}:<verb>'."
    for metric in offer.metrics:
        if not metric.key.startswith(f"{prefix}_"):
            yield f"The metric {metric.key!r} must begin with '{prefix}_'."
    for command in offer.commands:
        if not re.fullmatch(rf"{re.escape(subject.name)}([ _-].+)?", command.name):
            yield f"The command {command.name!r} must begin with {subject.name!r}."
    yield from _types(subject)
    yield from _mutations(subject)


def _types(subject: Subject) -> Iterator[str]:
    """`SupplierOffer`; what belongs to a mutation may begin with its verb."""
    own = re.compile(rf"([A-Z][a-z]+)?{subject.names.pascal}([A-Z0-9].*)?")
    for name, kind in subject.types.items():
        if not is_introspection_type(kind) and not own.fullmatch(name):
            yield f"The GraphQL type {name!r} must begin with {subject.names.pascal!r}."


def _mutations(subject: Subject) -> Iterator[str]:
    """`updateSupplierOffer`: a verb, then the plugin, then what it is about."""
    pascal = subject.names.pascal
    own = re.compile(rf"[a-z]+{pascal}([A-Z0-9].*)?")
    for on, name in subject.fields:
        if on == "Mutation" and not own.fullmatch(name):
            yield f"The mutation {name!r} must be a verb and the name: 'update{pascal}…'."
