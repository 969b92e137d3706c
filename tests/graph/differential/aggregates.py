"""Aggregates over lists of rows: groups, buckets of dates, sums and means."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import cmp_to_key
from typing import Any

from core.graph.declare import ColumnField, NodeSpec
from tests.graph.differential.declared import Row, by_graphql_name, camel, kind_of, slot
from tests.graph.differential.pages import LARGEST_SIZE, Key, compare
from tests.graph.differential.texts import bad_input, global_id, money

MOST_KEYS = 3
Given = Mapping[str, Any]

BUCKETS: dict[str, Callable[[date], date]] = {
    "DAY": lambda day: day,
    "WEEK": lambda day: day - timedelta(days=day.weekday()),
    "MONTH": lambda day: day.replace(day=1),
    "QUARTER": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "YEAR": lambda day: day.replace(month=1, day=1),
}


def groups_of(spec: NodeSpec, rows: Sequence[Row], given: Given) -> list[dict[str, Any]]:
    """The rows of an aggregate."""
    size = given.get("first")
    size = LARGEST_SIZE if size is None else size
    if not 0 <= size <= LARGEST_SIZE:
        raise bad_input(f"first must be between 0 and {LARGEST_SIZE}.", "first")
    keys = _keys(spec, given.get("groupBy") or ())
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(key.value(row) for key in keys)].append(row)
    if not keys and not groups:
        groups[()] = []  # without anything to group by, even no rows are one group
    order = sorted(groups, key=cmp_to_key(lambda one, other: compare(keys, one, other)))
    return [_shown(spec, keys, values, groups[values]) for values in order[:size]]


def _keys(spec: NodeSpec, given: Sequence[Given]) -> list[Key]:
    if len(given) > MOST_KEYS:
        raise bad_input(f"Group by {MOST_KEYS} columns at the most.", "groupBy")
    keys: list[Key] = []
    for each in given:
        keys.append(_key(spec, each["field"].lower(), each.get("bucket")))
        if keys[-1].name in {key.name for key in keys[:-1]}:
            raise bad_input(f"Group by {keys[-1].name} once.", "groupBy")
    currency = _currency(spec)
    if currency is not None and currency not in {key.name for key in keys}:
        keys.append(Key(currency, str, False, lambda row: row[currency]))
    return keys


def _key(spec: NodeSpec, name: str, bucket: str | None) -> Key:
    place = slot(spec, name)
    kind = kind_of(spec, place)
    if bucket is not None and kind is not date:
        raise bad_input(f"Only dates have a bucket, not {name}.", "groupBy")
    cut = BUCKETS[bucket or "DAY"] if kind is date else lambda value: value
    return Key(name, kind, False, lambda row: None if row[place] is None else cut(row[place]))


def _currency(spec: NodeSpec) -> str | None:
    return next((each.currency for each in _measures(spec).values() if each.currency), None)


def _measures(spec: NodeSpec) -> dict[str, ColumnField]:
    """What is added up: nothing that has a permission of its own."""
    columns = spec.columns.items()
    return {name: each for name, each in columns if each.measure and each.permission is None}


def _shown(
    spec: NodeSpec, keys: Sequence[Key], values: Sequence[Any], rows: Sequence[Row]
) -> dict[str, Any]:
    known = {key.name: value for key, value in zip(keys, values, strict=True)}
    currency = known.get(_currency(spec) or "")
    figures: dict[str, Callable[[list[int]], Any]] = {"sum": sum, "min": min, "max": max}
    return {
        "key": _Key(spec, known),
        "count": len(rows),
        **{name: _figures(spec, rows, currency, of) for name, of in figures.items()},
        "avg": _figures(spec, rows, currency, None),
    }


class _Key(dict[str, Any]):
    """The key of a group: null for what it is not grouped by."""

    def __init__(self, spec: NodeSpec, known: Mapping[str, Any]) -> None:
        columns = dict(by_graphql_name(spec.columns).values())
        super().__init__({camel(n): _reference(columns.get(n), v) for n, v in known.items()})

    def __missing__(self, name: str) -> None:
        return None


def _reference(declared: ColumnField | None, value: Any) -> Any:
    if declared is None or declared.refers_to is None or value is None:
        return value
    return global_id(declared.refers_to, [value])


def _figures(
    spec: NodeSpec,
    rows: Sequence[Row],
    currency: str | None,
    of: Callable[[list[int]], Any] | None,
) -> dict[str, Any]:
    """A figure of each measure; without a function its mean."""
    found: dict[str, Any] = {}
    for name, declared in _measures(spec).items():
        values = [v for row in rows if (v := row[slot(spec, name)]) is not None]
        value = None if not values else of(values) if of else _mean(values, declared)
        found[camel(name)] = money(value, currency or "") if declared.currency else value
    return found


def _mean(values: Sequence[int], declared: ColumnField) -> float | int:
    """A mean; that of money is rounded to a minor unit, halves away from zero."""
    if not declared.currency:
        return sum(values) / len(values)
    exact = Fraction(sum(values), len(values))
    whole = int(abs(exact) + Fraction(1, 2))
    return -whole if exact < 0 else whole
