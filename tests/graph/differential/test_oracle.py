"""That the differential test means something: questions reach everything, and mistakes show."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import parse, validate

from tests.databases import on_sqlite
from tests.graph.differential import (
    aggregates,
    conditions,
    pages,
    plain,
    reader,
    sample,
    tables,
    texts,
)
from tests.graph.differential.dice import seeded
from tests.graph.differential.house import House
from tests.graph.differential.house import plain as oracle
from tests.graph.differential.questions import Question, Questions
from tests.graph.differential.routes import reached
from tests.graph.differential.verdict import difference
from tests.graphql import Api

SEEDS, TRIES = 700, 12
QUESTIONS = Questions(oracle().schema)


@pytest.fixture(scope="module")
def asked() -> list[Question]:
    """A sample of questions."""
    return [QUESTIONS.one(seeded(number)) for number in range(SEEDS)]


def test_questions_are_valid(asked: list[Question]) -> None:
    """No document is refused before it runs: the questions are about answers."""
    schema = oracle().schema

    wrong = [each for each in asked if validate(schema, parse(each.asked.document))]

    assert [] == wrong


def test_every_coordinate_is_reached(asked: list[Question]) -> None:
    """Each table-shaped field, argument, operator and enum value comes up within a few tries."""
    seen = {found for each in asked for found in reached(oracle().schema, each.asked)}

    missed = [wish for wish in QUESTIONS.coordinates if wish not in seen and not _comes_up(wish)]

    assert [] == missed
    assert len(QUESTIONS.coordinates) > 1000
    assert len(seen) > 900


def _comes_up(wish: str) -> bool:
    questions = (QUESTIONS.one(seeded((wish, number)), wish) for number in range(TRIES))
    return any(wish in reached(oracle().schema, each.asked) for each in questions)


def _tampered(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Answers that are wrong in one place each."""
    for path in _places(body["data"]):
        wrong = copy.deepcopy(body)
        *way, last = path
        place = wrong["data"]
        for step in way:
            place = place[step]
        place[last] = "tampered" if place[last] != "tampered" else None
        yield wrong


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        steps = value if isinstance(value, dict) else range(len(value))
        for step in steps:
            yield from _places(value[step], (*path, step))


BODY: dict[str, Any] = {
    "data": {"a": {"n": 1, "t": "x", "rows": [{"id": "1"}, {"id": "2"}], "none": None}, "b": None},
    "errors": [
        {"message": "No.", "path": ["b"], "locations": [{"line": 1, "column": 3}],
         "extensions": {"code": "FORBIDDEN"}},
    ],
}  # fmt: skip


def test_every_wrong_place_is_noticed() -> None:
    """A value that differs anywhere in an answer is a difference; the same answer is none."""
    noticed = [difference(BODY, wrong) != "" for wrong in _tampered(BODY)]

    assert "" == difference(BODY, copy.deepcopy(BODY))
    assert [True] * len(noticed) == noticed
    assert len(noticed) == 10


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body["data"]["a"]["rows"].reverse(),
        lambda body: body["data"]["a"]["rows"].pop(),
        lambda body: body["data"]["a"].update(n=1.0),
        lambda body: body["data"]["a"].update(n=True),
        lambda body: body["data"].update(a=body["data"].pop("a")),
        lambda body: body["data"]["a"].pop("none"),
        lambda body: body["errors"].pop(),
        lambda body: body["errors"].append(body["errors"][0]),
        lambda body: body["errors"][0].update(path=["a"]),
        lambda body: body["errors"][0].update(message="Yes."),
        lambda body: body["errors"][0].update(locations=[{"line": 1, "column": 4}]),
        lambda body: body["errors"][0].update(extensions={"code": "INTERNAL"}),
        lambda body: body.pop("data"),
        lambda body: body.update(data=None),
    ],
)
def test_every_other_change_is_noticed(change: Callable[[Any], Any]) -> None:
    """Order of rows and of keys, kinds of numbers, and each part of an error count."""
    other = copy.deepcopy(BODY)

    change(other)

    assert "" != difference(BODY, other)


def _nulls_first(keys: Any, left: Any, right: Any) -> int:
    turned = [[(each is not None, each) for each in side] for side in (left, right)]
    return _compare(keys, *turned)


_compare, _key, _of = pages.compare, pages._key, tables.Tables.of

MISTAKES: dict[str, tuple[Any, str, Any]] = {
    "nulls first": (pages, "compare", _nulls_first),
    "text without its case": (pages, "_sortable", lambda v: v.lower() if isinstance(v, str) else v),
    "ties always upward": (pages, "_key", lambda spec, place, down: _key(spec, place, False)),
    "a page of 49": (pages, "USUAL_SIZE", 49),
    "cursors in full": (pages, "_label", lambda keys: ",".join(key.name for key in keys)),
    "less or equal": (conditions.OPERATORS, "lt", conditions.OPERATORS["lte"]),
    "null is equal": (conditions.OPERATORS, "eq", lambda value, wanted: value in (None, wanted)),
    "all of an empty list": (
        conditions.OPERATORS,
        "in",
        lambda v, wanted: not wanted or v in wanted,
    ),
    "filters as deep as one likes": (conditions, "DEEPEST", 99),
    "related rows need not exist": (conditions, "_exists", lambda *_: lambda row: True),
    "no masks": (plain, "is_personal", lambda *_: False),
    "no permissions": (reader.Reader, "require", lambda *_: None),
    "a row of somebody else": (
        tables.Tables,
        "of",
        lambda self, name, *only: [*_of(self, name, *only), sample.rows_of(name)[-1]],
    ),
    "yen with cents": (texts, "NO_DECIMALS", set()),
    "seconds only": (
        oracle().schema.type_map["DateTime"],
        "coerce_output_value",
        lambda value: value.replace(microsecond=0).isoformat(),
    ),
    "weeks from Sunday": (aggregates.BUCKETS, "WEEK", aggregates.BUCKETS["MONTH"]),
    "means rounded down": (aggregates, "_mean", lambda values, _: sum(values) // len(values)),
    "groups of any currency": (aggregates, "_currency", lambda spec: None),
}


@on_sqlite
@pytest.mark.anyio
async def test_mistakes_show(api: Api, asked: list[Question]) -> None:
    """Each mistake that an engine might make, made in the oracle instead, shows as a difference."""
    house = House(api)
    told = [(each, await house.told(each)) for each in asked]
    told = [each for each in told if not await _is_shown(house, [each])]

    shown = {}
    for name, (place, attribute, wrong) in MISTAKES.items():
        with pytest.MonkeyPatch.context() as patch:
            set_to = patch.setitem if isinstance(place, dict) else patch.setattr
            set_to(place, attribute, wrong)
            shown[name] = await _is_shown(house, told)

    assert {} == {name: found for name, found in shown.items() if not found}


async def _is_shown(house: House, told: list[tuple[Question, dict[str, Any]]]) -> bool:
    for question, body in told:
        if difference(await house.expected(question), body):
            return True
    return False
