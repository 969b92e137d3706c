"""Nothing that a client writes gets into the text of a statement, and none of it is a failure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from core.db import Database
from core.testing.statements import Statements
from tests.graph.differential import documents, values, variables
from tests.graph.differential.dice import seeded
from tests.graph.differential.hostile import (
    BOUND,
    MARK,
    NAMED,
    NAMES,
    REFUSED,
    TEXTS,
    UNKNOWN,
    UNSTORABLE,
    Place,
)
from tests.graph.differential.house import House, plain
from tests.graph.differential.plain import Asked
from tests.graph.differential.questions import Question, Questions
from tests.graphql import Api

pytestmark = pytest.mark.anyio

FUZZ = how(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
QUESTIONS = Questions(plain().schema)
Found = list[tuple[Any, ...]]


@dataclass
class Bound:
    """The values that were bound to the statements of compiled reads."""

    values: list[str] = field(default_factory=list)

    def take(self) -> str:
        """All of them as one text; they are forgotten."""
        found, self.values = "\n".join(self.values), []
        return found


@pytest.fixture
def house(api: Api) -> House:
    """The gateway over the awkward data."""
    return House(api)


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> Bound:
    """What is bound from now on."""
    seen, fetch = Bound(), Database.fetch

    async def noting(
        self: Database, merchant_id: int, sql: str, values: Any, **options: Any
    ) -> Any:
        seen.values.append(repr(values))
        return await fetch(self, merchant_id, sql, values, **options)

    monkeypatch.setattr(Database, "fetch", noting)
    return seen


async def codes_of(house: House, asked: Asked) -> set[str]:
    """Codes of the errors in the owner's answer."""
    body = await house.told(Question(asked, "owner", 0))
    return {error["extensions"]["code"] for error in body.get("errors", ())}


def cases(places: Mapping[str, Place], texts: Iterable[str]) -> Iterator[tuple[str, str, Asked]]:
    """Every text in every place."""
    return ((name, text, ask(text)) for name, ask in places.items() for text in texts)


def marked(statements: Statements) -> list[str]:
    """Statements that hold something of the client's."""
    return [text for text in statements.texts if MARK in text.lower()]


async def test_values_are_bound(house: House, statements: Statements, bound: Bound) -> None:
    """A text that is a value reaches the database as a bound value, and only so."""
    wrong: Found = []
    for name, text, asked in cases(BOUND, TEXTS):
        codes = await codes_of(house, asked)
        if codes or MARK not in bound.take():
            wrong.append((name, text, codes))

    assert [] == wrong
    assert [] == marked(statements)


async def test_what_no_database_holds(house: House, statements: Statements, bound: Bound) -> None:
    """Texts that cannot be stored are errors of the caller, wherever they stand."""
    wrong: Found = []
    for name, text, asked in cases(BOUND | REFUSED, UNSTORABLE):
        codes = await codes_of(house, asked)
        if not codes or "INTERNAL" in codes:
            wrong.append((name, text, codes))

    assert [] == wrong
    assert ([], "") == (marked(statements), bound.take())


async def test_what_cannot_be_meant(house: House, statements: Statements, bound: Bound) -> None:
    """Forged ids, cursors and keys are errors of the caller, and reach no database."""
    wrong: Found = []
    for name, text, asked in cases(REFUSED, TEXTS):
        codes = await codes_of(house, asked)
        if not codes or "INTERNAL" in codes or MARK in bound.take():
            wrong.append((name, text, codes))

    assert [] == wrong
    assert [] == marked(statements)


async def test_names_stay_outside(house: House, statements: Statements, bound: Bound) -> None:
    """Aliases, operations, variables and fragments may have any name: no database sees it."""
    wrong: Found = []
    for name, text, asked in cases(NAMED, NAMES):
        codes = await codes_of(house, asked)
        if codes or MARK in bound.take():
            wrong.append((name, text, codes))

    assert [] == wrong
    assert [] == marked(statements)


async def test_unknown_names(house: House, statements: Statements, bound: Bound) -> None:
    """A name that should be one of ours and is not is refused before there is any statement."""
    wrong: Found = []
    for name, text, asked in cases(UNKNOWN, NAMES):
        codes = await codes_of(house, asked)
        if not codes <= {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"} or not codes:
            wrong.append((name, text, codes))

    assert [] == wrong
    assert ([], "") == (marked(statements), bound.take())


async def test_any_question_with_hostile_words(
    house: House, statements: Statements, bound: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked, with hostile texts and names in all places: no statement shows them."""
    monkeypatch.setattr(values, "TEXTS", TEXTS)
    monkeypatch.setattr(values, "BAD_IDS", (*values.BAD_IDS, *TEXTS))
    monkeypatch.setattr(values, "BAD_CURSORS", (*values.BAD_CURSORS, *TEXTS))
    monkeypatch.setattr(values, "FORGED", (*values.FORGED, *TEXTS))
    monkeypatch.setattr(documents, "ALIASES", NAMES)
    monkeypatch.setattr(documents, "FRAGMENTS", NAMES)
    monkeypatch.setattr(variables, "NAMES", NAMES)
    asked = [QUESTIONS.one(seeded(f"hostile {number}")) for number in range(150)]

    bodies = [await house.told(each) for each in asked]

    assert [] == marked(statements)
    codes = {e["extensions"]["code"] for body in bodies for e in body.get("errors", ())}
    assert "INTERNAL" not in codes
    assert bound.take().count(MARK) > 10


@FUZZ
@given(text=st.text(), place=st.sampled_from(sorted(BOUND | REFUSED)))
async def test_random_texts(house: House, statements: Statements, text: str, place: str) -> None:
    """Any text in any place is answered or refused, and is in no statement."""
    asked = (BOUND | REFUSED)[place](MARK + text)

    codes = await codes_of(house, asked)

    assert "INTERNAL" not in codes
    assert [] == marked(statements)
