"""Shows what an emulated shop holds as a platform's sandbox wants it: ordered, rendered lazily."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

from core.marketplace.sandbox import Key, Row

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Source(Protocol[T_co]):
    """Objects of one kind; an index is a place in `times`."""

    def times(self) -> Iterable[datetime]:
        """When each of them was changed last."""
        ...

    def make(self, index: int) -> T_co:
        """The object itself."""
        ...

    def find(self, number: int) -> int | None:
        """The index of the object of that number."""
        ...


class Shown(Generic[T]):
    """A source in a platform's words.

    show: how an object reads there. time: how a time is written in keys.
    number: our number behind a platform's id. times: by what to order, if not by the last change.
    """

    def __init__(
        self,
        source: Source[T],
        show: Callable[[T], Row],
        time: Callable[[datetime], Any],
        number: Callable[[Any], int] = int,
        times: Iterable[datetime] | None = None,
    ) -> None:
        self._source = source
        self._show = show
        self._number = number
        moments = source.times() if times is None else times
        self.keys: Sequence[Key] = sorted((time(at), index) for index, at in enumerate(moments))

    def render(self, index: int) -> Row:
        """The object as the platform shows it."""
        return self._show(self._source.make(index))

    def by_id(self, number: Any) -> Row | None:
        """The object of that platform id; None without one."""
        index = self._source.find(self._number(number))
        return None if index is None else self.render(index)


class Kept(Shown[T]):
    """Rows that are kept once they were shown: for lists that look at all rows for every page."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.render = lru_cache(None)(super().render)  # type: ignore[method-assign]
