"""How platforms spell money, time and buyers."""

from datetime import datetime, timedelta

EPOCH = datetime(1970, 1, 1) + timedelta(hours=8)
"""The shops' wall clock is China's, which has known no summer time since 1991."""


def yuan(cents: int) -> str:
    return f"{cents / 100:.2f}"


def clock(at: datetime) -> str:
    return at.isoformat(" ", "seconds")


def clock_if_any(at: datetime | None, missing: str = "") -> str:
    return missing if at is None else clock(at)


def seconds(at: datetime | None) -> int:
    """Unix seconds; 0 for no time."""
    return 0 if at is None else (at - EPOCH) // timedelta(seconds=1)


def milliseconds(at: datetime | None) -> int:
    """Unix milliseconds; 0 for no time."""
    return seconds(at) * 1000


def identify_buyer(field: str, customer: int | None) -> dict[str, str]:
    """A guest is no buyer at all, never one shared by all guests: the key is absent."""
    return {} if customer is None else {field: f"uci-{customer}"}
