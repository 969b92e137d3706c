"""Reads the arguments of table-shaped fields: what is asked for, apart from its values.

An `Asked` has a shape, from which the SQL text follows, and values, which are bound to it. Two
requests of one shape share one statement. Names in a shape come from declarations only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Date
from sqlmodel.sql.sqltypes import UTCDateTime
from strawberry.utils.str_converters import to_camel_case

from core.db.upsert import table_of
from core.errors import InputError
from core.graph.cursor import Cursors, Key
from core.graph.declare import ColumnField, Many, NodeSpec, One
from core.graph.engine.dialects import Dialect, kind_of_column, kind_of_type
from core.graph.inputs import MAX_DEPTH, MAX_LIST, MAX_ORDER, bare
from core.graph.scalars import as_utc, moment, parse_id, split_id
from core.graph.tables import DEFAULT_SIZE, MAX_NODES, MAX_SIZE
from core.security.permissions import Actor

Shape = tuple[Any, ...]
_OPERATORS = ("eq", "in", "lt", "lte", "gt", "gte", "isNull")


@dataclass
class Asked:
    """What one table-shaped field is asked for."""

    shape: Shape
    values: list[Any]
    size: int = 0
    backward: bool = False
    from_cursor: bool = False
    cursors: Cursors | None = None
    groups: Mapping[str, int] = field(default_factory=dict)
    filtered: int = 0

    def with_fixed_size(self) -> "Asked":
        """The same with the size in its shape: written into the SQL, a whole number of ours.

        PostgreSQL plans a page of unknown size for a tenth of the table, or anew for each request.
        """
        if self.shape[0] != "page":
            return self
        return replace(self, shape=(*self.shape, self.size + 1), values=self.values[:-1])

    def without_rows(self, *, keep_filter: bool = True) -> "Asked":
        """The same with the filter's values alone, for those who only count, or with none."""
        values = self.values[: self.filtered] if keep_filter else []
        return Asked((*self.shape[:3], None, False), values, filtered=len(values))


@dataclass(frozen=True)
class Facts:
    """A declared type as arguments name it."""

    spec: NodeSpec
    dialect: Dialect

    @cached_property
    def filters(self) -> dict[str, tuple[str, ColumnField]]:
        """Fields that filter, by their name in GraphQL."""
        return {
            to_camel_case(name): (name, each)
            for name, each in self.spec.columns.items()
            if each.filter
        }

    @cached_property
    def relations(self) -> dict[str, tuple[str, One | Many]]:
        """Relations by their name in GraphQL."""
        return {to_camel_case(name): (name, each) for name, each in self.spec.relations.items()}

    def kind(self, name: str) -> str:
        """How the values of a field travel."""
        declared = self.spec.columns[name]
        if declared.sql is not None:
            return kind_of_type(declared.type)
        return kind_of_column(self.spec, self.spec.column_of(name))

    def key(self, name: str, descending: bool) -> Key:
        """The key of an order by one of our columns."""
        column = table_of(self.spec.model).columns[name]
        return Key(name, name, descending, bool(column.nullable), kind_of_column(self.spec, name))


@dataclass
class Asking:
    """Reads arguments for one actor on one database."""

    specs: Mapping[str, NodeSpec]
    dialect: Dialect
    _facts: dict[str, Facts] = field(default_factory=dict)

    def facts(self, spec: NodeSpec) -> Facts:
        """The facts of a type."""
        found = self._facts.get(spec.name)
        if found is None:
            found = self._facts[spec.name] = Facts(spec, self.dialect)
        return found

    def page(self, spec: NodeSpec, arguments: Mapping[str, Any], actor: Actor) -> Asked:
        """A page of a connection; InputError when the arguments make no sense."""
        keys = self._keys(spec, arguments.get("orderBy"), actor)
        values: list[Any] = []
        condition = self._filter(spec, arguments.get("filter"), actor, values)
        size, backward, cursor = _span(arguments)
        filtered = len(values)
        cursors = Cursors(keys)
        known: tuple[bool, ...] | None = None
        if cursor is not None:
            found = cursors.decode(cursor)
            known = tuple(value is not None for value in found)
            values += [
                self.dialect.value_in(key.kind, value)
                for key, value in zip(keys, found, strict=True)
                if value is not None
            ]
        values.append(size + 1)
        shape = ("page", keys, condition, known, backward)
        return Asked(shape, values, size, backward, cursor is not None, cursors, filtered=filtered)

    def groups(self, spec: NodeSpec, arguments: Mapping[str, Any], actor: Actor) -> Asked:
        """Aggregates by groups."""
        values: list[Any] = []
        condition = self._filter(spec, arguments.get("filter"), actor, values)
        size = arguments.get("first")
        size = MAX_SIZE if size is None else size
        _check_size(size, "first")
        chosen: dict[str, str] = {}
        given = arguments.get("groupBy") or ()
        if len(given) > MAX_ORDER:
            raise InputError(f"Group by {MAX_ORDER} columns at the most.", path=["groupBy"])
        for each in given:
            name, bucket = each["field"].value, each.get("bucket")
            if bucket is not None and bare(spec.columns[name].type) is not date:
                raise InputError(f"Only dates have a bucket, not {name}.", path=["groupBy"])
            if name in chosen:
                raise InputError(f"Group by {name} once.", path=["groupBy"])
            chosen[name] = bucket.value if bucket is not None else ""
        values.append(size)
        shape = ("groups", tuple(chosen.items()), condition)
        return Asked(shape, values, size, groups={name: i for i, name in enumerate(chosen)})

    def _keys(self, spec: NodeSpec, given: Any, actor: Actor) -> tuple[Key, ...]:
        if given and len(given) > MAX_ORDER:
            raise InputError("An order takes three columns at the most.", path=["orderBy"])
        facts = self.facts(spec)
        if given:
            keys = [
                self._key(spec, each["field"].value, each["direction"].value == "desc", actor)
                for each in given
            ]
        else:
            keys = [facts.key(name, descending) for name, descending in spec.default_order]
        descending = keys[-1].descending if keys else False
        known = {key.name for key in keys}
        ties = [facts.key(name, descending) for name in spec.key_columns if name not in known]
        return (*keys, *ties)

    def _key(self, spec: NodeSpec, value: str, descending: bool, actor: Actor) -> Key:
        relation, _, name = value.rpartition(".")
        facts = self.facts(spec)
        if not relation:
            _require(spec.columns.get(value), actor, value)
            if value not in spec.columns:
                return facts.key(value, descending)
            if spec.columns[value].sql is not None:
                return Key(value, f"={value}", descending, True, facts.kind(value))
            return facts.key(spec.column_of(value), descending)
        target = self.specs[spec.relations[relation].target]
        actor.require(target.permission, f"The order by {to_camel_case(relation)}")
        _require(target.columns[name], actor, value)
        return Key(value, value, descending, True, self.facts(target).kind(name))

    def _filter(
        self, spec: NodeSpec, given: Any, actor: Actor, values: list[Any], depth: int = 1
    ) -> Shape:
        """The shape of a filter; its values are appended in the order they stand in the SQL."""
        if not given:
            return ()
        if depth > MAX_DEPTH:
            raise InputError(f"Filters nest {MAX_DEPTH} deep at the most.", path=["filter"])
        facts = self.facts(spec)
        parts: list[Shape] = []
        for name, wanted in given.items():
            if wanted is None:
                continue
            if name in facts.filters:
                parts += self._comparisons(facts, name, wanted, actor, values)
            elif name in ("and", "or"):
                parts += self._several(spec, name, wanted, actor, values, depth)
            elif name == "not":
                inner = self._filter(spec, wanted, actor, values, depth + 1)
                parts += [("not", inner)] if inner else []
            else:
                parts += self._related(facts, name, wanted, actor, values, depth)
        return ("and", *parts) if parts else ()

    def _several(
        self,
        spec: NodeSpec,
        name: str,
        wanted: Sequence[Any],
        actor: Actor,
        values: list[Any],
        depth: int,
    ) -> list[Shape]:
        if len(wanted) > MAX_LIST:
            raise InputError(
                f"The list of {name} has {len(wanted)} values; {MAX_LIST} are the most.",
                path=["filter", name],
            )
        before = len(values)
        parts = [self._filter(spec, each, actor, values, depth + 1) for each in wanted]
        if name == "or" and () in parts:  # one of them asks for nothing, so every row meets it
            del values[before:]
            return []
        parts = [part for part in parts if part]
        return [(name, *parts)] if parts else []

    def _related(
        self,
        facts: Facts,
        name: str,
        wanted: Mapping[str, Any],
        actor: Actor,
        values: list[Any],
        depth: int,
    ) -> list[Shape]:
        relation_name, relation = facts.relations[name]
        target = self.specs[relation.target]
        actor.require(target.permission, f"The filter by {name}")
        if isinstance(relation, One):
            sub = self._filter(target, wanted, actor, values, depth + 1)
            return [("some", relation_name, sub)]
        return [
            (quantity, relation_name, self._filter(target, each, actor, values, depth + 1))
            for quantity, each in wanted.items()
            if each is not None
        ]

    def _comparisons(
        self, facts: Facts, name: str, wanted: Mapping[str, Any], actor: Actor, values: list[Any]
    ) -> list[Shape]:
        field_name, declared = facts.filters[name]
        kind = facts.kind(field_name)
        _require(declared, actor, name)
        parts: list[Shape] = []
        for operator in _OPERATORS:
            value = wanted.get(operator)
            if value is None:
                continue
            if operator == "isNull":
                parts.append(("null" if value else "known", field_name))
                continue
            parts.append((operator, field_name))
            if operator == "in":
                values.append(self.dialect.list_in(kind, _list(value, declared, field_name)))
            else:
                values.append(self.dialect.value_in(kind, _value(value, declared, field_name)))
        return parts


def _require(declared: ColumnField | None, actor: Actor, name: str) -> None:
    """Nobody may sort or sift by what they may not see."""
    if declared is not None and declared.permission is not None:
        actor.require(declared.permission, f"The use of {name}")


def _list(given: Sequence[Any], declared: ColumnField, name: str) -> list[Any]:
    if len(given) > MAX_LIST:
        raise InputError(
            f"The list of {name} has {len(given)} values; {MAX_LIST} are the most.",
            path=["filter", name],
        )
    return [_value(each, declared, name) for each in given]


def _value(value: Any, declared: ColumnField, name: str) -> Any:
    if declared.refers_to is not None:
        return parse_id(value, declared.refers_to)
    if isinstance(value, datetime):
        return moment(value, ["filter", name])
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InputError(f"The number in {name} is out of range.", path=["filter", name])
    return value


def _span(arguments: Mapping[str, Any]) -> tuple[int, bool, str | None]:
    """Size, direction and cursor; InputError when they contradict each other."""
    first, after = arguments.get("first"), arguments.get("after")
    last, before = arguments.get("last"), arguments.get("before")
    if last is not None and (first is not None or after is not None):
        raise InputError("Page forward with first and after, or backward with last and before.")
    if first is not None and before is not None:
        raise InputError("Page forward with first and after, or backward with last and before.")
    size, name = (last, "last") if last is not None else (first, "first")
    size = DEFAULT_SIZE if size is None else size
    _check_size(size, name)
    backward = last is not None or before is not None
    return size, backward, before if backward else after


def _check_size(size: int, name: str) -> None:
    if not 0 <= size <= MAX_SIZE:
        raise InputError(f"{name} must be between 0 and {MAX_SIZE}.", path=[name])


def read_id(specs: Mapping[str, NodeSpec], value: str) -> tuple[NodeSpec, tuple[Any, ...]]:
    """The type and the key that a global id names; InputError when it is none of ours."""
    name, keys = split_id(value)
    spec = specs.get(name)
    if spec is None or len(keys) != len(spec.key_columns):
        raise InputError("This is not an id of this server.", path=["id"])
    typed = (_key(spec, column, key) for column, key in zip(spec.key_columns, keys, strict=True))
    return spec, tuple(typed)


def check_ids(ids: Sequence[str]) -> None:
    """InputError when `nodes` is asked for too many."""
    if len(ids) > MAX_NODES:
        raise InputError(f"nodes takes {MAX_NODES} ids at the most.", path=["ids"])


def _key(spec: NodeSpec, column: str, value: Any) -> Any:
    kind = table_of(spec.model).columns[column].type
    try:
        if isinstance(kind, UTCDateTime):
            return as_utc(datetime.fromisoformat(value))
        if isinstance(kind, Date):
            return date.fromisoformat(value)
        if type(value) is not kind.python_type:
            raise ValueError
    except (TypeError, ValueError):
        raise InputError("This is not an id of this server.", path=["id"]) from None
    return value


def ask_keys(spec: NodeSpec, dialect: Dialect, keys: Sequence[tuple[Any, ...]]) -> Asked:
    """Rows by their keys."""
    kinds = [kind_of_column(spec, name) for name in spec.key_columns]
    if len(keys) == 1:
        values = [dialect.value_in(*each) for each in zip(kinds, keys[0], strict=True)]
        return Asked(("key",), values)
    columns = zip(*keys, strict=True)
    return Asked(
        ("keys",),
        [dialect.list_in(kind, column) for kind, column in zip(kinds, columns, strict=True)],
    )
