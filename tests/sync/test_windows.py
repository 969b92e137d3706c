"""Windows and cursors: pure arithmetic."""

from datetime import timedelta

import pytest

from core.marketplace.contract import Stream, StreamKind, Window
from core.sync.windows import EPOCH, Cursor, first_start, next_window
from tests.ingest.records import T0, after

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BY_UPDATE = Stream("orders", StreamKind.BY_UPDATE, overlap=timedelta(minutes=5))
FULL = Stream("products", StreamKind.FULL_SCAN)


@pytest.mark.parametrize(
    ("cursor", "retention", "expected"),
    [
        (Cursor(), None, EPOCH),
        (Cursor(), DAY, T0 - DAY),
        (Cursor(through=T0), DAY, T0 - timedelta(minutes=5)),
        (Cursor(through=T0 - 3 * DAY), DAY, T0 - DAY),
        (Cursor(through=T0 - 3 * DAY), None, T0 - 3 * DAY - timedelta(minutes=5)),
    ],
    ids=["all", "what is kept", "overlap", "after a long rest", "no limit"],
)
def test_first_start(cursor: Cursor, retention: timedelta | None, expected: object) -> None:
    """A run begins a little before what is stored, and never before what the platform keeps."""
    assert expected == first_start(BY_UPDATE, cursor, T0, retention)


def test_full_scan_begins_at_the_beginning() -> None:
    """A full scan forgets how far it came."""
    assert EPOCH == first_start(FULL, Cursor(through=T0), T0, None)


@pytest.mark.parametrize(
    ("window", "lag", "start", "end"),
    [
        (None, 0, -5, 0),
        (2, 0, -5, -3),
        (2, 0, -1, 0),
        (None, 0.5, -5, -0.5),
        (None, 1, -1, None),
        (None, 0, 1, None),
    ],
)
def test_next_window(window: float | None, lag: float, start: float, end: float | None) -> None:
    """A window ends at its longest, at now, or as near to now as the platform answers."""
    longest = None if window is None else window * HOUR
    stream = Stream("orders", StreamKind.BY_UPDATE, window=longest, lag=lag * HOUR)

    found = next_window(stream, after(start), T0)

    assert (None if end is None else Window(after(start), after(end))) == found


def test_cursor_of_an_unfinished_window() -> None:
    """While a window is read, the cursor keeps the mark, and counts what came."""
    window = Window(T0, after(1))

    cursor = Cursor(through=T0).begin(window).advance(2, 5, "page 2").advance(2, None, "page 3")

    assert Cursor(T0, window, "page 3", seen=4, reported=5) == cursor


def test_cursor_of_a_finished_window() -> None:
    """After the last page everything up to the window's end is stored."""
    cursor = Cursor().begin(Window(T0, after(1))).advance(2, 2, None)

    assert Cursor(through=after(1)) == cursor


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor(),
        Cursor(through=T0),
        Cursor(through=T0, window=Window(T0, after(1))),
        Cursor(window=Window(T0, after(1)), resume="7", seen=3, reported=9),
    ],
)
def test_cursors_survive_storing(cursor: Cursor) -> None:
    """What is stored of a cursor gives the same cursor back."""
    assert cursor == Cursor.load(cursor.dump())


def test_nothing_stored_is_the_beginning() -> None:
    """The document of a fresh stream is empty."""
    assert Cursor() == Cursor.load({})
