"""Writes the one statement of a plan for what is asked: names from declarations, values bound.

Value 1 is always the merchant. The values of each `Asked` follow in the order of the plan, and a
placeholder is a number into them, so a value can be used twice and the text never holds one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from core.db.upsert import table_of
from core.graph.cursor import Key
from core.graph.declare import NodeSpec, One, Sql
from core.graph.engine.asking import Asked, Shape
from core.graph.engine.catalog import scope, table_name, value_sql
from core.graph.engine.dialects import Dialect, kind_of_column, quoted
from core.graph.outputs import currency_of
from core.models import AuditEntry, SyncState

WIDE = 90
"""Places of a nested row beyond which SQLite packs it into several arrays."""
_NOTED = (
    ("id", "int"),
    ("happened_at", "time"),
    ("actor", "text"),
    ("action", "text"),
    ("entity", "text"),
    ("entity_id", "text"),
    ("detail", "json"),
)
"""Columns of an audit entry, in the order `changes.ask_change` gives their values."""
_COMPARISONS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


@dataclass(eq=False)
class Select:
    """One SELECT of a plan over a declared type; to-one relations are joined in.

    items: SQL of the selected values, or a further Select that gives many rows, or a Total.
    asked: whose arguments it reads. link: how its rows belong to the row around it.
    """

    spec: NodeSpec
    alias: str
    asked: int
    kind: str
    nested: bool = False
    link: str = ""
    only: Sql | None = None
    items: "list[str | Select | Total]" = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    wants_rows: bool = False
    wants_cursors: bool = False
    depth: int = 0

    def slot(self, sql: "str | Select | Total") -> int:
        """The place of a value in the row; the same value has one place."""
        if isinstance(sql, str) and sql in self.items:
            return self.items.index(sql)
        self.items.append(sql)
        return len(self.items) - 1


@dataclass
class Total:
    """How many rows a Select has in all, as a value of the row around it."""

    select: Select


@dataclass
class Writer:
    """Writes the statement of one plan for one row of shapes."""

    dialect: Dialect
    specs: Mapping[str, NodeSpec]
    asked: Sequence[Asked]

    def __post_init__(self) -> None:
        self._starts = [2]
        for each in self.asked:
            self._starts.append(self._starts[-1] + len(each.values))
        self._aliases = count()
        self._chosen: dict[Key, str] = {}

    def statement(self, select: Select) -> str:
        """The statement that gives the rows of a root field."""
        if not select.items and not select.wants_cursors:
            select.items.append("1")
        if self.asked[select.asked].shape[0] == "change":
            return self._change(select)
        if self.dialect.shows_before_sorting and is_costly(select) and select.kind == "page":
            return self._sorted_first(select)
        return f"SELECT {', '.join(self._columns(select))} {self._rest(select)}"

    def _sorted_first(self, select: Select) -> str:
        """The rows are chosen by their keys alone, and shown afterwards.

        SQLite works out what it shows before it sorts and cuts off: a sub-select of many rows
        would run for every row of the table.
        """
        asked = self.asked[select.asked]
        bare = replace(select, joins=[], items=[])
        _, keys, _, _, backward, *_ = asked.shape
        names = [f"k{i}" for i in range(len(keys))]
        inner = ", ".join(
            f"{self._key(select, key)} AS {name}" for key, name in zip(keys, names, strict=True)
        )
        chosen = f"SELECT {select.alias}.*, {inner} {self._rest(bare)}"
        self._chosen = {key: f"{select.alias}.{n}" for key, n in zip(keys, names, strict=True)}
        order = ", ".join(self._term(select, key, backward) for key in keys)
        joins = "".join(f" {join}" for join in select.joins)
        shown = ", ".join(self._columns(select))
        return f"SELECT {shown} FROM ({chosen}) {select.alias}{joins} ORDER BY {order}"

    def _change(self, select: Select) -> str:
        """A change, its audit entry, and what is selected of the row, in one statement.

        Empty when something else of the selection reads what is being changed: a statement sees
        all tables but its own result as they were before.
        """
        spec, alias = select.spec, select.alias
        joins = "".join(f" {join}" for join in select.joins)
        shown = f"SELECT {', '.join(self._columns(select))} FROM changed {alias}{joins}"
        entries = quoted(table_of(AuditEntry).name)
        if table_name(spec) in shown or entries in shown:
            return ""
        places = count(2)
        key = " AND ".join(f"{alias}.{self._set(spec, name, places)}" for name in spec.key_columns)
        columns = self.asked[select.asked].shape[1]
        values = ", ".join(self._set(spec, name, places) for name in columns)
        names = ", ".join(quoted(name) for name, _ in _NOTED)
        noted = ", ".join(
            f"${next(places)}::jsonb" if kind == "json" else self.dialect.place(next(places), kind)
            for _, kind in _NOTED
        )
        return (
            f"WITH changed AS (UPDATE {table_name(spec)} {alias} SET {values}"
            f" WHERE {scope(self.dialect, spec, alias)} AND {key} RETURNING {alias}.*),"
            f" noted AS (INSERT INTO {entries} ({quoted('merchant_id')}, {names})"
            f" SELECT {self.dialect.place(1, 'int')}, {noted} FROM changed) {shown}"
        )

    def _set(self, spec: NodeSpec, column: str, places: Iterator[int]) -> str:
        place = self.dialect.place(next(places), kind_of_column(spec, column))
        return f"{quoted(column)} = {place}"

    def sidecar(self, select: Select, parts: Sequence[str]) -> str:
        """The statement that counts all rows of a root field, and says as of when they are."""
        shown = {"total": lambda: self._total(select), "as_of": lambda: self.as_of(select.spec)}
        return "SELECT " + ", ".join(shown[part]() for part in parts)

    def as_of(self, spec: NodeSpec) -> str:
        """Up to when every shop's data of the type's stream is complete."""
        through, table = quoted("synced_through"), quoted(table_of(SyncState).name)
        stream = (spec.stream or "").replace("'", "''")
        return (
            f"(SELECT CASE WHEN count(*) = count({through}) THEN min({through}) END FROM {table}"
            f" WHERE {quoted('merchant_id')} = {self.dialect.place(1, 'int')}"
            f" AND {quoted('stream')} = '{stream}')"
        )

    def _columns(self, select: Select) -> list[str]:
        columns = [self._item(item) for item in select.items]
        asked = self.asked[select.asked]
        if select.kind == "groups":
            return columns + [sql for sql, _ in self._groups(select, asked)]
        if select.wants_cursors and asked.cursors is not None:
            columns += [
                self.dialect.nested(key.kind, sql) if select.nested else sql
                for key in asked.cursors.keys
                for sql in [self._key(select, key)]
            ]
        return columns

    def _item(self, item: "str | Select | Total") -> str:
        if isinstance(item, Total):
            return self._total(item.select)
        if isinstance(item, Select):
            columns, rest = self._columns(item) or ["1"], self._rest(item)
            return self.dialect.rows(columns, rest, wide=len(item.items) > WIDE)
        return item

    def _rest(self, select: Select) -> str:
        """FROM, WHERE and what follows."""
        asked = self.asked[select.asked]
        source = f"FROM {table_name(select.spec)} {select.alias}"
        joins = "".join(f" {join}" for join in select.joins)
        if select.kind == "keys":
            where = [scope(self.dialect, select.spec, select.alias), self._by_key(select, asked)]
            return f"{source}{joins} WHERE {' AND '.join(where)}"
        places = count(self._starts[select.asked])
        where = self._where(select, asked, places)
        if select.kind == "groups":
            return f"{source} WHERE {' AND '.join(where)}{self._grouped(select, asked, places)}"
        _, keys, _, known, backward, *size = asked.shape
        joins += self._order_joins(select, keys)
        if known is not None:
            where.append(self._beyond(select, keys, known, backward, places))
        order = ", ".join(self._term(select, key, backward) for key in keys)
        limit = str(int(size[0])) if size else self.dialect.place(next(places), "int")
        return f"{source}{joins} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT {limit}"

    def _where(self, select: Select, asked: Asked, places: Iterator[int]) -> list[str]:
        where = [scope(self.dialect, select.spec, select.alias)]
        if select.link:
            where.append(select.link)
        if select.only is not None:
            where.append(self.dialect.expression(select.spec, select.only, select.alias))
        condition = self._condition(asked.shape[2], select.spec, select.alias, places)
        return [*where, condition] if condition else where

    def _total(self, select: Select) -> str:
        asked = self.asked[select.asked]
        where = self._where(select, asked, iter(count(self._starts[select.asked])))
        source = f"FROM {table_name(select.spec)} {select.alias}"
        return f"(SELECT count(*) {source} WHERE {' AND '.join(where)})"

    def _by_key(self, select: Select, asked: Asked) -> str:
        start = self._starts[select.asked]
        columns = [
            (f"{select.alias}.{quoted(name)}", kind_of_column(select.spec, name))
            for name in select.spec.key_columns
        ]
        if asked.shape == ("keys",):
            return self.dialect.keys(columns, start)
        return " AND ".join(
            f"{column} = {self.dialect.place(start + i, kind)}"
            for i, (column, kind) in enumerate(columns)
        )

    # Conditions

    def _condition(self, shape: Shape, spec: NodeSpec, alias: str, places: Iterator[int]) -> str:
        if not shape:
            return ""
        operator, *rest = shape
        if operator in ("and", "or"):
            parts = [self._condition(part, spec, alias, places) for part in rest]
            return "(" + f" {operator.upper()} ".join(parts) + ")"
        if operator == "not":
            # What is unknown is not true, so it is among the rest.
            return f"(({self._condition(rest[0], spec, alias, places)}) IS NOT TRUE)"
        if operator in ("some", "none"):
            return self._exists(operator, rest[0], rest[1], spec, alias, places)
        column, kind = value_sql(self.dialect, spec, rest[0], alias)
        if operator in ("null", "known"):
            return f"{column} IS {'NULL' if operator == 'null' else 'NOT NULL'}"
        if operator == "in":
            return self.dialect.one_of(column, next(places), kind)
        return f"{column} {_COMPARISONS[operator]} {self.dialect.place(next(places), kind)}"

    def _exists(
        self,
        quantity: str,
        name: str,
        shape: Shape,
        spec: NodeSpec,
        alias: str,
        places: Iterator[int],
    ) -> str:
        relation = spec.relations[name]
        target = self.specs[relation.target]
        inner = f"f{next(self._aliases)}"
        where = [scope(self.dialect, target, inner), related(spec, name, alias, inner)]
        condition = self._condition(shape, target, inner, places)
        where += [condition] if condition else []
        found = f"EXISTS (SELECT 1 FROM {table_name(target)} {inner} WHERE {' AND '.join(where)})"
        return found if quantity == "some" else f"NOT {found}"

    # Order and cursors

    def _key(self, select: Select, key: Key) -> str:
        if key in self._chosen and not select.nested:
            return self._chosen[key]
        relation, _, name = key.path.rpartition(".")
        if relation:
            target = self.specs[select.spec.relations[relation].target]
            return value_sql(self.dialect, target, name, f"{select.alias}_{relation}")[0]
        if name.startswith("="):
            return value_sql(self.dialect, select.spec, name[1:], select.alias)[0]
        return f"{select.alias}.{quoted(name)}"

    def _order_joins(self, select: Select, keys: Sequence[Key]) -> str:
        names = {key.path.rpartition(".")[0] for key in keys} - {""}
        return "".join(
            " " + join(self.dialect, self.specs, select.spec, name, select.alias, inner)
            for name in sorted(names)
            for inner in [f"{select.alias}_{name}"]
        )

    def _term(self, select: Select, key: Key, backward: bool) -> str:
        """Nulls come last, and first when the page is read backward."""
        column = self.dialect.sorted_as(self._key(select, key), key.kind)
        way = "DESC" if key.descending != backward else "ASC"
        if not key.nullable:
            return f"{column} {way}"  # so that an index serves the order both ways
        return f"{column} {way} NULLS {'FIRST' if backward else 'LAST'}"

    def _beyond(
        self,
        select: Select,
        keys: Sequence[Key],
        known: Sequence[bool],
        backward: bool,
        places: Iterator[int],
    ) -> str:
        """The rows strictly after (before, when backward) those with the cursor's values."""
        columns = [self.dialect.sorted_as(self._key(select, key), key.kind) for key in keys]
        values = [
            self.dialect.place(next(places), key.kind) if there else ""
            for key, there in zip(keys, known, strict=True)
        ]
        ways = {key.descending for key in keys}
        if len(ways) == 1 and all(known) and not any(key.nullable for key in keys):
            # A comparison of rows is a range of the index; ORs of comparisons are not.
            sign = "<" if ways.pop() != backward else ">"
            return f"({', '.join(columns)}) {sign} ({', '.join(values)})"
        options = []
        for i, key in enumerate(keys):
            same = [_equals(*each) for each in zip(columns[:i], values[:i], strict=True)]
            options.append(" AND ".join([*same, _past(columns[i], values[i], key, backward)]))
        return "(" + " OR ".join(f"({option})" for option in options) + ")"

    # Groups

    def _groups(self, select: Select, asked: Asked) -> list[tuple[str, str]]:
        """SQL and kind of what rows are grouped by; a currency always is."""
        chosen = []
        for name, bucket in asked.shape[1]:
            column, kind = value_sql(self.dialect, select.spec, name, select.alias)
            chosen.append((self.dialect.bucket(column, bucket) if bucket else column, kind))
        currency = currency_of(select.spec)
        if currency is not None and "currency" not in dict(asked.shape[1]):
            chosen.append((f"{select.alias}.{quoted(currency)}", "text"))
        return chosen

    def _grouped(self, select: Select, asked: Asked, places: Iterator[int]) -> str:
        groups = self._groups(select, asked)
        limit = f" LIMIT {self.dialect.place(next(places), 'int')}"
        if not groups:
            return limit
        by = ", ".join(sql for sql, _ in groups)
        order = ", ".join(f"{self.dialect.sorted_as(*group)} ASC NULLS LAST" for group in groups)
        return f" GROUP BY {by} ORDER BY {order}{limit}"


def is_costly(select: Select) -> bool:
    """Whether what a row shows holds sub-selects."""
    return any(not isinstance(item, str) for item in select.items)


def related(spec: NodeSpec, name: str, outer: str, inner: str) -> str:
    """How the rows of a relation belong to a row."""
    relation = spec.relations[name]
    ours, theirs = (relation.by, relation.on)
    if not isinstance(relation, One):
        ours, theirs = (relation.on, relation.by)
    return f"{inner}.{quoted(theirs)} = {outer}.{quoted(ours)}"


def join(
    dialect: Dialect,
    specs: Mapping[str, NodeSpec],
    spec: NodeSpec,
    name: str,
    outer: str,
    inner: str,
) -> str:
    """The join of a relation to at most one row."""
    target = specs[spec.relations[name].target]
    on = f"{scope(dialect, target, inner)} AND {related(spec, name, outer, inner)}"
    return f"LEFT JOIN {table_name(target)} {inner} ON {on}"


def _equals(column: str, value: str) -> str:
    return f"{column} = {value}" if value else f"{column} IS NULL"


def _past(column: str, value: str, key: Key, backward: bool) -> str:
    if not value:
        return f"{column} IS NOT NULL" if backward else "FALSE"
    sign = ">" if key.descending == backward else "<"
    further = f"{column} {sign} {value}"
    return further if backward or not key.nullable else f"({further} OR {column} IS NULL)"
