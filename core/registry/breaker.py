"""Cuts off what keeps failing: a plugin's field, job or route rests before it is asked again.

Closed: every call goes through. After `failures` unexpected failures in a row it opens: for
`pause` seconds every call is refused at once. Then one call may try; if it fails too, the pause
is twice as long, up to `LONGEST`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from core.errors import PluginUnavailableError

LONGEST = 600.0
"""Seconds of the longest pause."""


@dataclass(frozen=True)
class Limits:
    """failures: in a row, before a thing is cut off; pause: for how many seconds at first.

    seconds: how long a resolver or a route may take.
    """

    failures: int = 5
    pause: float = 30.0
    seconds: float = 10.0


@dataclass(eq=False)
class Breaker:
    """One thing of one plugin: how it has fared, and whether it is asked at all."""

    plugin: str
    what: str
    limits: Limits
    clock: Callable[[], float] = monotonic
    in_a_row: int = 0
    total: int = 0
    _rests_until: float = 0.0
    _pause: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it is cut off now."""
        return self._pause > 0 and self.clock() < self._rests_until

    def check(self) -> None:
        """PluginUnavailableError while it is cut off; afterwards one caller may try."""
        if not self._pause:
            return
        now = self.clock()
        if now < self._rests_until:
            raise PluginUnavailableError(
                f"{self.what} of the plugin {self.plugin!r} keeps failing and is cut off for "
                f"{self._rests_until - now:.0f} more seconds; everything else answers."
            )
        self._rests_until = now + self.limits.seconds  # the others wait for the one who tries

    def succeeded(self) -> None:
        """It works (again)."""
        self.in_a_row = 0
        self._pause = 0.0

    def failed(self) -> None:
        """It raised what it should not have raised, or took too long."""
        self.in_a_row += 1
        self.total += 1
        if self.in_a_row >= self.limits.failures:
            self._pause = min(LONGEST, self._pause * 2 or self.limits.pause)
            self._rests_until = self.clock() + self._pause


@dataclass(eq=False)
class Guards:
    """The breakers of a process, by plugin and thing."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = monotonic
    _breakers: dict[tuple[str, str], Breaker] = field(default_factory=dict)

    def of(self, plugin: str, what: str) -> Breaker:
        """The breaker of this thing."""
        if (plugin, what) not in self._breakers:
            self._breakers[plugin, what] = Breaker(plugin, what, self.limits, self.clock)
        return self._breakers[plugin, what]

    def __iter__(self) -> Iterator[Breaker]:
        return iter(tuple(self._breakers.values()))

    def cut_off(self, plugin: str) -> list[str]:
        """What of a plugin is cut off now."""
        return sorted(each.what for each in self if each.plugin == plugin and each.is_open)
