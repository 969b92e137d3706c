"""Two weeks of the demo, pulled through random faults: the rows of a pull without any."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.marketplace.conformance import Subject
from core.marketplace.conformance.trial import Rows, Trial
from core.marketplace.sandbox import SetClock
from core.registry import load_plugins
from core.testing.stand import Stand
from gateway import BUILT_IN
from plugins.demo.emulation import EmulatedShop, Emulation
from plugins.demo.platforms import STANDS

DAYS = 14
ROUNDS = 40
SHARE = 0.2
FAULTS = {
    "throttle": 1,
    "ban_seconds": 0,
    "fail": 1,
    "outage": 1,
    "html": 1,
    "truncate": 1,
    "slow": 0.001,
    "expire": True,
    "skew": 180.0,
    "share": SHARE,
}
"""Besides a row that breaks its page. Rows that change meanwhile are the kit's."""
CHINA = ZoneInfo("Asia/Shanghai")
MARGIN = timedelta(hours=1)
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def shops(year: Emulation) -> dict[str, EmulatedShop]:
    """The five shops with two weeks in each."""
    return year.recent(DAYS)


def subject(name: str, shop: EmulatedShop) -> Subject:
    """A platform with a shop, seen an hour after its last change."""
    emulated, spans = STANDS[name], _spans(name, shop)
    now = max(end for _, end in spans.values()) + MARGIN
    clock = SetClock(now.replace(tzinfo=CHINA).astimezone(UTC))
    served: Any = emulated.sandbox(shop, clock)
    sandbox = getattr(served, "doudian", served)  # beside it stands the host of its ads
    return Subject(
        marketplace=load_plugins(BUILT_IN, third_parties=False).marketplaces[name],
        sandbox=sandbox,
        app=served.app,
        clock=clock,
        credentials=emulated.credentials,
        config={
            **emulated.config("http://sandbox.test"),
            "retention_days": {
                stream: (now - begin + MARGIN) / timedelta(days=1)
                for stream, (begin, _) in spans.items()
            },
            "requests_per_second": 100_000,
        },
        put=_never,
        put_broken=_never,
        put_unknown=_never,
        authorise=lambda: _authorise(name, sandbox, emulated.credentials),
        row_id=str,
        streams=tuple(spans),
    )


def _spans(name: str, shop: EmulatedShop) -> Mapping[str, tuple[datetime, datetime]]:
    """When the changes of each stream begin and end."""
    orders, refunds = sorted(shop.orders.times()), sorted(shop.refunds.times())
    spans = {"orders": (orders[0], orders[-1]), "refunds": (refunds[0], refunds[-1])}
    return {**spans, "cancellations": spans["refunds"]} if name == "jd" else spans


def _authorise(name: str, sandbox: Any, credentials: Mapping[str, str]) -> Mapping[str, str]:
    """New tokens, as when the merchant authorises the app anew: what the shop then goes by."""
    [shop] = sandbox.shops
    shop.renew(*((sandbox._clock(), WEEK) if name == "xiaohongshu" else (None,)))
    return {each: getattr(shop, each, value) for each, value in credentials.items()}


def _never(*arguments: Any) -> None:
    """The shop is full already."""


def pull(trial: Trial) -> Rows:
    """The rows after all streams came through."""
    trial.pull(ROUNDS)
    return trial.rows()


def _some_order(rows: Rows) -> str:
    """The platform's number of an order, as it stands in answers."""
    number = re.search(r"'platform_id': '([^']+)'", rows["orders"][len(rows["orders"]) // 2])
    assert number is not None
    return number[1]


@pytest.mark.parametrize("name", STANDS)
def test_random_faults(
    name: str, shops: dict[str, EmulatedShop], stand: Stand, tmp_path: Path
) -> None:
    """A fifth of all answers goes wrong in every way, and no row differs; nor does a second pull
    from scratch change one."""
    with Trial.over(stand, tmp_path / "clean", subject(name, shops[name])) as trial:
        expected = pull(trial)
        again = trial.pull(since=trial.subject.clock() - timedelta(days=DAYS + 1))
        repeated = trial.rows()
    with Trial.over(stand, tmp_path / "faults", subject(name, shops[name])) as trial:
        sandbox = trial.subject.sandbox
        sandbox.faults.set({**FAULTS, "bad_row": _some_order(expected)})
        found = pull(trial)

    assert len(shops[name].orders) == len(expected["orders"])
    assert len(shops[name].refunds) == len(expected["refunds"])
    assert 0 == sum(report.outcome.changed for report in again)
    assert expected == repeated
    assert expected == found
    assert sandbox.renewals
