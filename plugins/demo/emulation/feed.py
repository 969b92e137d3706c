"""What every kind of object of the emulated shop offers to be paged through."""

from abc import ABC, abstractmethod
from typing import Any


class Feed(ABC):
    """Objects ordered by the time TOP filters on; each is rendered only when a page asks for it."""

    keys: list[tuple[str, int]]
    """(time, index) in ascending order; the index is what `render` takes."""

    @abstractmethod
    def render(self, index: int) -> dict[str, Any]: ...
