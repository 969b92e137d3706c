"""The tests themselves, to be subclassed; they need the fixtures of `core.testing.fixtures`."""

import asyncio
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

from core.marketplace.conformance.fields import Fields
from core.marketplace.conformance.schedule import Schedule
from core.marketplace.conformance.subject import Subject
from core.marketplace.conformance.trial import MERCHANT, SHOP, Trial, quiet
from core.marketplace.contract import Window
from core.marketplace.errors import AuthError, ClockError
from core.marketplace.faults import Faults
from core.sync.shops import find_shop, open_adapter
from core.testing.stand import Stand

ONCE = ("throttle", "fail", "outage", "html", "truncate")
"""Faults that are counted."""
SKEW = 180.0
"""Seconds by which the platform's clock is ahead or behind: a pull must not lose a row by it."""
ROUNDS = 5
"""Runs in which a pull must be through, if a fifth of the answers goes wrong."""
ROUNDS_BY_HAND = 20
"""The same where only the merchant gets new tokens, so that each ended session ends its run."""
SMALL = {"page_size": 3}
"""So few rows per page that there is something to page."""


def schedules() -> int:
    """How many random schedules a run tries: OPSGRAPH_SCHEDULES, or 100."""
    return int(os.environ.get("OPSGRAPH_SCHEDULES", "100"))


class MarketplaceConformance:
    """Subclass it as `Test…` and say what `subject` is; all its tests are yours then."""

    rows = 40
    """Orders, and refunds, in the sandbox."""
    span = timedelta(hours=1)
    """Over which they are spread, before now."""
    share = 0.2
    """How many of the answers random faults strike."""

    def subject(self) -> Subject:
        """A marketplace with a new, empty sandbox."""
        raise NotImplementedError

    def filled(self, rows: int = 0, span: timedelta | None = None) -> Subject:
        """The subject with its rows, three of which always changed within the same second."""
        subject, rows, span = self.subject(), rows or self.rows, span or self.span
        start = subject.clock() - span - timedelta(seconds=SKEW)
        for stream in subject.streams:
            for number in range(rows):
                moment = start + span * 0.85 * (number // 3 * 3) / rows
                subject.put(stream, number, moment.replace(microsecond=0), 0)
        return subject

    @contextmanager
    def trial(
        self, stand: Stand, folder: Path, subject: Subject | None = None, **config: Any
    ) -> Iterator[Trial]:
        """A database of its own for a subject, filled if it isn't given."""
        with Trial.over(stand, folder, subject or self.filled(), config) as made:
            yield made

    def clean(
        self, stand: Stand, folder: Path, subject: Subject | None = None, **config: Any
    ) -> Any:
        """All rows of a pull in which nothing goes wrong; of a subject that was pulled before too.

        The merchant then authorises the app anew: tokens may have been renewed meanwhile.
        """
        with self.trial(stand, folder, subject, **config) as trial:
            if subject is not None:
                subject.sandbox.faults = Faults()
                trial.register(subject.authorise())
            trial.pull()
            return trial.rows()

    def test_pages_and_windows(self, stand: Stand, tmp_path: Path) -> None:
        """Every row comes in once, and no request is refused, so no window is too long."""
        with self.trial(stand, tmp_path / "a", None, **SMALL) as trial:
            reports = trial.pull()
            rows = trial.rows()

        assert [("succeeded", 0, 0)] * len(reports) == [
            (each.status, each.retries, each.lost) for each in reports
        ]
        for stream in trial.subject.streams:
            assert self.rows == len(rows[stream]), stream

    def test_words_are_known(self, stand: Stand, tmp_path: Path) -> None:
        """The mapping knows every word of the sandbox's rows, and puts none of them aside."""
        with self.trial(stand, tmp_path / "a") as trial:
            outcomes = [each.outcome for each in trial.pull()]

        assert [({}, 0)] * len(outcomes) == [(each.unknown, each.quarantined) for each in outcomes]

    def test_fields_are_read(self, stand: Stand, tmp_path: Path) -> None:
        """The mapping reads every field of the sandbox's rows, or the subject names it as unread:
        then no mapping reads it, and some row has it."""
        subject = self.subject()
        found = {stream: Fields() for stream in (*subject.streams, *subject.also)}
        for stream, number in product(found, range(self.rows)):
            subject.put(stream, number, subject.clock() - self.span / 2, number % 3)
        with self.trial(stand, tmp_path / "a", subject) as trial:
            for stream, fields in found.items():
                with fields.watched():
                    trial.pull_once(stream)

        mistakes = {
            each: found.get(each, Fields()).mistakes(subject.unread.get(each, {}))
            for each in (*found, *subject.unread)
        }

        assert not any(mistakes.values()), _told(mistakes)

    def test_unknown_words(self, stand: Stand, tmp_path: Path) -> None:
        """A status that nobody knows yet costs no row: the run counts the word."""
        subject = self.filled()
        subject.put_unknown(subject.clock() - self.span / 2)

        with self.trial(stand, tmp_path / "a", subject) as trial:
            outcome = trial.pull()[0].outcome
            rows = trial.rows()

        assert (0, self.rows + 1) == (outcome.quarantined, len(rows["orders"]))
        assert 1 == sum(outcome.unknown.values())

    def test_broken_rows(self, stand: Stand, tmp_path: Path) -> None:
        """A row that cannot be mapped waits in quarantine; all others come in."""
        subject = self.filled()
        subject.put_broken(subject.clock() - self.span / 2)

        with self.trial(stand, tmp_path / "a", subject) as trial:
            report = trial.pull()[0]
            rows = trial.rows()

        assert (1, self.rows) == (report.outcome.quarantined, len(rows["orders"]))

    def test_again(self, stand: Stand, tmp_path: Path) -> None:
        """A pull repeated from scratch changes no row."""
        with self.trial(stand, tmp_path / "a") as trial:
            trial.pull()
            before = trial.rows()
            again = trial.pull(since=trial.subject.clock() - self.span)
            after = trial.rows()

        assert [0] * len(again) == [each.outcome.changed for each in again]
        assert before == after

    def test_tampered_requests(self, stand: Stand, tmp_path: Path) -> None:
        """A request of which a signed parameter was changed on its way is refused."""
        for name in self.subject().signed:
            with self.trial(stand, tmp_path / name) as trial:
                trial.tampered = name
                report = trial.pull_once("orders")

            assert report.error is not None, name
            assert 0 == report.outcome.seen, name

    def test_single_faults(self, stand: Stand, tmp_path: Path) -> None:
        """Whatever goes wrong for a moment costs no row and changes none."""
        expected = self.clean(stand, tmp_path / "clean")
        single: list[dict[str, Any]] = [{name: 2, "ban_seconds": 0} for name in ONCE]
        for number, faults in enumerate([*single, {"slow": 0.001}, {"expire": True}]):
            with self.trial(stand, tmp_path / str(number)) as trial:
                trial.subject.sandbox.faults.set(faults)
                trial.pull(rounds=2 if "expire" in faults else 1)

                assert expected == trial.rows(), faults

    def test_random_faults(self, stand: Stand, tmp_path: Path) -> None:
        """With a share of the answers going wrong in every way there is, a skewed clock, and rows
        that change meanwhile, the rows are those of a pull in which nothing goes wrong."""
        for seed in range(3):
            subject = self.filled()
            rounds = ROUNDS if subject.renews else ROUNDS_BY_HAND
            skew = (0.0, SKEW, -SKEW)[seed % 3]
            chance = {"share": self.share, "seed": seed, "skew": skew, "ban_seconds": 0}
            every = {**dict.fromkeys(ONCE, 1), "slow": 0.001, "expire": True}
            with self.trial(stand, tmp_path / str(seed), subject, page_size=20) as trial:
                trial.before = Schedule(subject, self.rows, seed)
                bad_row = subject.row_id(self.rows // 2)
                subject.sandbox.faults.set({**every, **chance, "bad_row": bad_row})
                trial.pull(rounds)
                trial.before = quiet
                subject.clock.advance(timedelta(minutes=20))
                trial.pull(rounds)
                rows = trial.rows()
                trial.pull(rounds, since=subject.clock() - 2 * self.span)
                again = trial.rows()

            assert self.clean(stand, tmp_path / f"{seed}-clean", subject) == rows, seed
            assert rows == again, seed

    def test_page_with_a_bad_row(self, stand: Stand, tmp_path: Path) -> None:
        """A page that fails because of one row fails its run, and comes in once it is mended."""
        expected = self.clean(stand, tmp_path / "clean")
        with self.trial(stand, tmp_path / "a") as trial:
            subject = trial.subject
            subject.sandbox.faults.set({"bad_row": subject.row_id(self.rows // 2)})
            failed = trial.pull_once("orders")
            subject.sandbox.faults.set({"bad_row": ""})
            trial.pull()

            assert failed.error is not None
            assert expected == trial.rows()

    def test_cut(self, stand: Stand, tmp_path: Path) -> None:
        """A run that is killed between two requests is gone on with, and nothing is missing."""
        expected = self.clean(stand, tmp_path / "clean")
        for at in range(1, 6):
            with self.trial(stand, tmp_path / str(at)) as trial:
                trial.cut("orders", at)
                trial.subject.clock.advance(timedelta(seconds=61))  # its lease is over
                trial.pull()

                assert expected["orders"] == trial.rows()["orders"], at
                assert expected["order_lines"] == trial.rows()["order_lines"], at

    def test_renewal(self, stand: Stand, tmp_path: Path) -> None:
        """When the session ends under two pulls at once, it is renewed once."""
        subject = self.filled()
        if not subject.renews:
            return
        with self.trial(stand, tmp_path / "a", subject) as trial:
            before = subject.sandbox.renewals
            subject.sandbox.faults.set({"expire": True})
            seen = trial.house.wait(lambda: _pull_together(trial))

        assert 1 == subject.sandbox.renewals - before
        assert len(subject.streams) * self.rows == seen

    def test_lost_tokens(self, stand: Stand, tmp_path: Path) -> None:
        """When the answer with the new tokens is lost, or there are none to be had, the run fails
        and says that the merchant must authorise the app anew; after that nothing is missing."""
        expected = self.clean(stand, tmp_path / "clean")
        with self.trial(stand, tmp_path / "a") as trial:
            trial.subject.sandbox.faults.set({"expire": True})
            trial.loses_tokens = True
            report = trial.pull_once("orders")
            trial.loses_tokens = False
            if report.error is not None:  # some platforms give tokens to the app's own shop again
                assert isinstance(report.error, AuthError), report.error
                assert "anew" in str(report.error)
                trial.register(trial.subject.authorise())
            trial.pull()

            assert expected == trial.rows()

    def test_wrong_clock(self, stand: Stand, tmp_path: Path) -> None:
        """A clock that is more wrong than the platform allows is named as the reason."""
        tolerance = self.subject().clock_tolerance
        for sign in (1, -1) if tolerance is not None else ():
            with self.trial(stand, tmp_path / str(sign)) as trial:
                assert tolerance is not None
                skew = sign * (tolerance.total_seconds() + 30)
                trial.subject.sandbox.faults.set({"skew": skew})
                report = trial.pull_once("orders")

            assert isinstance(report.error, ClockError), report.error
            assert "clock" in str(report.error)

    def test_secrets(self, stand: Stand, tmp_path: Path, caplog: Any) -> None:
        """No secret, renewed ones among them, and nothing personal gets into a table, a log, an
        error, a repr or an answer of GraphQL."""
        caplog.set_level(logging.DEBUG, logger="opsgraph")
        told, secrets = "", set[str]()
        for name in ("", "fail", "html", "truncate", "outage", "expire"):
            with self.trial(stand, tmp_path / f"x{name}") as trial:
                subject = trial.subject
                subject.put_broken(subject.clock() - self.span / 2)
                subject.sandbox.faults.set({name: 99} if name else {})
                reports = [trial.pull_once(stream) for stream in subject.streams]
                told += trial.told() + str([str(each.error) for each in reports]) + repr(subject)
                told += trial.answers() if not name else ""
                renewed = trial.credentials().values()
                secrets |= {each for each in renewed if not each.isdecimal()}  # else when they end

        for secret in (*secrets, *subject.credentials.values(), *subject.personal):
            assert secret not in told
            assert secret not in caplog.text

    def test_random_schedules(self, stand: Stand, tmp_path: Path) -> None:
        """While rows come and change under a pull, nothing is lost and nothing is doubled, also
        if the platform's clock is ahead or behind.

        What a pull lost, a pull from scratch brings in as a change. What it doubled shows beside a
        clean database; making that one takes long, so every tenth schedule is held against it.
        """
        rows, short = 12, {"retention_days": 0.02}
        for seed in range(schedules()):
            subject = self.filled(rows, timedelta(minutes=8))
            subject.sandbox.faults.set({"skew": (0.0, SKEW, -SKEW)[seed % 3]})
            with self.trial(stand, tmp_path / "a", subject, **SMALL, **short) as trial:
                trial.before = changes = Schedule(subject, rows, seed)
                trial.pull()
                trial.before = quiet
                subject.clock.advance(timedelta(minutes=10))
                trial.pull()
                found = trial.rows()
                again = trial.pull(since=subject.clock() - timedelta(hours=1))

            assert [0] * len(again) == [each.outcome.changed for each in again], seed
            assert changes.count == {name: len(found[name]) for name in changes.count}, seed
            if seed % 10 == 0:
                assert self.clean(stand, tmp_path / "b", subject, **short) == found, seed
                shutil.rmtree(tmp_path / "b")
            shutil.rmtree(tmp_path / "a")


def _told(mistakes: Mapping[str, Mapping[str, str]]) -> str:
    """The fields of each stream under what is wrong with them."""
    fields: dict[str, list[str]] = {}
    for stream, wrong in mistakes.items():
        for path in sorted(wrong):
            fields.setdefault(f"{stream}: each of these {wrong[path]}", []).append(path)
    return "".join(f"\n{says}\n  {' '.join(paths)}" for says, paths in fields.items())


async def _pull_together(trial: Trial) -> int:
    """The streams read by one adapter at the same time; how many rows came."""
    house, subject = trial.house, trial.subject
    market = replace(subject.marketplace, adapter=trial.adapter)
    shop = await house.database.read(MERCHANT, lambda session: find_shop(session, SHOP))
    keys, clock = house.gateway.keys, subject.clock
    async with open_adapter(house.database, keys, market, shop, clock) as adapter:

        async def read(name: str) -> int:
            stream = market.stream(name)
            end = clock() - stream.lag
            seen, start = 0, end - timedelta(hours=2)
            while start < end:
                stop = min(end, start + (stream.window or timedelta(hours=2)))
                async for page in adapter.pull(name, Window(start, stop), None):
                    seen += len(page.items)
                start = stop
            return seen

        return sum(await asyncio.gather(*(read(name) for name in subject.streams)))
