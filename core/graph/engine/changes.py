"""Declared mutations of one row: what the input asks for, and the change where SQL needs a session.

On PostgreSQL `sql` writes change, audit entry and selection as one statement. SQLite cannot write
inside a query, and a selection that reads the changed table once more would see it as it was
before: there the change is a unit of work, and the selection is read afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlmodel import SQLModel, update
from strawberry.utils.str_converters import to_camel_case

from core.db import MerchantSession
from core.db.upsert import table_of
from core.errors import InputError, NotFoundError
from core.graph.context import Context
from core.graph.declare import NodeSpec
from core.graph.engine.asking import Asked, read_id
from core.graph.engine.catalog import is_nullable, is_personal
from core.graph.engine.dialects import Dialect, kind_of_column
from core.graph.scalars import moment
from core.graph.tables import TableChange
from core.models import random_id
from core.security.audit import audit


@dataclass(frozen=True)
class Changing:
    """One change of one row, as asked for and checked."""

    spec: NodeSpec
    key: tuple[Any, ...]
    columns: Mapping[str, Any]
    action: str

    @property
    def detail(self) -> dict[str, Any]:
        """What the audit log shows: new values, personal ones left out."""
        return {
            name: "***" if is_personal(self.spec, name) else value
            for name, value in self.columns.items()
        }

    @property
    def entity_id(self) -> str:
        """The row, as the audit log names it."""
        return "/".join(map(str, self.key))


def read_change(
    specs: Mapping[str, NodeSpec], table: TableChange, given: Mapping[str, Any]
) -> Changing:
    """The change that an input asks for; InputError when it makes no sense."""
    spec = specs[table.target]
    found, key = read_id(specs, given["id"])
    if found is not spec:
        raise InputError(f"This is the id of {found.name}, not of {spec.name}.", path=["id"])
    columns: dict[str, Any] = {}
    for name in table.change.fields:
        field, column = to_camel_case(name), spec.column_of(name)
        value = given.get(field)
        if field in given and (value is not None or is_nullable(spec, column)):
            columns[column] = _checked(spec, field, column, value)
    if not columns:
        names = " or ".join(map(to_camel_case, table.change.fields))
        raise InputError(f"Say what to change: {names}.", path=["input"])
    return Changing(spec, key, columns, table.change.action)


def _checked(spec: NodeSpec, field: str, column: str, value: Any) -> Any:
    kind = kind_of_column(spec, column)
    path = ["input", field]
    if value is None:
        return None
    if kind == "text":
        check_length(spec.model, column, value, path)
        if not value.strip() and not is_nullable(spec, column):
            raise InputError(f"{field} must not be empty.", path=path)
    if kind == "int" and not -(2**63) <= value < 2**63:
        raise InputError(f"The number in {field} is out of range.", path=path)
    return moment(value, path) if kind == "time" else value


def check_length(model: type[SQLModel], column: str, text: str, path: list[str]) -> None:
    """PostgreSQL refuses what is longer than its column, SQLite stores it."""
    most = getattr(table_of(model).columns[column].type, "length", None)
    if most is not None and len(text) > most:
        raise InputError(f"{path[-1]} has {most} characters at the most.", path=path)


def ask_change(changing: Changing, dialect: Dialect, context: Context) -> Asked:
    """The change as a shape and its values: keys, new values, and the audit entry."""
    spec = changing.spec
    keys = [
        dialect.value_in(kind_of_column(spec, name), value)
        for name, value in zip(spec.key_columns, changing.key, strict=True)
    ]
    columns = [
        dialect.value_in(kind_of_column(spec, name), value)
        for name, value in changing.columns.items()
    ]
    entity = changing.action.partition(".")[0]
    noted = [
        random_id(),
        dialect.value_in("time", context.now),
        context.actor.name,
        changing.action,
        entity,
        changing.entity_id,
        orjson.dumps(changing.detail, default=str).decode(),
    ]
    shape = ("change", tuple(changing.columns))
    return Asked(shape, [*keys, *columns, *noted])


def not_found(changing: Changing) -> NotFoundError:
    """The answer to a change of a row that does not exist."""
    return NotFoundError(f"There is no such {changing.spec.name}.", path=["input", "id"])


async def change_in_session(changing: Changing, context: Context) -> None:
    """Carry a change out as a unit of work; NotFoundError when there is no such row."""
    spec = changing.spec
    model: Any = spec.model

    def work(session: MerchantSession) -> None:
        chosen = update(model).values(**changing.columns).returning(model.merchant_id)
        for name, value in zip(spec.key_columns, changing.key, strict=True):
            chosen = chosen.where(getattr(model, name) == value)
        if spec.only is not None:
            chosen = chosen.where(spec.only(model))
        statement = chosen.execution_options(synchronize_session=False)
        if session.execute(statement).first() is None:
            raise not_found(changing)
        entity = changing.action.partition(".")[0]
        entry = (context.actor.name, changing.action, entity, changing.entity_id, context.now)
        audit(session, *entry, **changing.detail)

    await context.db.run(context.merchant_id, work)
