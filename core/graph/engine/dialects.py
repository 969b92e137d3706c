"""What the two databases spell differently, and how their values travel in and out."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Boolean, Date, Float, Integer, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel.sql.sqltypes import UTCDateTime

from core.db.upsert import table_of
from core.graph.declare import NodeSpec, Sql
from core.graph.inputs import bare
from core.models.base import MerchantTable

_ROW = "opsgraph_row"
_KINDS = (
    (UTCDateTime, "time"),
    (Date, "date"),
    (Boolean, "bool"),
    (Integer, "int"),
    (Float, "float"),
    (String, "text"),
)
_PYTHON_KINDS: dict[Any, str] = {
    str: "text",
    bool: "bool",
    int: "int",
    float: "float",
    date: "date",
    datetime: "time",
}


def kind_of_column(spec: NodeSpec, column: str) -> str:
    """`time`, `date`, `bool`, `int`, `float` or `text`: how a column's values travel."""
    return _kind_of(spec.model, column)


@cache
def _kind_of(model: type[MerchantTable], column: str) -> str:
    kind = table_of(model).columns[column].type
    return next((name for known, name in _KINDS if isinstance(kind, known)), "text")


def kind_of_type(declared: Any) -> str:
    """The same for the declared type of an expression."""
    return _PYTHON_KINDS.get(bare(declared), "int")


def quoted(name: str) -> str:
    """An identifier of ours; declarations are the only source of names."""
    return '"' + name.replace('"', '""') + '"'


class Dialect:
    """Spelling of SQL, and conversions of values. One object per process and database."""

    name: str
    engine: Any
    shows_before_sorting = False
    changes_in_a_query = False
    deepest = 20

    def __init__(self) -> None:
        self._expressions: dict[tuple[type, Sql], str] = {}

    def place(self, number: int, kind: str) -> str:
        """The placeholder of a value."""
        raise NotImplementedError

    def one_of(self, column: str, number: int, kind: str) -> str:
        """Whether a column is among a list, which is one value."""
        raise NotImplementedError

    def keys(self, columns: Sequence[tuple[str, str]], number: int) -> str:
        """Whether key columns (SQL and kind) are among rows of keys, one value per column."""
        raise NotImplementedError

    def sorted_as(self, column: str, kind: str) -> str:
        """A column as it is sorted and compared: text by its bytes on both databases."""
        return column

    def rows(self, columns: Sequence[str], rest: str, *, wide: bool) -> str:
        """A sub-select of many rows as one value."""
        raise NotImplementedError

    def bucket(self, column: str, bucket: str) -> str:
        """First day of the stretch of time a date lies in."""
        raise NotImplementedError

    def sum(self, column: str, kind: str) -> str:
        """A sum: of whole numbers as text, whatever its size; of floats as a float."""
        return f"sum({column})" if kind == "float" else self.whole_sum(column)

    def whole_sum(self, column: str) -> str:
        """A sum of whole numbers as text."""
        raise NotImplementedError

    def sum_reader(self, kind: str) -> str:
        """Source of an expression that turns `{}`, such a sum, into a number."""
        return self.reader(kind) if kind == "float" else self.whole_sum_reader

    whole_sum_reader = "int({})"

    def value_in(self, kind: str, value: Any) -> Any:
        """A value as the driver takes it."""
        raise NotImplementedError

    def list_in(self, kind: str, values: Sequence[Any]) -> Any:
        """A list as the driver takes it."""
        raise NotImplementedError

    def reader(self, kind: str) -> str:
        """Source of an expression that turns `{}`, a value of the driver, into ours."""
        return "{}"

    def row_reader(self, kind: str) -> str:
        """The same for what resolvers and computed fields see: real dates and moments."""
        return "{}"

    def nested(self, kind: str, sql: str) -> str:
        """How a value is selected inside a sub-select of many rows."""
        return sql

    def expression(self, spec: NodeSpec, sql: Sql, alias: str) -> str:
        """A declared expression over the columns of an alias."""
        key = (spec.model, sql)
        text = self._expressions.get(key)
        if text is None:
            columns = table_of(spec.model).alias(_ROW).c
            compiled = sql(columns).compile(
                dialect=self.engine, compile_kwargs={"literal_binds": True}
            )
            text = self._expressions[key] = str(compiled)
        return "(" + re.sub(rf"\b{_ROW}\b", alias, text) + ")"


class Postgresql(Dialect):
    """PostgreSQL through asyncpg: typed values both ways, rows within rows as records."""

    name = "postgresql"
    changes_in_a_query = True
    engine = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    # Dates and moments are sent as text: asyncpg takes the first and the last one for infinities.
    _sent = {"time": "text", "date": "text"}  # noqa: RUF012
    _casts = {  # noqa: RUF012
        "time": "timestamptz",
        "date": "date",
        "bool": "boolean",
        "int": "bigint",
        "float": "float8",
        "text": "text",
    }

    def place(self, number: int, kind: str) -> str:
        cast = self._casts[kind]
        return f"${number}::text::{cast}" if kind in self._sent else f"${number}::{cast}"

    def _list(self, number: int, kind: str) -> str:
        cast = self._casts[kind]
        return f"${number}::{self._sent.get(kind, cast)}[]::{cast}[]"

    def one_of(self, column: str, number: int, kind: str) -> str:
        return f"{column} = ANY({self._list(number, kind)})"

    def keys(self, columns: Sequence[tuple[str, str]], number: int) -> str:
        if len(columns) == 1:
            return self.one_of(columns[0][0], number, columns[0][1])
        lists = ", ".join(self._list(number + i, kind) for i, (_, kind) in enumerate(columns))
        left = ", ".join(column for column, _ in columns)
        return f"({left}) IN (SELECT * FROM unnest({lists}))"

    def sorted_as(self, column: str, kind: str) -> str:
        return f'{column} COLLATE "C"' if kind == "text" else column

    def rows(self, columns: Sequence[str], rest: str, *, wide: bool) -> str:
        return f"ARRAY(SELECT ROW({', '.join(columns)}) {rest})"

    def bucket(self, column: str, bucket: str) -> str:
        return column if bucket == "day" else f"date_trunc('{bucket}', {column})::date"

    def whole_sum(self, column: str) -> str:
        return f"sum({column})::text"

    def value_in(self, kind: str, value: Any) -> Any:
        return value.isoformat() if kind in self._sent and value is not None else value

    def list_in(self, kind: str, values: Sequence[Any]) -> Any:
        return [self.value_in(kind, value) for value in values]


class Sqlite(Dialect):
    """SQLite: text for times, numbers for booleans, rows within rows as JSON arrays."""

    name = "sqlite"
    shows_before_sorting = True
    deepest = 6  # its parser's stack is small
    whole_sum_reader = "_sum({})"
    engine = sqlite.dialect(paramstyle="named")
    WIDEST = 100
    """Values per json_array: a function of SQLite takes 127 arguments."""
    _readers = {"time": "_time({})", "bool": "_bool({})", "float": "_float({})"}  # noqa: RUF012
    _buckets = {  # noqa: RUF012
        "day": "{0}",
        "week": "date({0}, '-6 days', 'weekday 1')",
        "month": "date({0}, 'start of month')",
        "quarter": "date({0}, 'start of month', "
        "'-' || ((CAST(strftime('%m', {0}) AS INTEGER) - 1) % 3) || ' months')",
        "year": "date({0}, 'start of year')",
    }

    def place(self, number: int, kind: str) -> str:
        return f"?{number}"

    def one_of(self, column: str, number: int, kind: str) -> str:
        return f"{column} IN (SELECT value FROM json_each(?{number}))"

    def keys(self, columns: Sequence[tuple[str, str]], number: int) -> str:
        if len(columns) == 1:
            return self.one_of(columns[0][0], number, columns[0][1])
        left = ", ".join(column for column, _ in columns)
        first, *others = (f"k{i}" for i in range(len(columns)))
        right = ", ".join(f"{each}.value" for each in (first, *others))
        joined = f"json_each(?{number}) {first}" + "".join(
            f" JOIN json_each(?{number + i + 1}) {each} ON {each}.key = {first}.key"
            for i, each in enumerate(others)
        )
        return f"({left}) IN (SELECT {right} FROM {joined})"

    def rows(self, columns: Sequence[str], rest: str, *, wide: bool) -> str:
        names = [f"c{i}" for i in range(len(columns))]
        inner = ", ".join(f"{sql} AS {name}" for sql, name in zip(columns, names, strict=True))
        # A JSON array loses its type on its way out of a sub-select; json() gives it back.
        shown = [
            f"json({name})" if sql.startswith("(SELECT json_group_array") else name
            for sql, name in zip(columns, names, strict=True)
        ]
        return f"(SELECT json_group_array({self._array(shown, wide)}) FROM (SELECT {inner} {rest}))"

    def _array(self, values: Sequence[str], wide: bool) -> str:
        if not wide:
            return f"json_array({', '.join(values)})"
        parts = [values[i : i + self.WIDEST] for i in range(0, len(values), self.WIDEST)]
        arrays = [f"json_array({', '.join(part)})" for part in parts]
        return f"json_array({', '.join(arrays)})"

    def bucket(self, column: str, bucket: str) -> str:
        return self._buckets[bucket].format(column)

    def whole_sum(self, column: str) -> str:
        # A sum beyond 64 bits is an error here, so both halves are added up by themselves.
        return f"sum({column} >> 31) || '/' || sum({column} & 2147483647)"

    def value_in(self, kind: str, value: Any) -> Any:
        if value is None:
            return None
        if kind == "time":
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")
        if kind == "date":
            return value.isoformat()
        return int(value) if kind == "bool" else value

    def list_in(self, kind: str, values: Sequence[Any]) -> Any:
        return orjson.dumps([self.value_in(kind, value) for value in values]).decode()

    def reader(self, kind: str) -> str:
        return self._readers.get(kind, "{}")

    def row_reader(self, kind: str) -> str:
        return {"time": "_moment({})", "date": "_date({})"}.get(kind, self.reader(kind))

    def nested(self, kind: str, sql: str) -> str:
        # JSON would show 15 digits of a float.
        if kind == "float":
            return f"CASE WHEN {sql} IS NOT NULL THEN printf('%!.17g', {sql}) END"
        return sql


DIALECTS: dict[str, Callable[[], Dialect]] = {"postgresql": Postgresql, "sqlite": Sqlite}
