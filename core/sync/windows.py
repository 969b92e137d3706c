"""Which window of a stream comes next: pure arithmetic over its cursor.

The cursor is what a committed page leaves behind. `through`: all windows up to here are stored.
While a window is being read, `start`, `end`, `resume` and `seen` say how far.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core.marketplace.contract import Stream, StreamKind, Window

EPOCH = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Cursor:
    """Where a stream stands."""

    through: datetime | None = None
    window: Window | None = None
    resume: str | None = None
    seen: int = 0
    reported: int | None = None

    @classmethod
    def load(cls, stored: dict[str, Any]) -> "Cursor":
        """The cursor of a stored document; an empty one is the very beginning."""
        start, end = _time(stored.get("start")), _time(stored.get("end"))
        return cls(
            through=_time(stored.get("through")),
            window=Window(start, end) if start is not None and end is not None else None,
            resume=stored.get("resume"),
            seen=stored.get("seen", 0),
            reported=stored.get("reported"),
        )

    def dump(self) -> dict[str, Any]:
        """The document to store."""
        stored: dict[str, Any] = {"through": _text(self.through)}
        if self.window is not None:
            stored |= {
                "start": _text(self.window.start),
                "end": _text(self.window.end),
                "resume": self.resume,
                "seen": self.seen,
                "reported": self.reported,
            }
        return stored

    def begin(self, window: Window) -> "Cursor":
        """The cursor while `window` is being read."""
        return Cursor(self.through, window)

    def back_to(self, moment: datetime) -> "Cursor":
        """The cursor from which everything since `moment` is read again.

        It never leads ahead: what lies between would be read by nobody. A stream of which nothing
        is stored begins where it would.
        """
        stands = self.window.start if self.through is None and self.window else self.through
        return self if stands is None or stands <= moment else Cursor(through=moment)

    def advance(self, seen: int, reported: int | None, resume: str | None) -> "Cursor":
        """The cursor after a page; without `resume` the window is finished."""
        assert self.window is not None
        if resume is None:
            return Cursor(through=self.window.end)
        known = reported if reported is not None else self.reported
        return replace(self, resume=resume, seen=self.seen + seen, reported=known)


def first_start(
    stream: Stream, cursor: Cursor, now: datetime, retention: timedelta | None
) -> datetime:
    """Where a run begins: a little before what is stored, never before what the platform keeps."""
    earliest = EPOCH if retention is None else now - retention
    if stream.kind is StreamKind.FULL_SCAN or cursor.through is None:
        return earliest
    return max(cursor.through - stream.overlap, earliest)


def next_window(stream: Stream, start: datetime, now: datetime) -> Window | None:
    """The window that begins at `start`, or None when the stream is up to date."""
    end = now - stream.lag
    if stream.window is not None:
        end = min(end, start + stream.window)
    return Window(start, end) if end > start else None


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _text(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
