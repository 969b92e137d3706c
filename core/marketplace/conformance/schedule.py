"""Changes by chance while a subject is pulled: rows come in, change, and change their state."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from core.marketplace.conformance.subject import Subject

CHANCE = 0.4
"""How likely a change is before each request."""
MOST = 12
"""Changes in one schedule."""


@dataclass
class Schedule:
    """What happens before each request, the same for the same seed."""

    subject: Subject
    rows: int
    seed: int

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)  # noqa: S311 - for tests, repeatable
        self._next = self.rows
        self._left = MOST

    def __call__(self, number: int) -> None:
        """Time goes on, and perhaps a row changes; each change is written at once."""
        self.subject.clock.advance(timedelta(seconds=1))
        if self._left and self._dice.random() < CHANCE:
            self._left -= 1
            self._change(self._dice.choice(self.subject.streams))

    def _change(self, stream: str) -> None:
        if self._dice.random() < 0.5:
            row, self._next = self._next, self._next + 1
        else:
            row = self._dice.randrange(self.rows)
        late = timedelta(seconds=self._dice.choice((0, 0, 0, 1, 30)))
        self.subject.put(stream, row, self.subject.clock() - late, self._dice.randrange(1, 4))
