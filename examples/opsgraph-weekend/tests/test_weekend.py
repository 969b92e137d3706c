"""Orders of a Friday and a Saturday, told apart."""

from datetime import UTC, datetime

from core.testing import Bench

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
SATURDAY_IN_SHANGHAI = datetime(2026, 11, 20, 17, tzinfo=UTC)


def test_weekend(bench: Bench) -> None:
    """An order belongs to the weekend of its shop's calendar, not to that of UTC."""
    bench.order(platform_id="late", ordered_at=SATURDAY_IN_SHANGHAI)
    bench.order(platform_id="early", ordered_at=FRIDAY)

    answer = bench.ask("{ orders(filter: {isWeekend: {eq: true}}) { nodes { number weekday } } }")

    assert [{"number": "late", "weekday": "Saturday"}] == answer.data["orders"]["nodes"]
