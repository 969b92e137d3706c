"""When renewed tokens end, as adapters write it and shops show it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.marketplace.renewal import ends, read_end

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = 1_795_176_000


@pytest.mark.parametrize(
    ("seconds", "end"),
    [(60, str(SECOND + 60)), ("60", str(SECOND + 60)), (0, ""), (None, ""), ("soon", ""), (-5, "")],
)
def test_ends(seconds: Any, end: str) -> None:
    """Seconds to live become a moment; what was not told replaces what held before."""
    assert {"expires_at": end, "refresh_expires_at": end} == ends(NOW, seconds, seconds)


@pytest.mark.parametrize(
    ("text", "end"),
    [(str(SECOND), NOW), (f"{SECOND}000", NOW), ("", None), ("12", None), ("tomorrow!!", None)],
)
def test_read_end(text: str, end: datetime | None) -> None:
    """Seconds or milliseconds since 1970, whichever the platform writes."""
    assert end == read_end(text)
