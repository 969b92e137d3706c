"""Filters over rows in Python: what a filter asks for, term by term."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from core.graph.declare import NodeSpec
from tests.graph.differential.declared import Row, by_graphql_name, manies, ones, slot, specs
from tests.graph.differential.reader import Reader
from tests.graph.differential.texts import bad_input, row_id, utc

LONGEST_LIST = 200
DEEPEST = 4
Given = Mapping[str, Any]
Test = Callable[[Row], bool]

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: value is not None and value == wanted,
    "in": lambda value, wanted: value is not None and value in wanted,
    "lt": lambda value, wanted: value is not None and value < wanted,
    "lte": lambda value, wanted: value is not None and value <= wanted,
    "gt": lambda value, wanted: value is not None and value > wanted,
    "gte": lambda value, wanted: value is not None and value >= wanted,
    "isNull": lambda value, wanted: (value is None) == wanted,
}


def rows_that_meet(
    reader: Reader, spec: NodeSpec, given: Given | None, rows: list[Row]
) -> list[Row]:
    """The rows that meet a filter; what cannot be meant is refused before any row is seen."""
    test = _test(reader, spec, given, 1)
    return [row for row in rows if test is None or test(row)]


def _test(reader: Reader, spec: NodeSpec, given: Given | None, depth: int) -> Test | None:
    """What a row must meet; None when nothing is asked for."""
    if not given:
        return None
    if depth > DEEPEST:
        raise bad_input(f"Filters nest {DEEPEST} deep at the most.", "filter")
    tests = [
        test
        for name, wanted in given.items()
        if wanted is not None
        for test in _tests(reader, spec, name, wanted, depth)
    ]
    return (lambda row: all(test(row) for test in tests)) if tests else None


def _tests(reader: Reader, spec: NodeSpec, name: str, wanted: Any, depth: int) -> Iterator[Test]:
    """What one member of a filter asks for."""
    if name in ("and", "or"):
        yield from _several(reader, spec, name, wanted, depth)
    elif name == "not":
        inner = _test(reader, spec, wanted, depth + 1)
        if inner is not None:
            yield lambda row: not inner(row)
    elif name in ones(spec):
        relation = ones(spec)[name]
        yield _exists(reader, name, relation, relation.by, relation.on, wanted, depth)
    elif name in manies(spec):
        yield from _related(reader, name, manies(spec)[name], wanted, depth)
    else:
        yield from _column(reader, spec, name, wanted)


def _several(
    reader: Reader, spec: NodeSpec, name: str, wanted: list[Given], depth: int
) -> Iterator[Test]:
    _check_length(name, wanted)
    tests = [_test(reader, spec, each, depth + 1) for each in wanted]
    asking = [test for test in tests if test is not None]
    if name == "and" and asking:
        yield lambda row: all(test(row) for test in asking)
    elif asking == tests and tests:  # a part that asks for nothing is met by every row
        yield lambda row: any(test(row) for test in asking)


def _related(reader: Reader, name: str, relation: Any, wanted: Given, depth: int) -> Iterator[Test]:
    _require(reader, name, relation)
    for quantity, given in wanted.items():
        if given is not None:
            some = _exists(reader, name, relation, relation.on, relation.by, given, depth)
            yield some if quantity == "some" else (lambda row, some=some: not some(row))


def _exists(
    reader: Reader, name: str, relation: Any, ours: str, theirs: str, given: Given, depth: int
) -> Test:
    """Whether a related row meets a filter."""
    _require(reader, name, relation)
    test = _test(reader, specs()[relation.target], given, depth + 1)
    rows = reader.tables.of(relation.target)
    met = {row[theirs] for row in rows if test is None or test(row)} - {None}
    return lambda row: row[ours] in met


def _require(reader: Reader, name: str, relation: Any) -> None:
    reader.require(specs()[relation.target].permission, f"The filter by {name}")


def _column(reader: Reader, spec: NodeSpec, name: str, wanted: Given) -> Iterator[Test]:
    field, declared = by_graphql_name(spec.columns)[name]
    reader.require(declared.permission, f"The use of {name}")
    place = slot(spec, field)
    for operator, compare in OPERATORS.items():
        if wanted.get(operator) is not None:
            value = _wanted(field, declared.refers_to, operator, wanted[operator])
            yield lambda row, compare=compare, value=value: compare(row[place], value)


def _wanted(name: str, refers_to: str | None, operator: str, value: Any) -> Any:
    """The value as the column has it."""
    if operator == "isNull":
        return value
    if operator == "in":
        _check_length(name, value)
        return [_one_wanted(name, refers_to, each) for each in value]
    return _one_wanted(name, refers_to, value)


def _one_wanted(name: str, refers_to: str | None, value: Any) -> Any:
    if refers_to is not None:
        return row_id(value, refers_to)
    if isinstance(value, datetime):
        return _moment(name, value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise bad_input(f"The number in {name} is out of range.", "filter", name)
    return value


def _moment(name: str, value: datetime) -> datetime:
    try:
        return utc(value)
    except ValueError as error:
        message = f"{error} Write it like 2026-11-22T08:00:00+08:00."
        raise bad_input(message, "filter", name) from None


def _check_length(name: str, given: list[Any]) -> None:
    if len(given) > LONGEST_LIST:
        message = f"The list of {name} has {len(given)} values; {LONGEST_LIST} are the most."
        raise bad_input(message, "filter", name)
