"""Which mapped classes of the merchants occur in a statement.

A criterion for a class costs as much as a small statement, so a session adds those that matter.
Whatever cannot be seen through counts as a mention of every class.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Column, Executable, Table
from sqlalchemy.orm import ColumnProperty, Mapper
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import ColumnClause, FromClause, TableClause
from sqlalchemy.sql.lambdas import LambdaElement
from sqlmodel import SQLModel

from core.models.base import MerchantTable
from core.models.merchant import Merchant

Classes: TypeAlias = tuple[type[SQLModel], ...]

OPEN = ("sqlalchemy.", "sqlmodel.", "core.db.functions.", "builtins.", "typing.", "abc.")
"""Modules whose kinds of expression show everything that they hold."""


class _Openness(dict[type, bool]):
    """Whether an expression, or a type, of this kind shows everything that it holds."""

    def __missing__(self, kind: type) -> bool:
        modules = (f"{each.__module__}." for each in kind.__mro__)
        is_lambda = issubclass(kind, LambdaElement)
        self[kind] = not is_lambda and all(each.startswith(OPEN) for each in modules)
        return self[kind]


_IS_OPEN = _Openness()


@dataclass(frozen=True)
class _Mapped:
    """What is mapped at the moment; `opaque` are tables whose classes bring other classes along."""

    classes: Classes
    opaque: frozenset[str]


def merchant_classes() -> Classes:
    """Every mapped class whose rows belong to a merchant, and the merchants themselves."""
    return _mapped().classes


def classes_in(statement: Any) -> Classes:
    """The merchants' classes that a statement may read or write, in a fixed order."""
    names: set[str] = set()
    for part in _parts(statement):
        if isinstance(part, TableClause):
            names.add(part.name)
        elif not _shows_all(part):
            return merchant_classes()
    mapped = _mapped()
    if not mapped.opaque.isdisjoint(names):
        return mapped.classes
    return tuple(each for each in mapped.classes if each.__tablename__ in names)


def _parts(statement: Any) -> Iterator[Any]:
    """All parts of a statement; also tables that an UPDATE names by their columns only."""
    seen: set[Any] = set()
    waiting = {statement}
    while waiting:
        tables: set[Any] = set()
        for start in waiting:
            for part in visitors.iterate(start):
                yield part
                if isinstance(part, FromClause):
                    seen.add(part)
                elif isinstance(part, ColumnClause) and part.table is not None:
                    tables.add(part.table)
        waiting = tables - seen


def _shows_all(part: Any) -> bool:
    """Whether the iteration goes on into everything that a part of a statement holds."""
    kind = type(part)
    if issubclass(kind, Executable):
        if part._with_options:
            return False  # an option may load other classes, or compare with them
        if any(not isinstance(join[0], FromClause) for join in getattr(part, "_setup_joins", ())):
            return False  # a relationship hides where it leads to
    return _IS_OPEN[kind] and _IS_OPEN[type(getattr(part, "type", None))]


def _mapped() -> _Mapped:
    return _mapped_now(len(SQLModel.metadata.tables))  # plugins add tables while they load


@cache
def _mapped_now(tables: int) -> _Mapped:
    mappers = sorted(SQLModel._sa_registry.mappers, key=lambda each: str(each.local_table))
    owned = (each.class_ for each in mappers if issubclass(each.class_, MerchantTable))
    return _Mapped((*owned, Merchant), frozenset(_names(m for m in mappers if not _is_plain(m))))


def _names(mappers: Iterable[Mapper[Any]]) -> Iterable[str]:
    return (table.name for mapper in mappers for table in mapper.tables)


def _is_plain(mapper: Mapper[Any]) -> bool:
    """No relationships, no inheritance, no sub-selects: rows of one table, and nothing else."""
    table = mapper.local_table
    return (
        isinstance(table, Table)
        and mapper.inherits is None
        and not mapper.polymorphic_map
        and all(_is_plain_attribute(each, table) for each in mapper.attrs)
    )


def _is_plain_attribute(attribute: Any, table: Table) -> bool:
    return isinstance(attribute, ColumnProperty) and all(
        isinstance(each, Column) and each.table is table for each in attribute.columns
    )
