"""How to page through a listing that changes meanwhile, as plain values: no network, no platform.

Listings sort by time of change, newest first. A row that changes again leaves its place for the
front or for a later window. Rows behind it then move one place forward: whoever reads from the
first page to the last misses one at a page's edge, whoever reads from the last page to the first
meets one twice. So `LastToFirst` is the way wherever a total is told, and `Forwards` serves
listings whose rows keep their places. `Walk` reads a window's listings so, one after another.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from core.marketplace.contract import Window
from core.marketplace.errors import PermanentError

SECOND = timedelta(seconds=1)
READINGS = 4
"""So often a part is read in which rows still move; the next pull's overlap is for the rest."""
SETTLED = timedelta(hours=1)
"""After that no clock is so wrong that a row which changes now stays in a span."""
Identify = Callable[[Any], str]
"""What tells rows of a listing apart, usually their id."""


def page_size(most: int, config: Mapping[str, Any]) -> int:
    """Rows to ask for at a time: `page_size` of the shop's config, at most what the platform gives.

    Smaller pages help where a platform runs into time-outs. PermanentError if it is no number.
    """
    asked = config.get("page_size", most)
    if type(asked) is not int or asked < 1:
        raise PermanentError(f"page_size {asked!r} is no number of rows")
    return min(asked, most)


@dataclass(frozen=True)
class LastToFirst:
    """The page to ask for next, and how long the listing was when last seen.

    Begin with `LastToFirst(size)`: it asks for page 1 and expects one page at most. Every answer
    goes to `grown` and then to `following`. All answers of a short listing are used; of a longer
    one, the first answer only tells where the last page is.
    """

    size: int
    page: int = 1
    total: int = -1

    @property
    def is_begun(self) -> bool:
        """Whether an answer has told how long the listing is."""
        return self.total >= 0

    @property
    def expected(self) -> int:
        """Rows the listing is thought to have: one page, until an answer has told."""
        return self.total if self.is_begun else self.size

    def grown(self, total: int) -> Self | None:
        """Where to go back to if the listing is longer than expected: drop that answer then.

        New rows come in at the front and push unread ones onto pages that were already read.
        This ends because a window lies in the past, where few rows still come in.
        """
        added = total - self.expected
        if added <= 0:
            return None
        return replace(self, page=self.page + -(-added // self.size), total=total)

    def following(self, total: int) -> Self | None:
        """The page before this one, or None when page 1 was read.

        A shorter listing moves nothing past us, except that its last pages are gone.
        """
        if self.page == 1:
            return None
        last = max(1, -(-total // self.size))
        return replace(self, page=min(self.page - 1, last), total=total)

    @property
    def mark(self) -> str:
        """What `resumed` needs to go on from here."""
        return f"{self.page}:{self.total}:{self.size}"

    @classmethod
    def resumed(cls, mark: str, size: int) -> Self:
        """The position behind a mark; ValueError if it is none, or one of pages of other sizes."""
        page, total, told = map(int, mark.split(":"))
        if page < 1 or told != size:
            raise ValueError(f"no page {page} of {size} rows")
        return cls(size, page, total)


@dataclass(frozen=True)
class Part:
    """What is still to be read of a listing.

    name: what marks call the listing. position: the page to ask for next.
    span: the times to ask for; None asks for all. whole: what it is cut out of, if it must be.
    seen: the rows met so far and how they were; None if an earlier process met them.
    has_news: whether a row was met anew in this reading, after a first one.
    is_moving: whether rows may come into the span, or to the front of it, while it is read.
    """

    name: str
    position: LastToFirst
    span: Window | None = None
    whole: Window | None = None
    seen: Mapping[str, int] | None = field(default_factory=dict)
    has_news: bool = False
    readings: int = 1
    is_moving: bool = False

    @classmethod
    def new(
        cls, name: str, size: int, span: Window | None = None, whole: Window | None = None
    ) -> Self:
        """All pages of a listing, `size` rows each. whole: the span, if it isn't told."""
        return cls(name, LastToFirst(size), span, whole or span)

    @property
    def mark(self) -> str:
        """What `Walk.begin` needs to go on from here."""
        span = self.span and f"{self.span.start.timestamp():.0f}-{self.span.end.timestamp():.0f}"
        return f"{self.name}|{span or ''}|{self.position.mark}"

    def instead(self, shown: "Shown") -> list["Part"]:
        """What to read in place of an answer from which rows are missing, else nothing."""
        if shown.is_cut:
            return self._shorter(shown.total)
        position = self.position.grown(shown.total)
        return [replace(self, position=position)] if position else []

    def _shorter(self, total: int) -> list["Part"]:
        span = self.span or self.whole
        shorter = halves(span) if span else None
        if shorter is None:
            raise PermanentError(f"{self.name}: {total} rows within a second, some are not shown")
        return [self.afresh(span=half) for half in shorter]

    def afresh(self, **changes: Any) -> "Part":
        """This part from its last page on, with these changes."""
        return replace(self, position=LastToFirst(self.position.size), seen={}, **changes)

    def news(self, rows: Mapping[str, int]) -> list[str]:
        """Which of these rows have not been met as they are now."""
        return [id for id, version in rows.items() if (self.seen or {}).get(id) != version]

    def following(self, total: int, rows: Mapping[str, int]) -> "Part | None":
        """The rest of this part after an answer that showed these rows.

        A row that comes in, or changes but stays in the span, pushes others past us; if another
        leaves, the total tells nothing of it. So where that can happen the part is read once more,
        until a reading brings no news. A listing of one page shows all at once.
        """
        is_one_page = not self.position.is_begun
        position = self.position.following(total)
        if self.seen is None:
            return replace(self, position=position) if position else None
        seen = {**self.seen, **rows}
        changed = any(id in self.seen for id in self.news(rows))
        has_news = self.has_news or (bool(self.news(rows)) if self.readings > 1 else changed)
        if position:
            return replace(self, position=position, seen=seen, has_news=has_news)
        is_suspect = self.readings == 1 and (self.is_moving or len(seen) < total)
        if is_one_page or not (has_news or is_suspect) or self.readings == READINGS:
            return None
        last = max(1, -(-total // self.position.size))
        position = LastToFirst(self.position.size, last, total)
        return replace(
            self, position=position, seen=seen, has_news=False, readings=self.readings + 1
        )


@dataclass(frozen=True)
class Shown:
    """What a platform answered for one page.

    total: its count of all rows. is_cut: whether it shows only some of them for one condition.
    """

    rows: Sequence[Any]
    total: int
    is_cut: bool = False


@dataclass(frozen=True)
class Step:
    """What `Page` says of a page: its rows that are news, how to go on, the platform's count."""

    rows: list[Any]
    resume: str | None
    reported: int | None


@dataclass(frozen=True)
class _Left:
    """Where a walk stands. is_whole: whether it began at the start. counted: rows so far."""

    mark: str
    part: Part
    counted: int
    is_whole: bool


class Walk:
    """Walks through a stream's listings, each from its last page to its first.

        walk.begin(plan, resume, now)
        while part := walk.part:
            shown = …ask for part.position.page of part.name within part.span…
            if step := walk.take(shown):
                yield Page(…map step.rows…, step.resume, step.reported)

    An adapter keeps one for each stream: begun again after an error it still knows which rows it
    had met.
    """

    def __init__(self, identify: Identify) -> None:
        self._identify = identify
        self._parts: deque[Part] = deque()
        self._counted, self._is_whole = 0, True
        self._known: tuple[_Left, ...] = ()

    @property
    def part(self) -> Part | None:
        """What to ask for now; None when all is read."""
        return self._parts[0] if self._parts else None

    def begin(self, plan: Sequence[Part], resume: str | None, now: datetime) -> None:
        """Go on after a mark; from the start if it isn't one of ours: that is never wrong.

        A mark that another process left leads to the start of its span as long as rows may still
        move within: which ones it had met can't be told any more.
        """
        self._counted, self._is_whole = 0, True
        plan = [replace(part, is_moving=_is_moving(part.span, now)) for part in plan]
        parts = _resumed(plan, resume, now) if resume else None
        if parts:
            self._is_whole = parts[0].name == plan[0].name and _starts(parts[0], plan[0])
            known = [left for left in self._known if left.mark == resume]
            if known:
                parts[0] = known[-1].part
                self._counted, self._is_whole = known[-1].counted, known[-1].is_whole
        self._parts = deque(parts or plan)
        self._known = tuple(replace(left, mark=resume or left.mark) for left in self._left())

    def take(self, shown: Shown) -> Step | None:
        """Use an answer; None if it must not be used: ask for `part` then."""
        part = self._parts.popleft()
        instead = part.instead(shown)
        if instead:
            self._parts.extendleft(reversed(instead))
            return None
        rows = {self._identify(row): hash(repr(row)) for row in shown.rows}
        news = set(part.news(rows))
        rest = part.following(shown.total, rows)
        if rest:
            self._parts.appendleft(rest)
        else:
            self._counted += shown.total
        # The page is not stored yet: if that fails, its own mark is begun with once more.
        self._known = (*self._known[-1:], *self._left())
        # Told with the last page: rows that left for a later window are no longer counted then.
        is_told = self._is_whole and not self._parts
        return Step(
            [row for row in shown.rows if self._identify(row) in news],
            self.part.mark if self.part else None,
            self._counted if is_told else None,
        )

    def _left(self) -> tuple[_Left, ...]:
        part = self.part
        return (_Left(part.mark, part, self._counted, self._is_whole),) if part else ()


def _is_moving(span: Window | None, now: datetime) -> bool:
    return span is not None and span.end > now - SETTLED


def _starts(part: Part, planned: Part) -> bool:
    return part.span is None or planned.whole is None or part.span.start == planned.whole.start


def _resumed(plan: Sequence[Part], mark: str, now: datetime) -> list[Part] | None:
    """What is left of a plan after a mark; None if the mark is none of it."""
    try:
        name, span_text, position_text = mark.split("|")
        at = [part.name for part in plan].index(name)
        planned = plan[at]
        span = _span(span_text, planned)
        position = LastToFirst.resumed(position_text, planned.position.size)
    except ValueError:
        return None
    part = replace(planned, position=position, span=span)
    if position.is_begun:
        part = part.afresh() if _is_moving(span, now) else replace(part, seen=None)
    rest = list(plan[at + 1 :])
    if span and planned.whole and span.end < planned.whole.end:
        rest.insert(0, replace(planned, span=Window(span.end, planned.whole.end)))
    return [part, *rest]


def _span(text: str, planned: Part) -> Window | None:
    """The span of a mark; ValueError if it lies outside of what is planned."""
    if not text:
        if planned.span:
            raise ValueError("a mark without a span")
        return None
    start, end = (datetime.fromtimestamp(int(second), UTC) for second in text.split("-"))
    whole = planned.whole
    if whole is None or not whole.start <= start < end <= whole.end:
        raise ValueError("a span outside the window")
    return Window(start, end)


@dataclass(frozen=True)
class Forwards:
    """The page to ask for next where the platform tells only whether there is another."""

    page: int = 1

    def following(self, has_next: bool) -> Self | None:
        """The next page, or None when the platform says that there is none."""
        return replace(self, page=self.page + 1) if has_next else None


def halves(window: Window) -> tuple[Window, Window] | None:
    """The window cut in two at a whole second, or None when it is too short for that.

    For platforms that show only so many rows per condition. The halves share the cutting second,
    because platforms rarely say whether they mean their bounds inclusively.
    """
    middle = (window.start + (window.end - window.start) / 2).replace(microsecond=0)
    if not window.start + SECOND <= middle <= window.end - SECOND:
        return None
    return Window(window.start, middle), Window(middle, window.end)


def whole_seconds(window: Window) -> Window:
    """The window in whole seconds, as platforms count; at least one, because they refuse none."""
    start = window.start.replace(microsecond=0)
    return Window(start, max(window.end.replace(microsecond=0), start + SECOND))
