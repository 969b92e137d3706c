"""Paging as plain values: listings are lists, answers are slices of them."""

from datetime import UTC, datetime, timedelta

import pytest

from core.marketplace.contract import Window
from core.marketplace.paging import Forwards, LastToFirst, halves

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def read(changes: dict[int, list[int]], rows: list[int], size: int = 3) -> list[int]:
    """Pages read as an adapter reads them; after the n-th answer the listing becomes another."""
    found: list[int] = []
    position: LastToFirst | None = LastToFirst(size)
    answers = 0
    while position:
        total = len(rows)
        page = rows[(position.page - 1) * size : position.page * size]
        answers += 1
        rows = changes.get(answers, rows)
        earlier = position.grown(total)
        if earlier:
            position = earlier
            continue
        found += page
        position = position.following(total)
    return found


@pytest.mark.parametrize("count", range(12))
def test_every_row_is_read_once_when_nothing_moves(count: int) -> None:
    """Whole pages, broken last pages and empty listings alike."""
    rows = list(range(count))

    found = read({}, rows)

    assert rows == sorted(found)


def test_page_one_comes_last() -> None:
    """The newest changes are stored last, so that a stop in the middle loses none of them."""
    found = read({}, [1, 2, 3, 4, 5, 6, 7])

    assert [7, 4, 5, 6, 1, 2, 3] == found


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("leaver", range(10))
@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_a_row_that_leaves_hides_no_other(leaver: int, after: int, size: int) -> None:
    """Rows behind the one that left move forward, onto pages that are still to be read."""
    rows = list(range(10))
    left = [row for row in rows if row != leaver]

    found = read({after: left}, rows, size)

    assert set(left) <= set(found)


@pytest.mark.parametrize("after", [1, 2, 3, 4])
@pytest.mark.parametrize("count", [1, 3, 7])
def test_rows_that_come_in_hide_no_other(count: int, after: int) -> None:
    """Rows that come in push others back onto pages already read: those are read again."""
    rows = list(range(10))
    grown = [100 + number for number in range(count)] + rows

    found = read({after: grown}, rows)

    assert set(rows) <= set(found)


def test_pages_that_vanished_are_skipped() -> None:
    """A listing that lost its last pages is gone on with at the last it still has."""
    position = LastToFirst(size=10, page=9, total=90)

    following = position.following(total=25)

    assert LastToFirst(size=10, page=3, total=25) == following


def test_a_mark_leads_back() -> None:
    """A position survives being stored as text."""
    position = LastToFirst(size=10, page=4, total=77)

    resumed = LastToFirst.resumed(position.mark, size=10)

    assert position == resumed


@pytest.mark.parametrize("mark", ["", "4", "x:y", "0:5", "-1:5", "1:2:3"])
def test_a_text_that_is_no_mark_is_refused(mark: str) -> None:
    """The adapter starts over then."""
    with pytest.raises(ValueError, match=r"literal|unpack|no page"):
        LastToFirst.resumed(mark, size=10)


def test_forwards_goes_on_while_there_is_a_next() -> None:
    """Where the platform counts nothing, it says whether there is more."""
    second = Forwards().following(has_next=True)

    assert Forwards(2) == second
    assert second is not None
    assert second.following(has_next=False) is None


@pytest.mark.parametrize("seconds", [2, 3, 86_400])
def test_halves_cover_the_window(seconds: int) -> None:
    """They meet at a whole second, which belongs to both."""
    window = Window(NOON, NOON + timedelta(seconds=seconds))

    cut = halves(window)

    assert cut is not None
    older, newer = cut
    assert (window.start, older.end, window.end) == (older.start, newer.start, newer.end)
    assert 0 == older.end.microsecond
    assert window.start < older.end < window.end


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_second_cannot_be_cut(seconds: int) -> None:
    """Platforms count whole seconds."""
    assert halves(Window(NOON, NOON + timedelta(seconds=seconds))) is None
