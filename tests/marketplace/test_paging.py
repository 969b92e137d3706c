"""Paging as plain values: listings are lists, answers are slices of them."""

from datetime import UTC, datetime, timedelta

import pytest

from core.marketplace.contract import Window
from core.marketplace.errors import PermanentError
from core.marketplace.paging import Forwards, LastToFirst, Part, Shown, Walk, halves, page_size

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


@pytest.mark.parametrize("mark", ["", "4", "x:y", "1:2:3", "0:5:10", "1:5:9"])
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


RECENT = Window(NOON - timedelta(minutes=30), NOON)


def walked(
    listing: list[str], changes: dict[int, list[str]], window: Window = RECENT
) -> tuple[list[str], int]:
    """The rows a walk takes as news, pages of three, and its answers; after some it changes."""
    walk, found, answers = Walk(lambda row: row[0]), list[str](), 0
    walk.begin([Part.new("rows", 3, window)], None, NOON)
    while part := walk.part:
        page = listing[(part.position.page - 1) * 3 : part.position.page * 3]
        shown = Shown(page, len(listing))
        answers += 1
        listing = changes.get(answers, listing)
        if step := walk.take(shown):
            found += step.rows
    return found, answers


def test_a_row_that_comes_in_while_another_leaves_hides_none() -> None:
    """The total stays as it was, but a row is pushed onto a page that was read: it is found."""
    rows = list("abcdefghi")

    found, _ = walked(rows, {2: ["z", *"abcdefg", "i"]})

    assert {*"abcdefgi", "z"} <= set(found)


def test_a_listing_of_one_page_is_read_once() -> None:
    """One answer shows it all at one moment."""
    assert (["a", "b"], 1) == walked(["a", "b"], {})


def test_a_window_of_long_ago_is_read_once() -> None:
    """Nothing comes into it any more, so its pages need no second look."""
    old = Window(NOON - timedelta(days=9), NOON - timedelta(days=8))

    assert 4 == walked(list("abcdefg"), {}, old)[1]
    assert 7 == walked(list("abcdefg"), {})[1]


def test_a_walk_goes_on_with_what_it_knew() -> None:
    """After an error the rows that were met are not news again."""
    rows, walk = list("abcdefg"), Walk(lambda row: row)
    plan = [Part.new("rows", 3, RECENT)]
    walk.begin(plan, None, NOON)
    walk.take(Shown(rows[:3], 7))
    first = walk.take(Shown(rows[6:], 7))
    assert first is not None

    walk.begin(plan, first.resume, NOON)

    assert walk.part is not None
    assert (2, {"g"}) == (walk.part.position.page, set(walk.part.seen or {}))


@pytest.mark.parametrize("asked", [0, -1, "10", 2.5])
def test_a_page_size_that_is_none_is_refused(asked: object) -> None:
    """The shop's config is written by hand."""
    with pytest.raises(PermanentError, match="page_size"):
        page_size(100, {"page_size": asked})


def test_a_page_is_no_larger_than_the_platform_allows() -> None:
    """Smaller ones may be asked for."""
    assert [100, 100, 20] == [
        page_size(100, config) for config in ({}, {"page_size": 500}, {"page_size": 20})
    ]
