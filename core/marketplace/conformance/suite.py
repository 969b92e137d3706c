"""The tests themselves, to be subclassed; they need the fixtures of `core.testing.fixtures`."""

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.marketplace.conformance.schedule import Schedule
from core.marketplace.conformance.subject import Subject
from core.marketplace.conformance.trial import MERCHANT, SHOP, Trial, quiet
from core.marketplace.contract import Window
from core.sync.shops import find_shop, open_adapter
from core.testing.stand import Stand

ALWAYS = {"throttle": 1, "ban_seconds": 0, "fail": 1, "outage": 1, "html": 1, "truncate": 1}
ROUNDS = 40
SKEW = 15.0
"""Seconds by which the platform's clock is wrong."""


def schedules() -> int:
    """How many random schedules a run tries: OPSGRAPH_SCHEDULES, or 10."""
    return int(os.environ.get("OPSGRAPH_SCHEDULES", "10"))


class MarketplaceConformance:
    """Subclass it as `Test…` and say what `subject` is; all its tests are yours then."""

    rows = 40
    """Orders, and refunds, in the sandbox."""
    span = timedelta(hours=2)
    """Over which they are spread, before now."""
    share = 0.2
    """How many of the answers random faults strike."""

    def subject(self) -> Subject:
        """A marketplace with a new, empty sandbox."""
        raise NotImplementedError

    def filled(self) -> Subject:
        """The subject with its rows, some of which changed within the same second."""
        subject = self.subject()
        start = subject.clock() - self.span
        for stream in subject.streams:
            for number in range(self.rows):
                moment = start + self.span * 0.85 * (number // 3 * 3) / self.rows
                subject.put(stream, number, moment.replace(microsecond=0), 0)
        return subject

    @contextmanager
    def trial(self, stand: Stand, folder: Path, subject: Subject | None = None) -> Iterator[Trial]:
        """A database of its own for a subject, filled if it isn't given."""
        with Trial.over(stand, folder, subject or self.filled()) as made:
            yield made

    def clean(self, stand: Stand, folder: Path, subject: Subject | None = None) -> Any:
        """All rows of a pull in which nothing goes wrong."""
        with self.trial(stand, folder, subject) as trial:
            trial.pull()
            return trial.rows()

    def test_pages_and_windows(self, stand: Stand, tmp_path: Path) -> None:
        """Every row comes in once, and no request is refused, so no window is too long."""
        with self.trial(stand, tmp_path / "a") as trial:
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
        single = [{**dict.fromkeys([name], 2), "ban_seconds": 0} for name in ALWAYS]
        steady: list[dict[str, Any]] = [{"slow": 0.001}, {"skew": SKEW}, {"skew": -SKEW}]
        for number, faults in enumerate([*single, *steady]):
            with self.trial(stand, tmp_path / str(number)) as trial:
                trial.subject.sandbox.faults.set(faults)
                trial.pull()

                assert expected == trial.rows(), faults

    def test_random_faults(self, stand: Stand, tmp_path: Path) -> None:
        """With a share of the answers going wrong, the rows are those of a pull without faults."""
        expected = self.clean(stand, tmp_path / "clean")
        for seed in range(3):
            with self.trial(stand, tmp_path / str(seed)) as trial:
                # A renewal whose answer is cut off costs both tokens: no adapter can mend that.
                renewing = trial.subject.renews and seed == 2
                kinds = {"slow": 0.001, "expire": renewing, "truncate": not renewing}
                chance = {"share": self.share, "seed": seed}
                trial.subject.sandbox.faults.set({**ALWAYS, **kinds, **chance})
                trial.pull(ROUNDS)
                trial.pull(ROUNDS, since=trial.subject.clock() - self.span)

                assert expected == trial.rows(), seed

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
            before = subject.renewals()
            subject.sandbox.faults.set({"expire": True})
            seen = trial.house.wait(lambda: _pull_together(trial))

        assert 1 == subject.renewals() - before
        assert 2 * self.rows == seen

    def test_secrets(self, stand: Stand, tmp_path: Path, caplog: Any) -> None:
        """No secret and nothing personal gets into logs, errors, run rows or a repr."""
        caplog.set_level(logging.DEBUG, logger="opsgraph")
        told = ""
        for name in ("fail", "html", "truncate", "outage", "expire"):
            with self.trial(stand, tmp_path / name) as trial:
                subject = trial.subject
                subject.put_broken(subject.clock() - self.span / 2)
                subject.sandbox.faults.set({name: 99})
                reports = [trial.pull_once(stream) for stream in subject.streams]
                told += trial.told() + str([str(each.error) for each in reports]) + repr(subject)

        for secret in (*subject.credentials.values(), *subject.secrets):
            assert secret not in told
            assert secret not in caplog.text

    def test_random_schedules(self, stand: Stand, tmp_path: Path) -> None:
        """While rows come and change under a pull, nothing is lost and nothing is doubled."""
        for seed in range(schedules()):
            subject = self.filled()
            with self.trial(stand, tmp_path / f"{seed}", subject) as trial:
                trial.before = Schedule(subject, self.rows, seed)
                trial.pull()
                trial.before = quiet
                subject.clock.advance(timedelta(minutes=20))
                trial.pull()
                rows = trial.rows()

            assert self.clean(stand, tmp_path / f"{seed}-clean", subject) == rows, seed


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
