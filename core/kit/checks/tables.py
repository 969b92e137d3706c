"""Whether every table belongs to merchants, and is read through indexes that begin with one."""

from collections.abc import Iterator

from sqlalchemy import Table
from sqlmodel import SQLModel

from core.db.upsert import table_of
from core.graph.declare import Many, One
from core.kit.subject import Subject
from core.models import MerchantTable


def tables(subject: Subject) -> Iterator[str]:
    """Each is a `MerchantTable` whose keys and indexes the merchant leads, relations' included."""
    for model in subject.tables:
        name = table_of(model).name
        if not issubclass(model, MerchantTable):
            yield f"The table {name!r} must be a MerchantTable: nothing keeps it to one merchant."
            continue
        for index in [_primary(table_of(model)), *_indexes(table_of(model))]:
            if index[0] != "merchant_id":
                yield f"A key or index of {name!r} must begin with merchant_id: {', '.join(index)}."
    yield from _unindexed(subject)


def _unindexed(subject: Subject) -> Iterator[str]:
    """Relations that lead to the plugin's tables by a column no index finds."""
    own: dict[str, type[SQLModel]] = {table_of(each).name: each for each in subject.tables}
    specs = subject.stand.schema.specs
    for spec in specs.values():
        for field_name, relation in spec.relations.items():
            target = specs.get(relation.target)
            table = table_of(target.model) if target is not None else None
            if table is None or table.name not in own:
                continue
            column = _looked_up(relation)
            keys = [_primary(table), *_indexes(table)]
            if not any(key[:2] == ("merchant_id", column) for key in keys):
                yield (
                    f"{spec.name}.{field_name} looks rows of {table.name!r} up by {column!r}, and "
                    f"no index finds them: by({table.name!r}, {column!r}) in __table_args__."
                )


def _looked_up(relation: One | Many) -> str:
    return relation.by if isinstance(relation, Many) else relation.on


def _primary(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


def _indexes(table: Table) -> list[tuple[str, ...]]:
    return [tuple(column.name for column in index.columns) for index in table.indexes]
