"""Order, cursors and pages over lists of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from core.graph.declare import NodeSpec, One
from tests.graph.differential.declared import Row, camel, kind_of, slot, specs
from tests.graph.differential.reader import Reader
from tests.graph.differential.texts import Refused, bad_input, packed, typed, unpacked

MOST_TERMS = 3
Given = Mapping[str, Any]
USUAL_SIZE, LARGEST_SIZE = 50, 1000


@dataclass(frozen=True)
class Key:
    """One term of an order."""

    name: str
    kind: type
    descending: bool
    value: Callable[[Row], Any]


@dataclass(frozen=True)
class Page:
    """Rows in order, and what `pageInfo` says of them."""

    rows: list[Row]
    has_next: bool
    has_previous: bool


def keys_of(reader: Reader, spec: NodeSpec, order_by: Sequence[Given] | None) -> list[Key]:
    """The terms of an order, what is missing of the primary key at the end."""
    if order_by and len(order_by) > MOST_TERMS:
        raise bad_input("An order takes three columns at the most.", "orderBy")
    keys = [
        _term(reader, spec, each["field"], each["direction"] == "DESC") for each in order_by or ()
    ]
    keys = keys or [_key(spec, name, descending) for name, descending in spec.default_order]
    last = keys[-1].descending if keys else False
    named = {key.name for key in keys}
    return keys + [_key(spec, name, last) for name in spec.key_columns if name not in named]


def _term(reader: Reader, spec: NodeSpec, field: str, descending: bool) -> Key:
    """One of our columns, or one of a related row."""
    for name, declared in spec.columns.items():
        if declared.order and name.upper() == field:
            reader.require(declared.permission, f"The use of {name}")
            return _key(spec, slot(spec, name), descending)
    for name, relation in spec.relations.items():
        target = specs()[relation.target]
        for column, declared in target.columns.items():
            if declared.order and f"{name}_{column}".upper() == field and isinstance(relation, One):
                reader.require(target.permission, f"The order by {camel(name)}")
                reader.require(declared.permission, f"The use of {name}.{column}")
                return _related_key(
                    reader, relation, f"{name}.{column}", slot(target, column), descending
                )
    return _key(spec, field.lower(), descending)


def _key(spec: NodeSpec, place: str, descending: bool) -> Key:
    return Key(place.lstrip("="), kind_of(spec, place), descending, lambda row: row[place])


def _related_key(reader: Reader, relation: One, path: str, place: str, descending: bool) -> Key:
    """A value of the related row: null when there is no such row."""
    target = specs()[relation.target]

    def value(row: Row) -> Any:
        rows = reader.tables.of(target.name)
        return next(
            (r[place] for r in rows if r[relation.on] == row[relation.by] is not None), None
        )

    return Key(path, kind_of(target, place), descending, value)


def compare(keys: Sequence[Key], left: Sequence[Any], right: Sequence[Any]) -> int:
    """Below 0 when the left values come first: nulls last either way, text by its bytes."""
    for key, one, other in zip(keys, left, right, strict=True):
        if one is None or other is None:
            order = (one is None) - (other is None)
        else:
            one, other = _sortable(one), _sortable(other)
            order = ((one > other) - (one < other)) * (-1 if key.descending else 1)
        if order:
            return order
    return 0


def _sortable(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def values_of(keys: Sequence[Key], row: Row) -> list[Any]:
    """Where a row stands in an order."""
    return [key.value(row) for key in keys]


def cursor_of(keys: Sequence[Key], row: Row) -> str:
    """The cursor of a row."""
    values = [v.isoformat() if hasattr(v, "isoformat") else v for v in values_of(keys, row)]
    return cursor_with(keys, values)


def cursor_with(keys: Sequence[Key], values: Sequence[Any]) -> str:
    """A cursor of an order, with these values."""
    return packed([1, _label(keys), values])


def _label(keys: Sequence[Key]) -> str:
    return ",".join(f"{key.name} {'desc' if key.descending else 'asc'}" for key in keys)


def position(keys: Sequence[Key], cursor: str) -> list[Any]:
    """The values in a cursor."""
    try:
        version, label, values = unpacked(cursor)
        if version != 1 or len(values) != len(keys):
            raise ValueError
        found = [
            None if value is None else typed(key.kind, value)
            for key, value in zip(keys, values, strict=True)
        ]
    except (ValueError, TypeError):
        raise Refused("BAD_CURSOR", "This cursor was not issued by this server.") from None
    if label != _label(keys):
        message = "This cursor belongs to another order: page with the same orderBy."
        raise Refused("BAD_CURSOR", message)
    return found


@dataclass(frozen=True)
class Span:
    """Which part of all rows is asked for."""

    size: int
    backward: bool
    values: list[Any] | None


def span_of(keys: Sequence[Key], asked: Mapping[str, Any]) -> Span:
    """What `first`, `after`, `last` and `before` ask for."""
    first, after, last, before = (asked.get(name) for name in ("first", "after", "last", "before"))
    if last is not None and (first is not None or after is not None):
        raise bad_input("Page forward with first and after, or backward with last and before.")
    if first is not None and before is not None:
        raise bad_input("Page forward with first and after, or backward with last and before.")
    size, name = (last, "last") if last is not None else (first, "first")
    size = USUAL_SIZE if size is None else size
    if not 0 <= size <= LARGEST_SIZE:
        raise bad_input(f"{name} must be between 0 and {LARGEST_SIZE}.", name)
    backward = last is not None or before is not None
    cursor = before if backward else after
    return Span(size, backward, None if cursor is None else position(keys, cursor))


def page_of(rows: Sequence[Row], keys: Sequence[Key], span: Span) -> Page:
    """The page that is asked for."""
    placed = [(values_of(keys, row), row) for row in rows]
    placed.sort(key=cmp_to_key(lambda one, other: compare(keys, one[0], other[0])))
    if span.values is not None:
        sign = -1 if span.backward else 1
        placed = [each for each in placed if compare(keys, each[0], span.values) * sign > 0]
    found = [row for _, row in placed]
    more, started = len(found) > span.size, span.values is not None
    if span.backward:
        return Page(found[max(0, len(found) - span.size) :], started, more)
    return Page(found[: span.size], more, started)
