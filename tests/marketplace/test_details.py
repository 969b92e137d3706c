"""Details of rows: fetched once each, also when the platform fails in between."""

import pytest

from core.marketplace.details import Details
from core.marketplace.errors import TransientError

pytestmark = pytest.mark.anyio


class Platform:
    """Fails at every third call."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def tell(self, row: str) -> str:
        self.asked.append(row)
        if len(self.asked) % 3 == 0:
            raise TransientError("in a moment")
        return row.upper()


@pytest.mark.parametrize("at_once", [1, 4])
async def test_what_was_fetched_is_kept(at_once: int) -> None:
    """Every attempt gets further and says so, and no row that came is asked for again."""
    platform = Platform()
    details = Details[str, str](platform.tell, at_once)
    wanted = {row: row for row in "abcdef"}
    failures = []
    found: dict[str, str] = {}

    while not found:
        try:
            found = await details.of(wanted)
        except TransientError as failure:
            failures.append(failure.has_progress)

    assert {row: row.upper() for row in "abcdef"} == found
    assert all(failures)
    assert len(platform.asked) == 6 + len(platform.asked) // 3


async def test_a_failure_without_progress_says_so() -> None:
    """Then the pause before the next attempt grows."""

    async def refuse(row: str) -> str:
        raise TransientError("not now")

    with pytest.raises(TransientError) as failure:
        await Details[str, str](refuse).of({"a": "a"})

    assert not failure.value.has_progress
