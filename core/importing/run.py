"""Imports a file into a shop, the way a sync stores a page: exactly once, with all that follows.

A batch is one transaction: rows, raw payloads, rollups, outbox, counts of the run. Importing the
same file again changes no row.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import anyio.to_thread
from sqlalchemy import update
from sqlmodel import col, select

from core.db import Database, MerchantSession
from core.db.locks import shared
from core.errors import InputError, OpsgraphError
from core.importing.companions import Beside, Together, part_layouts, together
from core.importing.items import Item, Reading, row_name
from core.importing.preview import Preview, make_preview
from core.importing.reading import Taken, nothing_taken, read_beside, read_rows
from core.importing.recognition import Recognised, UnrecognisedFileError, recognise
from core.importing.sheet import Grid, read_file
from core.importing.visits import Told, stored_visits, visits_of
from core.ingest.page import Batch, Outcome, ingest_page
from core.ingest.quarantine import resolve
from core.ingest.rollup import Rollup
from core.ingest.shape import Place
from core.marketplace.contract import Mapped, Marketplace, Rejected
from core.marketplace.exports.generic import GENERIC
from core.marketplace.exports.layout import Layout, Setting
from core.marketplace.records import Record, TrafficRecord
from core.models import Shop, SyncRun, SyncState, random_id
from core.security.audit import audit
from core.sync.shops import find_shop
from core.sync.standing import IMPORTS

LONGEST_NAME = 200
BATCH = 300
"""Records per transaction, as many as the sync takes."""


@dataclass(frozen=True)
class File:
    """A file that somebody gives. name: without folders and what no terminal or table shows."""

    name: str
    content: bytes = field(repr=False)

    @classmethod
    def named(cls, path: str, content: bytes) -> "File":
        """A file under the last part of a path of any system."""
        name = path.replace("\\", "/").rpartition("/")[2]
        shown = "".join(letter for letter in name if letter.isprintable())
        return cls(shown[-LONGEST_NAME:] or "file", content)


@dataclass(frozen=True)
class Understood:
    """A file that was read for a shop: what is shown of it, and what would be stored."""

    name: str
    shop: Shop
    layout: Layout
    reading: Reading
    preview: Preview

    @cached_property
    def told(self) -> Told:
        """The visits that it counts."""
        return Told(visits_of(self.reading.records))


@dataclass(frozen=True)
class Report:
    """What an import came to."""

    run_id: int
    outcome: Outcome


@dataclass(frozen=True)
class Importer:
    """Reads files and stores what is in them, for one merchant."""

    db: Database
    merchant_id: int
    marketplaces: Mapping[str, Marketplace]
    rollups: tuple[Rollup, ...]
    actor: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def understand(self, shop_id: int, file: File, kind: str | None = None) -> Understood:
        """Read a file for a shop and store nothing.

        kind: only layouts of this stream, e.g. "traffic". Raises NotFoundError for a shop of
        somebody else, UnreadableFileError and UnrecognisedFileError.
        """
        [found] = await self.understand_all(shop_id, [file], kind)
        return found

    async def understand_all(
        self,
        shop_id: int,
        files: Sequence[File],
        kind: str | None = None,
        *,
        lenient: bool = False,
    ) -> list[Understood]:
        """The same with several files, of which some may be companions of others.

        lenient: a file that nothing fits is no error if others can be used; a note names it.
        """
        shop = await self.db.read(self.merchant_id, lambda session: _loaded(session, shop_id))
        layouts = layouts_for(shop, self.marketplaces, kind)
        parts = part_layouts(layouts)
        known = [*layouts, *parts.values()]
        recognised: list[tuple[str, Recognised]] = []
        unused: list[UnrecognisedFileError] = []
        for file in files:
            grids = await anyio.to_thread.run_sync(read_file, file.name, file.content)
            try:
                found = await anyio.to_thread.run_sync(
                    self._recognise, file.name, grids, known, shop
                )
            except UnrecognisedFileError as error:
                unused.append(error)
            else:
                recognised.append((file.name, found))
        if unused and not (lenient and recognised):
            raise unused[0]
        own: list[Understood] = []
        for each in together(recognised, parts):
            own.append(await self._understood(shop, each, own))
        notes = [f"Not used: {error.message}" for error in unused]
        return [_noted(own[0], notes), *own[1:]]

    async def store(self, given: Understood, *, skip_refused: bool = False) -> Report:
        """Store what was read; with `skip_refused` refused rows go to quarantine.

        Raises RowsRefusedError, and stores nothing, when rows are refused and not to be skipped.
        """
        if given.reading.refused and not skip_refused:
            raise RowsRefusedError(given.preview)
        run_id = await self.db.run(self.merchant_id, lambda session: self._begin(session, given))
        outcome = Outcome()
        items = _in_order(given)
        rejected = given.reading.rejected
        try:
            for start in range(0, max(len(items), 1), BATCH):
                part = items[start : start + BATCH]
                quarantined = rejected if start == 0 else []
                outcome.add(await self._store(given, run_id, part, quarantined))
        except BaseException as error:
            await self._end(run_id, "failed", error)
            raise
        await self._end(run_id, "incomplete" if outcome.quarantined else "succeeded", None)
        return Report(run_id, outcome)

    # --- understanding -----------------------------------------------------------------------

    async def _understood(
        self, shop: Shop, given: Together, before: Sequence[Understood]
    ) -> Understood:
        taken = await self._taken(shop, given.file.layout, before)
        setting = Setting(shop.currency, ZoneInfo(shop.time_zone), self.clock())

        def read() -> tuple[Reading, list[Beside]]:
            beside = [
                read_beside(name, companion, file, setting)
                for companion, name, file in given.companions
            ]
            return read_rows(given.name, given.file, setting, taken, beside), beside

        reading, beside = await anyio.to_thread.run_sync(read)
        preview = make_preview(
            given.name, given.file, reading, shop.name, shop.currency, shop.time_zone
        )
        understood = Understood(given.name, shop, given.file.layout, reading, preview)
        return _noted(understood, [each.note for each in beside])

    def _recognise(
        self, name: str, grids: Sequence[Grid], layouts: Sequence[Layout], shop: Shop
    ) -> Recognised:
        try:
            return recognise(name, grids, layouts)
        except UnrecognisedFileError as error:
            other = self._elsewhere(name, grids, shop)
            if other is None:
                raise
            raise UnrecognisedFileError(
                f"{error.message} It would fit {other.title}: {shop.name!r} is a shop on "
                f"{shop.marketplace}. Is it the right shop, and the right kind?"
            ) from None

    def _elsewhere(self, name: str, grids: Sequence[Grid], shop: Shop) -> Layout | None:
        """A layout of any marketplace and kind that fits the file."""
        layouts = [each for m in self.marketplaces.values() for each in m.layouts]
        try:
            return recognise(name, grids, [*layouts, *GENERIC]).layout
        except UnrecognisedFileError:
            return None

    async def _taken(self, shop: Shop, layout: Layout, before: Sequence[Understood]) -> Taken:
        """What would count visits twice, beside what is stored and what the files before tell."""
        if layout.record is not TrafficRecord:
            return nothing_taken
        everything = (date.min, date.max)
        known = await self.db.read(
            self.merchant_id, lambda session: stored_visits(session, shop.id, everything)
        )
        for given in before:
            known |= set(visits_of(given.reading.records))

        def taken(records: Sequence[Record]) -> Iterable[str]:
            told = visits_of(records)
            return Told(told).expectations(told, known)

        return taken

    # --- storing -----------------------------------------------------------------------------

    def _begin(self, session: MerchantSession, given: Understood) -> int:
        """The run's row; one that a killed process left open is closed."""
        now, stream = self.clock(), _stream(given.layout)
        session.execute(
            update(SyncRun)
            .where(
                col(SyncRun.shop_id) == given.shop.id,
                col(SyncRun.stream) == stream,
                col(SyncRun.status) == "running",
            )
            .values(status="interrupted", finished_at=now)
        )
        start, end = _window(given)
        run = SyncRun(
            merchant_id=self.merchant_id,
            id=random_id(),
            shop_id=given.shop.id,
            stream=stream,
            epoch=0,
            status="running",
            started_at=now,
            window_start=start,
            window_end=end,
            unknown={},
        )
        session.add(run)
        detail = {"file": given.name, "layout": given.layout.name}
        counts = {"records": len(given.reading.items), "refused": given.preview.refused_rows}
        audit(session, self.actor, "shop.import", "shop", given.shop.id, now, **detail, **counts)
        session.flush()
        return run.id

    async def _store(
        self,
        given: Understood,
        run_id: int,
        items: Sequence[Item],
        rejected: Sequence[Rejected],
    ) -> Outcome:
        def work(session: MerchantSession) -> Outcome:
            _lock(session, given.shop.id)
            shared(session)
            _check_taken(session, given, items)
            outcome = self._ingest(session, given, [*(i.mapped for i in items), *rejected])
            self._resolve(session, given, items)
            run = _run(session, run_id)
            run.seen += outcome.seen
            run.changed += outcome.changed
            run.unchanged += outcome.unchanged
            run.quarantined += outcome.quarantined
            run.unknown = dict(outcome.unknown + Counter(run.unknown))
            return outcome

        return await self.db.run(self.merchant_id, work)

    def _ingest(
        self, session: MerchantSession, given: Understood, page: Sequence[Mapped | Rejected]
    ) -> Outcome:
        place = _place(given.shop, self.clock())
        stream, version = _stream(given.layout), given.layout.version
        return ingest_page(session, Batch(place, stream, version, self.rollups, self.clock()), page)

    def _resolve(self, session: MerchantSession, given: Understood, items: Sequence[Item]) -> None:
        """Rows of a file that was mended are no longer in quarantine."""
        kind, now = given.layout.record.kind, self.clock()
        rows = {(kind, row_name(given.name, line)) for item in items for line in item.lines}
        resolve(session, _place(given.shop, now), now, rows)

    async def _end(self, run_id: int, status: str, error: BaseException | None) -> None:
        def work(session: MerchantSession) -> None:
            run = _run(session, run_id)
            run.status, run.finished_at = status, self.clock()
            if error is not None:
                is_ours = isinstance(error, OpsgraphError)
                run.error_code = error.code if is_ours else "ERROR"  # type: ignore[attr-defined]
                run.error = str(error) if is_ours else type(error).__name__

        await self.db.run(self.merchant_id, work)


class RowsRefusedError(InputError):
    """Rows of a file cannot be used, and the caller did not say to go on without them."""

    code = "ROWS_REFUSED"

    def __init__(self, preview: Preview) -> None:
        first = preview.refused[0]
        super().__init__(
            f"{preview.file}: {preview.refused_rows} of "
            f"{preview.rows + preview.refused_rows} rows cannot be used, the first is line "
            f"{first.line}, column {first.column!r}: {first.value!r} is not {first.expected}. "
            "Nothing was stored: mend the file, or say to skip refused rows.",
            path=["input", "file"],
        )
        self.preview = preview


def layouts_for(
    shop: Shop, marketplaces: Mapping[str, Marketplace], kind: str | None
) -> Sequence[Layout]:
    """The layouts a shop's file may have, the marketplace's own first; InputError for no kind."""
    own = marketplaces[shop.marketplace].layouts if shop.marketplace in marketplaces else ()
    layouts = [*own, *GENERIC]
    chosen = [each for each in layouts if kind is None or each.stream == kind]
    if not chosen:
        known = ", ".join(sorted({each.stream for each in layouts}))
        raise InputError(
            f"There are no files of kind {kind!r} for {shop.name!r}; there are: {known}.",
            path=["input", "kind"],
        )
    return chosen


def _noted(given: Understood, notes: Sequence[str]) -> Understood:
    """With further notes in its preview."""
    preview = replace(given.preview, notes=(*given.preview.notes, *notes))
    return replace(given, preview=preview)


def _loaded(session: MerchantSession, shop_id: int) -> Shop:
    shop = find_shop(session, shop_id, ["input", "shop"])
    session.expunge_all()
    return shop


def _stream(layout: Layout) -> str:
    return IMPORTS + layout.stream


def _place(shop: Shop, now: datetime) -> Place:
    zone = ZoneInfo(shop.time_zone)
    return Place(shop.merchant_id, shop.id, zone, now.astimezone(zone).date())


def _window(given: Understood) -> tuple[datetime | None, datetime | None]:
    """The period of the file in the shop's days, half-open."""
    if given.preview.period is None:
        return None, None
    zone, (first, last) = ZoneInfo(given.shop.time_zone), given.preview.period
    ends = (first, last + timedelta(days=1))
    start, end = (datetime.combine(day, time(0), zone).astimezone(UTC) for day in ends)
    return start, end


def _run(session: MerchantSession, run_id: int) -> SyncRun:
    return session.scalars(select(SyncRun).where(SyncRun.id == run_id)).one()


def _lock(session: MerchantSession, shop_id: int) -> None:
    """Keep pulls of the shop and other imports waiting until the commit: who reads what is stored
    and writes what follows of it must be alone."""
    session.scalars(select(Shop.id).where(Shop.id == shop_id).with_for_update()).all()
    streams = select(SyncState.stream).where(SyncState.shop_id == shop_id)
    session.scalars(streams.with_for_update()).all()


def _in_order(given: Understood) -> Sequence[Item]:
    """Traffic by day: each batch is compared with all that is stored of its days."""
    items = given.reading.items
    return sorted(items, key=_day) if given.layout.record is TrafficRecord else items


def _day(item: Item) -> date:
    assert isinstance(item.mapped.record, TrafficRecord)
    return item.mapped.record.day


def _check_taken(session: MerchantSession, given: Understood, items: Sequence[Item]) -> None:
    """InputError if what the rows would count twice was stored after they had been read."""
    if given.layout.record is not TrafficRecord:
        return
    rows = visits_of(item.mapped.record for item in items)
    known = stored_visits(session, given.shop.id, [row.day for row in rows])
    for item, expected in zip(items, given.told.expectations(rows, known), strict=True):
        if expected:
            raise InputError(
                f"{given.name}, line {item.lines[0]}: it needs {expected}. Another import was "
                "faster: import this file again.",
                path=["input", "file"],
            )
