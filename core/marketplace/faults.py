"""The ways a platform fails on request: switches that every sandbox honours."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any

STRIKING = ("throttle", "fail", "outage", "html", "truncate", "slow", "expire", "bad_row")
"""Faults that strike single answers, and so may be left to chance."""


@dataclass
class Faults:
    """What shall go wrong. Counted faults strike the next calls and are used up by them.

    throttle: calls refused as too many, with `ban_seconds` to wait. fail: calls answered by HTTP
    200 with the platform's own error of its own making. outage: calls answered by HTTP 503.
    html: calls answered by a web page. truncate: answers cut off in the middle.
    slow: seconds every answer waits. expire: end the sessions now.
    skew: seconds by which the platform's clock is ahead (behind, if negative).
    bad_row: while it is set, every answer that holds this id fails as `fail` does.
    reorder: id of a row that changes while it is paged, right after `reorder_after` pages; it
    goes to the time `reorder_to`, or to now.
    share: if above zero, that share of the answers is struck, each by one of the faults that are
    switched on, taken by chance from `seed`; counts are not used up then. Chance cuts off no
    answer that holds new tokens: the old ones are void by then, and no adapter can mend that.
    """

    throttle: int = 0
    ban_seconds: int = 1
    fail: int = 0
    outage: int = 0
    html: int = 0
    truncate: int = 0
    slow: float = 0.0
    expire: bool = False
    skew: float = 0.0
    bad_row: str = ""
    reorder: int = 0
    reorder_after: int = 1
    reorder_to: str = ""
    share: float = 0.0
    seed: int = 0
    _dice: Random | None = field(default=None, init=False, repr=False)
    _chosen: str = field(default="", init=False, repr=False)

    def set(self, values: Mapping[str, Any]) -> None:
        """Set switches by name, as they come as JSON; ValueError names one that doesn't exist."""
        known = [each.name for each in fields(self) if each.init]
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no fault {name!r}; there are {', '.join(known)}")
            setattr(self, name, type(getattr(self, name))(value))
        self._dice = None

    def begin(self) -> None:
        """Another answer is due: let chance say what strikes it, if it is to."""
        self._dice = self._dice or Random(self.seed)  # noqa: S311 - for tests, repeatable
        switched = [name for name in STRIKING if getattr(self, name)]
        is_struck = self._dice.random() < self.share
        self._chosen = self._dice.choice(switched) if is_struck and switched else ""

    def strikes(self, name: str) -> bool:
        """Whether a counted fault happens now; if so, there is one less of it to come."""
        if self.share:
            return self._chosen == name
        left = getattr(self, name)
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        return True

    def ends_sessions(self) -> bool:
        """Whether the sessions end now; asked once, it is done."""
        if self.share:
            return self._chosen == "expire"
        ends, self.expire = self.expire, False
        return ends

    def breaks(self, content: bytes) -> bool:
        """Whether the row that breaks every page it is on is in this answer."""
        if not self.bad_row or (self.share and self._chosen != "bad_row"):
            return False
        return self.bad_row.encode() in content

    def delay(self) -> float:
        """Seconds that this answer waits."""
        return self.slow if not self.share or self._chosen == "slow" else 0.0
