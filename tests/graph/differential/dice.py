"""What questions are drawn from: hypothesis, which shrinks, or a fast generator with a seed."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Choices, all made of one: a number between two others, of which the least is the simplest."""

    def __init__(self, number: Callable[[int, int], int]) -> None:
        self.number = number

    def chance(self, percent: int) -> bool:
        """True in so many cases of a hundred; false is the simpler answer."""
        return self.number(0, 99) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        """One of the options; the first is the simplest."""
        return options[self.number(0, len(options) - 1)]

    def weighted(self, *options: tuple[int, T]) -> T:
        """One of the options, each as often as its weight says."""
        left = self.number(0, sum(weight for weight, _ in options) - 1)
        for weight, option in options:
            if left < weight:
                return option
            left -= weight
        raise AssertionError("weights are positive")


def seeded(seed: object) -> Dice:
    """Dice that always fall alike for a seed."""
    return Dice(random.Random(str(seed)).randint)
