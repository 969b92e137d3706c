"""Ad reports: what each day of each advertiser cost, from a host with tokens of its own."""

from datetime import date, timedelta
from typing import Any

import httpx
import orjson
import pytest

from core.marketplace.contract import Page, Rejected, Window
from core.marketplace.errors import (
    AuthError,
    MarketplaceError,
    NotSetUpError,
    PermanentError,
    ThrottleError,
    TransientError,
)
from core.marketplace.sandbox import SetClock
from plugins.marketplaces.douyin.sandbox import AdsSandbox, Advertiser, DoudianSandbox, DoudianShop
from plugins.marketplaces.douyin.sandbox.ads import CUSTOM, REFRESH, STANDARD, WHOLE_SITE
from tests.plugins.marketplaces.douyin.builders import (
    CREDENTIALS,
    NOW,
    Shop,
    answering,
    pull,
    records,
)

pytestmark = pytest.mark.anyio
ADVERTISER = 1_700_000_000_000_001
ADS = {
    "ads_app_id": "1700",
    "ads_secret": "ads-s3cr3t",
    "ads_access_token": "ads-first-access",
    "ads_refresh_token": "ads-first-refresh",
    "ads_advertiser_ids": str(ADVERTISER),
}
WEEK = Window(NOW - timedelta(days=2), NOW)


def figures(cost: Any = 120.5) -> dict[str, Any]:
    return {
        "stat_cost": cost,
        "show_cnt": 1000,
        "click_cnt": 40.0,
        "pay_order_count": 3,
        "pay_order_amount": 354.0,
        "convert_cnt": 9,
    }


def whole_site(cost: float = 80.25) -> dict[str, Any]:
    return {
        "stat_cost": cost,
        "total_pay_order_count_for_roi2": 2,
        "total_pay_order_gmv_for_roi2": 236.0,
    }


@pytest.fixture
def advertiser() -> Advertiser:
    return Advertiser(
        ADVERTISER,
        ADS["ads_access_token"],
        int(ADS["ads_app_id"]),
        ADS["ads_secret"],
        ADS["ads_refresh_token"],
        standard={"2026-11-20": figures(), "2026-11-22": figures(1.01)},
        whole_site={"2026-11-21": whole_site()},
        custom={"2026-11-21": figures()},
    )


@pytest.fixture
def ads(advertiser: Advertiser) -> AdsSandbox:
    return AdsSandbox(advertiser, clock=SetClock(NOW))


@pytest.fixture
def shop(ads: AdsSandbox) -> Shop:
    return Shop(httpx.ASGITransport(ads.app), credentials={**CREDENTIALS, **ADS})


async def spend(shop: Shop, resume: str | None = None) -> list[Page]:
    return await pull(shop.adapter(), "ad_spend", WEEK, resume)


async def test_both_kinds_of_promotion_are_read(ads: AdsSandbox, shop: Shop) -> None:
    """Qianchuan reports standard and whole-site promotion apart; the campaign is the account."""
    pages = await spend(shop)

    found = [
        (each.channel, each.campaign, each.day, each.spend, each.orders, each.amount)
        for each in records(pages)
    ]
    account = str(ADVERTISER)
    assert [
        ("qianchuan", account, date(2026, 11, 20), 12_050, 3, 35_400),
        ("qianchuan", account, date(2026, 11, 22), 101, 3, 35_400),
        ("qianchuan_whole_site", account, date(2026, 11, 21), 8_025, 2, 23_600),
    ] == found
    first = records(pages)[0]
    assert (1000, 40, "CNY") == (first.impressions, first.clicks, first.currency)


async def test_days_are_chinese(ads: AdsSandbox, shop: Shop) -> None:
    """Every day that the window touches is asked for; whole-site totals one day at a time."""
    await spend(shop)

    (standard,) = ads.log.of(STANDARD)
    days = [(call.params["start_date"], call.params["end_date"]) for call in ads.log.of(WHOLE_SITE)]
    assert ("2026-11-20", "2026-11-22") == (
        standard.params["start_date"],
        standard.params["end_date"],
    )
    assert [(f"2026-11-{day}",) * 2 for day in (20, 21, 22)] == days


async def test_oceanengines_own_report(ads: AdsSandbox, shop: Shop) -> None:
    """Where an account is no Qianchuan account; conversions are no orders."""
    shop.config = {"ads_reports": ["oceanengine"]}

    [record] = records(await spend(shop))

    assert ("oceanengine", date(2026, 11, 21), 12_050, 0) == (
        record.channel,
        record.day,
        record.spend,
        record.orders,
    )
    assert 1 == len(ads.log.of(CUSTOM))


async def test_a_report_that_nobody_knows_is_named(shop: Shop) -> None:
    """A typing error in the shop's settings is told with what there is to choose from."""
    shop.config = {"ads_reports": ["qianchaun"]}

    with pytest.raises(PermanentError, match=r"'qianchaun'.*qianchuan, qianchuan_whole_site"):
        await spend(shop)


async def test_a_pull_goes_on_after_the_last_stored_page(ads: AdsSandbox, shop: Shop) -> None:
    """A mark counts the requests of the plan, which is the same for the same window."""
    pages = await spend(shop)
    ads.log.calls.clear()

    rest = await spend(shop, resume=pages[1].resume)

    assert 2 == len(rest) == len(ads.log.calls)


@pytest.mark.parametrize("mark", ["x", "99"])
async def test_a_foreign_mark_reads_the_whole_window(shop: Shop, mark: str) -> None:
    """All of it again is never wrong."""
    assert 3 == len(records(await spend(shop, resume=mark)))


@pytest.mark.parametrize("missing", ["ads_access_token", "ads_advertiser_ids"])
async def test_ads_that_are_not_set_up_say_so(shop: Shop, missing: str) -> None:
    """They need another app and other tokens; the shop's own streams do without."""
    shop.credentials = {**CREDENTIALS, **ADS, missing: ""}

    with pytest.raises(NotSetUpError, match=f"not set up for this shop: {missing}"):
        await spend(shop)


async def test_advertisers_are_numbers(shop: Shop) -> None:
    """Another word in their place is no reason to ask the platform."""
    shop.credentials = {**CREDENTIALS, **ADS, "ads_advertiser_ids": "mine"}

    with pytest.raises(PermanentError, match="no numbers"):
        await spend(shop)


async def test_an_ended_token_is_renewed(
    ads: AdsSandbox, advertiser: Advertiser, shop: Shop
) -> None:
    """Both tokens change: they are saved at once, beside the shop's own."""
    ads.faults.set({"expire": True})

    await spend(shop)

    assert [
        {
            **CREDENTIALS,
            **ADS,
            "ads_access_token": advertiser.access_token,
            "ads_refresh_token": advertiser.refresh_token,
        }
    ] == [saved.values for saved in shop.saved]
    assert 1 == len(ads.log.of(REFRESH))


async def test_two_hosts_share_what_they_save(
    ads: AdsSandbox, advertiser: Advertiser, sandbox: DoudianSandbox, seller: DoudianShop
) -> None:
    """Whoever saves last saves the other's new tokens too."""
    hosts = {"ads.test": ads.app, "doudian.test": sandbox.app}
    transports = {host: httpx.ASGITransport(app) for host, app in hosts.items()}

    class Hosts(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return await transports[request.url.host].handle_async_request(request)

    shop = Shop(Hosts(), credentials={**CREDENTIALS, **ADS})
    for faults in (ads.faults, sandbox.faults):
        faults.set({"expire": True})
    adapter = shop.adapter()

    await pull(adapter)
    await pull(adapter, "ad_spend", WEEK)

    last = shop.saved[-1]
    assert (seller.access_token, advertiser.access_token) == (
        last["access_token"],
        last["ads_access_token"],
    )


@pytest.mark.parametrize("missing", ["ads_app_id", "ads_secret", "ads_refresh_token"])
async def test_what_a_renewal_needs_is_told(ads: AdsSandbox, shop: Shop, missing: str) -> None:
    """Without it the advertiser authorises anew."""
    shop.credentials = {**CREDENTIALS, **ADS, missing: ""}
    ads.faults.set({"expire": True})

    with pytest.raises(AuthError, match="must authorise the app anew"):
        await spend(shop)


async def test_a_void_refresh_token_asks_for_a_new_authorisation(
    ads: AdsSandbox, shop: Shop
) -> None:
    """40107: only the advertiser can help."""
    shop.credentials = {**CREDENTIALS, **ADS, "ads_refresh_token": "long-gone"}
    ads.faults.set({"expire": True})

    with pytest.raises(AuthError, match="40107"):
        await spend(shop)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"code":40100,"message":"slow down"}', ThrottleError),
        (b'{"code":40110,"message":"slow down"}', ThrottleError),
        (b'{"code":50000,"message":"down"}', TransientError),
        (b'{"code":40002,"message":"no"}', PermanentError),
        (b'{"code":40000,"message":"no"}', PermanentError),
        (b"<html>502</html>", TransientError),
        (b'{"code":0,"data":{"li', TransientError),
        (b"[]", TransientError),
        (b'{"message":"?"}', TransientError),
        (b'{"code":0,"data":null}', TransientError),
        (b'{"code":0,"data":{"list":5}}', TransientError),
    ],
)
async def test_answers_are_classified_by_what_to_do_next(
    body: bytes, error: type[MarketplaceError]
) -> None:
    """OceanEngine too says everything with HTTP 200; its code decides."""
    with pytest.raises(error):
        await spend(Shop(answering(body), credentials={**CREDENTIALS, **ADS}))


async def test_network_failures_are_transient() -> None:
    """A time-out may be tried again; the token in its request is not told."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout(request.headers["Access-Token"], request=request)

    with pytest.raises(TransientError, match="ReadTimeout") as caught:
        await spend(Shop(httpx.MockTransport(fail), credentials={**CREDENTIALS, **ADS}))

    assert ADS["ads_access_token"] not in str(caught.value)


async def test_long_reports_are_read_page_by_page() -> None:
    """page_info tells how many pages there are."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", "0"))
        asked.append(page)
        rows = [{"stat_datetime": f"2026-11-2{page} 00:00:00", **figures()}]
        data = {"list": rows, "page_info": {"total_page": 2}} if page else {}
        return httpx.Response(200, json={"code": 0, "data": data})

    pages = await spend(Shop(httpx.MockTransport(answer), credentials={**CREDENTIALS, **ADS}))

    assert [1, 2, 0, 0, 0] == asked
    assert [2, 1, 1, 1] == [page.requests for page in pages]
    assert 2 == len(records(pages))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"stat_cost": 1.005}, "stat_cost"),
        ({"stat_cost": None}, "stat_cost"),
        ({"show_cnt": 1.5}, "show_cnt"),
        ({"click_cnt": -1}, "click_cnt"),
        ({"stat_datetime": "yesterday"}, "stat_datetime"),
    ],
)
async def test_what_cannot_be_mapped_is_named(changes: dict[str, Any], where: str) -> None:
    """Fractions of a fen, of a click, and days that are none wait in quarantine."""
    row = {"stat_datetime": "2026-11-21 00:00:00", **figures(), **changes}
    body = orjson.dumps({"code": 0, "data": {"list": [row]}})

    [page, *_] = await spend(Shop(answering(body), credentials={**CREDENTIALS, **ADS}))

    (bad,) = page.items
    assert isinstance(bad, Rejected)
    assert where == bad.error.where


@pytest.mark.parametrize("fault", ["fail", "throttle", "html"])
async def test_faults_are_set_over_http(ads: AdsSandbox, shop: Shop, fault: str) -> None:
    """The ads' host fails on request too."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(ads.app)) as http:
        good = await http.post("http://ads.test/_sandbox/faults", json={fault: 1})
        bad = await http.post("http://ads.test/_sandbox/faults", json={"fial": 1})
    with pytest.raises(MarketplaceError):
        await spend(shop)

    assert (204, 400) == (good.status_code, bad.status_code)
    assert 4 == len(await spend(shop))
