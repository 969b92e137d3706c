"""Changes by chance while a subject is pulled: rows come in, change, and change their state."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from core.marketplace.conformance.subject import Subject

CHANCE = 0.4
"""How likely a change is before each request."""


@dataclass
class Schedule:
    """What happens before each request, the same for the same seed: at most so many changes.

    Rows are written as the platform's clock stands, some a little late. `count` tells how many
    rows a stream has by now.
    """

    subject: Subject
    rows: int
    seed: int
    changes: int = 12

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)  # noqa: S311 - for tests, repeatable
        self.count = dict.fromkeys(self.subject.streams, self.rows)
        self._left = self.changes
        self._changed: dict[tuple[str, int], datetime] = {}

    def __call__(self, number: int) -> None:
        """Time goes on, and perhaps a row changes; each change is written at once."""
        self.subject.clock.advance(timedelta(seconds=1))
        if self._left and self._dice.random() < CHANCE:
            self._left -= 1
            self._change(self._dice.choice(self.subject.streams))

    def _change(self, stream: str) -> None:
        if self._dice.random() < 0.5:
            row = self.count[stream]
            self.count[stream] += 1
        else:
            row = self._dice.randrange(self.rows)
        late = timedelta(seconds=self._dice.choice((0, 0, 0, 1, 30)))
        moment = self.subject.clock() + timedelta(seconds=self.subject.sandbox.faults.skew) - late
        moment = max(moment, self._changed.get((stream, row), moment))  # no row gets younger
        self._changed[stream, row] = moment
        self.subject.put(stream, row, moment, self._dice.randrange(1, 4))
