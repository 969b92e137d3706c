"""An advertising account of Tencent: its query, its token, its daily report."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from core.marketplace.contract import Credentials, Mapped, Page, Rejected, ShopContext, Window
from core.marketplace.errors import (
    AuthError,
    MarketplaceError,
    PermanentError,
    ThrottleError,
    TransientError,
)
from core.marketplace.records import AdSpendRecord
from core.marketplace.sandbox import Row, SetClock
from plugins.marketplaces.tencent_ads import opsgraph_marketplaces
from plugins.marketplaces.tencent_ads.adapter import REPORT
from plugins.marketplaces.tencent_ads.client import query_text
from plugins.marketplaces.tencent_ads.sandbox import Account, TencentAdsSandbox

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in China
WEEK = Window(NOW - timedelta(days=7), NOW)
CREDENTIALS = {
    "client_id": "1111",
    "client_secret": "s3cr3t-of-the-app",
    "access_token": "first-access-token",
    "refresh_token": "first-refresh-token",
}
VECTORS = [
    (
        {
            "access_token": "tok+/=1",
            "account_id": "20000001",
            "date_range": {"start_date": "2026-11-01", "end_date": "2026-11-07"},
            "fields": ["date", "view_count", "valid_click_count", "cost"],
            "group_by": ["date"],
            "level": "REPORT_LEVEL_ADVERTISER",
            "nonce": "a61128e3b0828a3e",
            "page": 1,
            "page_size": 100,
            "timestamp": 1795346336,
        },
        "access_token=tok%2B%2F%3D1&account_id=20000001&date_range=%7B%22start_date%22%3A%222026"
        "-11-01%22%2C%22end_date%22%3A%222026-11-07%22%7D&fields=%5B%22date%22%2C%22view_count%22"
        "%2C%22valid_click_count%22%2C%22cost%22%5D&group_by=%5B%22date%22%5D&level=REPORT_LEVEL_"
        "ADVERTISER&nonce=a61128e3b0828a3e&page=1&page_size=100&timestamp=1795346336",
    ),
    (
        {
            "access_token": "tok+/=1",
            "date_range": {"start_date": "2026-11-01", "end_date": "2026-11-30"},
            "fields": ["cost"],
            "group_by": [],
            "level": "REPORT_LEVEL_CHANNEL",
            "nonce": "0ce4aeae6bd0c208",
            "timestamp": 1795346336,
        },
        "access_token=tok%2B%2F%3D1&date_range=%7B%22start_date%22%3A%222026-11-01%22%2C%22end_"
        "date%22%3A%222026-11-30%22%7D&fields=%5B%22cost%22%5D&group_by=%5B%5D&level=REPORT_LEVEL"
        "_CHANNEL&nonce=0ce4aeae6bd0c208&timestamp=1795346336",
    ),
]
"""What the official marketing-api-go-sdk 1.7.78 sent to a recorder."""


def day(number: int = 31, when: str = "2026-11-21", /, **changes: Any) -> Row:
    return {
        "date": when,
        "adgroup_id": number,
        "view_count": 1000,
        "valid_click_count": 50,
        "cost": 7530,
        "order_clk_15d_pv": 4,
        "order_clk_15d_amount": 51_200,
        **changes,
    }


@dataclass
class Advertiser:
    """An account in its sandbox, and the adapter that reads it."""

    rows: Sequence[Row] = ()
    credentials: Mapping[str, str] = field(default_factory=lambda: dict(CREDENTIALS))
    saved: list[Credentials] = field(default_factory=list)
    transport: httpx.AsyncBaseTransport | None = None

    def __post_init__(self) -> None:
        self.account = Account(
            "20000001",
            CREDENTIALS["access_token"],
            CREDENTIALS["client_id"],
            CREDENTIALS["client_secret"],
            CREDENTIALS["refresh_token"],
            rows=self.rows,
        )
        self.sandbox = TencentAdsSandbox(self.account, clock=SetClock(NOW))

    async def pull(self, window: Window = WEEK, resume: str | None = None) -> list[Page]:
        async def save(credentials: Credentials) -> None:
            self.saved.append(credentials)

        transport = self.transport or httpx.ASGITransport(self.sandbox.app)
        async with httpx.AsyncClient(transport=transport) as http:
            context = ShopContext(
                platform_id="20000001",
                time_zone=ZoneInfo("Asia/Shanghai"),
                currency="CNY",
                credentials=Credentials(self.credentials),
                save_credentials=save,
                config={"base_url": "http://ads.test"},
                http=http,
                now=lambda: NOW,
            )
            adapter = opsgraph_marketplaces()[0].adapter(context)
            return [page async for page in adapter.pull("ad_spend", window, resume)]


def records(pages: Sequence[Page]) -> list[Any]:
    return [item.record for page in pages for item in page.items if isinstance(item, Mapped)]


@pytest.mark.parametrize(("params", "expected"), VECTORS, ids=["account", "channel"])
def test_the_query_is_the_official_sdks(params: Mapping[str, Any], expected: str) -> None:
    """Names sorted, lists and objects as compact JSON, everything percent-encoded."""
    assert expected == query_text(params)


async def test_a_day_of_an_ad_group() -> None:
    """Money is fen; orders are ascribed to the click for 15 days."""
    (record,) = records(await Advertiser([day()]).pull())

    expected = AdSpendRecord(
        day=date(2026, 11, 21),
        channel="tencent_ads",
        campaign="31",
        currency="CNY",
        impressions=1000,
        clicks=50,
        spend=7530,
        orders=4,
        amount=51_200,
    )
    assert expected == record


async def test_a_window_becomes_whole_days_in_china() -> None:
    """A day counts from midnight in China; the window's end itself is no part of it."""
    advertiser = Advertiser()
    midnight = datetime(2026, 11, 21, 16, tzinfo=UTC)

    await advertiser.pull(Window(midnight - timedelta(days=2), midnight))

    (call,) = advertiser.sandbox.log.of(REPORT)
    assert {"start_date": "2026-11-20", "end_date": "2026-11-21"} == json.loads(
        call.params["date_range"]
    )
    assert "access_token" not in call.params


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (100, 1), (101, 2), (250, 3)])
async def test_every_row_comes_once(count: int, pages: int) -> None:
    """Pages of 100, as many as the platform counts; its total comes with the last."""
    found = await Advertiser([day(number) for number in range(count)]).pull()

    assert (pages, count) == (len(found), found[-1].reported)
    assert count == len({record.campaign for record in records(found)})


async def test_a_later_process_goes_on() -> None:
    """The mark is the next page; one of nobody's begins anew."""
    advertiser = Advertiser([day(number) for number in range(150)])

    rest, anew = await advertiser.pull(resume="2"), await advertiser.pull(resume="x|1")

    assert (50, 150) == (len(records(rest)), len(records(anew)))


async def test_an_ended_token_is_renewed_once() -> None:
    """The new one is saved before anything else is asked; the refresh token stays."""
    advertiser = Advertiser([day()])
    advertiser.sandbox.faults.expire = True

    found = await advertiser.pull()

    assert 1 == len(records(found)) == advertiser.account.renewals
    (saved,) = advertiser.saved
    assert ("tencent-access-1", "first-refresh-token") == (
        saved["access_token"],
        saved["refresh_token"],
    )


@pytest.mark.parametrize(
    "changes", [{"client_secret": ""}, {"refresh_token": "another-refresh-token"}]
)
async def test_who_cannot_renew_must_authorise_anew(changes: Row) -> None:
    """The error says what to do, and no secret."""
    advertiser = Advertiser([day()], credentials={**CREDENTIALS, **changes})
    advertiser.sandbox.faults.expire = True

    with pytest.raises(AuthError, match="authorise the app anew") as caught:
        await advertiser.pull()

    assert not [value for value in CREDENTIALS.values() if value in str(caught.value)]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ('{"code":11017,"message":"slow down"}', 200, ThrottleError),
        ("", 429, ThrottleError),
        ('{"code":10000,"message":"busy"}', 200, TransientError),
        ('{"code":12001,"message":"level"}', 200, PermanentError),
        ("<html>502</html>", 200, TransientError),
        ('{"code":0,"data":', 200, TransientError),
        ('{"data":{}}', 200, TransientError),
        ('{"code":0,"data":{"list":5}}', 200, TransientError),
        ('{"code":0,"data":{"list":[],"page_info":{}}}', 200, TransientError),
        ("", 503, TransientError),
    ],
)
async def test_answers_that_are_no_report(
    body: str, status: int, kind: type[MarketplaceError]
) -> None:
    """Everything comes with HTTP 200: the body's code says what to do next."""
    transport = httpx.MockTransport(lambda request: httpx.Response(status, text=body))

    with pytest.raises(kind):
        await Advertiser(transport=transport).pull()


async def test_a_token_in_an_error_is_hidden() -> None:
    """Should the platform repeat what it was sent, nobody reads it in a log."""
    body = '{"code":12001,"message":"bad first-access-token"}'
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=body))

    with pytest.raises(PermanentError, match=r"bad \*\*\*"):
        await Advertiser(transport=transport).pull()


async def test_a_bad_row_costs_itself_alone() -> None:
    """A figure that is no whole number is named; the other rows are stored."""
    (page,) = await Advertiser([day(1, cost=75.3), day(2)]).pull()

    (rejected,) = [item for item in page.items if isinstance(item, Rejected)]
    assert ("2026-11-21/1", "cost") == (rejected.platform_id, rejected.error.where)
    assert ["2"] == [record.campaign for record in records([page])]


async def test_no_orders_are_told_by_nothing() -> None:
    """The SDK's structs leave out what is nothing."""
    bare = day(order_clk_15d_pv=None, order_clk_15d_amount=None)

    (record,) = records(await Advertiser([bare]).pull())

    assert (0, 0) == (record.orders, record.amount)
