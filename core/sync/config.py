"""What a shop's config may say to the core; a marketplace reads its own names itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import InputError
from core.marketplace.contract import Marketplace

NUMBERS = frozenset({"requests_per_second", "messages_every", "page_size", "retention_days"})
SLOWEST, FASTEST = 0.01, 1_000_000
LONGEST_RETENTION = 36_500
LONGEST_PAUSE = 86_400


def check_config(marketplace: Marketplace, config: Mapping[str, Any]) -> None:
    """InputError for a number that no pull could use: it would stand in the way of every run."""
    for name, wanted in _wrong(marketplace, config):
        raise InputError(
            f"config.{name} must be {wanted}, not {str(config[name])[:60]!r}.",
            path=["input", "config", name],
        )


def check_same_places(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """InputError if more than numbers change: base_url says to whom the secrets are sent."""
    for name in sorted((before.keys() | after.keys()) - NUMBERS):
        if before.get(name) != after.get(name):
            raise InputError(
                f"config.{name} cannot change without the credentials: give both.",
                path=["input", "config", name],
            )


def _wrong(marketplace: Marketplace, config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names whose value cannot be used, and what it must be."""
    given = config.get
    if not _is_number(given("requests_per_second", SLOWEST), SLOWEST, FASTEST):
        yield "requests_per_second", f"a number from {SLOWEST} to {FASTEST:,}"
    if not _is_number(given("messages_every", 0), 0, LONGEST_PAUSE):
        yield "messages_every", f"seconds from 0 (never) to {LONGEST_PAUSE:,}"
    rows = given("page_size", 1)
    if type(rows) is not int or rows < 1:
        yield "page_size", "a whole number of 1 or more"
    if not _is_retention(marketplace, given("retention_days", 1)):
        streams = ", ".join(stream.name for stream in marketplace.streams)
        yield "retention_days", f"a number of days, or an object of them by stream ({streams})"


def _is_retention(marketplace: Marketplace, days: Any) -> bool:
    if isinstance(days, Mapping):
        known = {stream.name for stream in marketplace.streams}
        return known >= days.keys() and all(_is_days(each) for each in days.values())
    return _is_days(days)


def _is_days(value: Any) -> bool:
    return _is_number(value, 0, LONGEST_RETENTION) and value > 0


def _is_number(value: Any, least: float, most: float) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and least <= value <= most
