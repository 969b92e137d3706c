"""Questions drawn from the schema: a document, its variables, a role and a merchant."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from graphql import GraphQLSchema
from hypothesis import strategies as st

from tests.graph.differential.declared import is_masked, permissions_near
from tests.graph.differential.dice import Dice
from tests.graph.differential.documents import Writer
from tests.graph.differential.guide import Guide
from tests.graph.differential.plain import Asked
from tests.graph.differential.routes import Routes, coordinates
from tests.graph.differential.variants import other_values
from tests.graphql import NOBODY, policy, without


@dataclass(frozen=True)
class Question:
    """A request, who makes it, and at which merchant (0 or 1)."""

    asked: Asked
    role: str
    merchant: int

    def __repr__(self) -> str:
        asked = self.asked
        variables = json.dumps(asked.variables, ensure_ascii=False)
        operation = f", operation {asked.operation}" if asked.operation else ""
        who = f"{self.role} of merchant {self.merchant}"
        return f"\n{who}{operation}\n{asked.document}\n{variables}\n"


@cache
def roles() -> tuple[str, ...]:
    """The roles that ask, the mightiest first."""
    return ("owner", "analyst", "support", NOBODY, *(without(p) for p in policy().permissions))


class Questions:
    """What can be asked of a schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._routes = Routes(schema)
        self.coordinates = coordinates(schema)
        self._personal = [each for each in self.coordinates if is_masked(each)]

    def one(self, dice: Dice, wish: str = "") -> Question:
        """One question; it tries to contain the coordinate that is wished for."""
        wish = wish or self._wish(dice)
        asked = Writer(self._schema, Guide(dice, self._routes.to(wish))).request()
        return Question(asked, _role(dice, permissions_near(wish)), int(dice.chance(20)))

    def _wish(self, dice: Dice) -> str:
        """Any coordinate, but rather often one of the few that are masked."""
        return dice.pick(self._personal if dice.chance(16) else self.coordinates)

    def again(self, dice: Dice, question: Question) -> Question:
        """The same document, asked by somebody else with other values."""
        asked = question.asked
        values = other_values(asked.document, dict(asked.variables), dice)
        return Question(replace(asked, variables=values), _role(dice, ()), int(dice.chance(20)))

    def all(self) -> st.SearchStrategy[list[Question]]:
        """A strategy that yields documents, each asked once or several times."""

        @st.composite
        def drawn(draw: Callable[[Any], Any]) -> list[Question]:
            dice = Dice(lambda low, high: draw(st.integers(low, high)))
            question = self.one(dice)
            return [question, *(self.again(dice, question) for _ in range(dice.number(0, 2)))]

        return drawn()


def _role(dice: Dice, near: Sequence[str]) -> str:
    """Who asks: now and then somebody who lacks just what the question is about."""
    if near and dice.chance(25):
        return without(dice.pick(near))
    known = ((45, "owner"), (14, "analyst"), (10, "support"), (3, NOBODY), (15, ""))
    return dice.weighted(*known) or dice.pick(roles())
