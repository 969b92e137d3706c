"""The parts that every platform's sandbox is made of."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from core.marketplace.sandbox import (
    Call,
    Faults,
    MemoryFeed,
    MovedFeed,
    RequestLog,
    SetClock,
    serve,
)


def test_a_feed_keeps_its_rows_in_order() -> None:
    """Rows put in late or changed later stand where their time says."""
    feed = MemoryFeed([{"id": 1, "at": "b"}, {"id": 2, "at": "a"}], "at")
    feed.put({"id": 3, "at": "ab"})
    feed.replace(0, {"id": 1, "at": "0"})

    ordered = [feed.render(index)["id"] for _, index in feed.keys]

    assert [1, 2, 3] == ordered
    assert {"id": 3, "at": "ab"} == feed.by_id(3)
    assert feed.by_id(4) is None


def test_a_moved_row_changes_its_time_alone() -> None:
    """The feed it comes from, which may be huge, is left as it is."""
    feed = MemoryFeed([{"id": 1, "at": "a"}, {"id": 2, "at": "b"}], "at")

    moved = MovedFeed(feed, 0, "at", "c")

    assert [("b", 1), ("c", 0)] == moved.keys
    assert {"id": 1, "at": "c"} == moved.render(0)
    assert [("a", 0), ("b", 1)] == feed.keys


def test_counted_faults_are_used_up() -> None:
    """A fault strikes as often as it was asked for."""
    faults = Faults()
    faults.set({"fail": 2})

    struck = [faults.strikes("fail") for _ in range(3)]

    assert [True, True, False] == struck


def test_a_misspelt_fault_is_named() -> None:
    """A test that sets a fault which doesn't exist must not pass."""
    with pytest.raises(ValueError, match="no fault 'fial'; there are throttle"):
        Faults().set({"fial": 1})


def test_the_log_finds_calls_by_method() -> None:
    """In the order in which they came."""
    log = RequestLog()
    for number, method in enumerate(("a", "b", "a")):
        log.add(Call(method, {"n": str(number)}))

    assert ["0", "2"] == [call.params["n"] for call in log.of("a")]


def test_a_set_clock_moves_when_told() -> None:
    """Time in tests passes by hand."""
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    clock = SetClock(noon)

    clock.advance(timedelta(minutes=5))

    assert noon + timedelta(minutes=5) == clock()


def test_an_app_is_served_on_loopback() -> None:
    """It answers inside the block, and its port is free again behind it."""
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("here"))])

    with serve(app) as base_url:
        answer = httpx.get(base_url)

    assert "here" == answer.text
    with pytest.raises(httpx.ConnectError):
        httpx.get(base_url)
