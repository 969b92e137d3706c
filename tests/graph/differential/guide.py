"""Choices of a question that has a wish: one coordinate of the schema that it tries to reach."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from tests.graph.differential.dice import Dice

T = TypeVar("T")
OBEDIENCE = 75
"""How often, of a hundred times, a choice follows the way to the wish where it can."""


class Guide:
    """Dice that prefer what leads to a coordinate, e.g. `Order.paidAt` or `TimeFilter.gte`.

    way: by type name, the members that lead there (`routes.Routes.to`).
    """

    def __init__(self, dice: Dice, way: Mapping[str, set[str]]) -> None:
        self.dice = dice
        self._way = way

    def leads(self, on: str, member: str) -> bool:
        """Whether a member of a type is on the way, and the way is followed this time."""
        return member in self._way.get(on, ()) and self.dice.number(0, 99) < OBEDIENCE

    def pick(self, on: str, names: Sequence[str]) -> str:
        """The name of one member of a type."""
        leading = [name for name in names if name in self._way.get(on, ())]
        if leading and self.dice.number(0, 99) < OBEDIENCE:
            return self.dice.pick(leading)
        return self.dice.pick(names)

    def some(self, on: str, names: Sequence[str], most: int) -> list[str]:
        """A few different names of the members of a type, in the order drawn."""
        count = self.dice.number(0, min(most, len(names)))
        chosen = [self.dice.pick(names) for _ in range(count)]
        chosen += [name for name in names if self.leads(on, name)][:1]
        return list(dict.fromkeys(chosen))
