"""What ads cost, by day and advertiser: Qianchuan's two kinds of promotion, and OceanEngine's.

Standard and whole-site promotion (全域推广) are reported apart; a shop's spend is their sum.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from core.marketplace.contract import Page, ShopContext, Window
from core.marketplace.errors import (
    MappingError,
    NotSetUpError,
    PermanentError,
    TransientError,
)
from core.marketplace.fields import Row, Unknown
from core.marketplace.mapping import map_each, minor_units
from core.marketplace.records import AdSpendRecord
from plugins.marketplaces.douyin.oceanengine import AdsClient
from plugins.marketplaces.douyin.vault import Vault

CHINA = ZoneInfo("Asia/Shanghai")  # reports are by Chinese days
DAY = timedelta(days=1)
SIZE = 100
NEEDED = ("ads_access_token", "ads_advertiser_ids")


@dataclass(frozen=True)
class Span:
    """Days of one advertiser, both ends included."""

    advertiser: int
    first: date
    last: date


@dataclass(frozen=True)
class Report:
    """A report: how it is asked for, and how its rows are found and named.

    by_day: whether one answer is one day, because its rows don't tell theirs.
    metrics: our names for its figures; amounts are yuan. No orders: conversions are none.
    """

    channel: str
    path: str
    params: Callable[["Report", Span, int], Mapping[str, Any]]
    rows: Callable[[Any, Span], list[Any] | None]
    metrics: Mapping[str, str]
    by_day: bool = False


def _standard_params(report: Report, span: Span, page: int) -> Mapping[str, Any]:
    return {
        "advertiser_id": span.advertiser,
        "start_date": str(span.first),
        "end_date": str(span.last),
        "fields": [*report.metrics.values()],
        "filtering": {"marketing_goal": "ALL"},
        "time_granularity": "TIME_GRANULARITY_DAILY",
        "page": page,
        "page_size": SIZE,
    }


def _whole_site_params(report: Report, span: Span, page: int) -> Mapping[str, Any]:
    return {
        "advertiser_id": span.advertiser,
        "start_date": str(span.first),
        "end_date": str(span.last),
        "fields": [*report.metrics.values()],
        "marketing_goal": "ALL",
    }


def _custom_params(report: Report, span: Span, page: int) -> Mapping[str, Any]:
    return {
        "advertiser_id": span.advertiser,
        "data_topic": "BASIC_DATA",
        "dimensions": ["stat_time_day"],
        "metrics": [*report.metrics.values()],
        "filters": [],
        "start_time": str(span.first),
        "end_time": str(span.last),
        "order_by": [{"field": "stat_time_day", "type": "ASC"}],
        "page": page,
        "page_size": SIZE,
    }


def _standard_rows(data: Any, span: Span) -> list[Any] | None:
    found: list[Any] | None = data.get("list")
    return found


def _whole_site_rows(data: Any, span: Span) -> list[Any] | None:
    """Totals without a day; an advertiser without such promotion has none."""
    return [{**data, "stat_datetime": str(span.first)}] if "stat_cost" in data else []


def _custom_rows(data: Any, span: Span) -> list[Any] | None:
    rows = data.get("rows")
    return [_custom_row(row) for row in rows] if isinstance(rows, list) else None


def _custom_row(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    dimensions, metrics = row.get("dimensions") or {}, row.get("metrics") or {}
    return {**metrics, "stat_datetime": dimensions.get("stat_time_day")}


SEEN = {"spend": "stat_cost", "impressions": "show_cnt", "clicks": "click_cnt"}
REPORTS = {
    "qianchuan": Report(
        "qianchuan",
        "/open_api/v1.0/qianchuan/report/advertiser/get/",
        _standard_params,
        _standard_rows,
        {**SEEN, "orders": "pay_order_count", "amount": "pay_order_amount"},
    ),
    "qianchuan_whole_site": Report(
        "qianchuan_whole_site",
        "/open_api/v1.0/qianchuan/report/uni_promotion/get/",
        _whole_site_params,
        _whole_site_rows,
        {
            "spend": "stat_cost",
            "orders": "total_pay_order_count_for_roi2",
            "amount": "total_pay_order_gmv_for_roi2",
        },
        by_day=True,
    ),
    "oceanengine": Report(
        "oceanengine",
        "/open_api/v3.0/report/custom/get/",
        _custom_params,
        _custom_rows,
        SEEN,
    ),
}
DEFAULT_REPORTS = ("qianchuan", "qianchuan_whole_site")


class AdReports:
    """The ad reports of one shop's advertisers."""

    def __init__(self, context: ShopContext, vault: Vault) -> None:
        self._context = context
        self._vault = vault
        self._client = AdsClient(context, vault)

    async def read(self, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """Every day that the window touches; one page per report, advertiser and span."""
        plan = self._plan(window)
        start = int(resume) if resume and resume.isdecimal() else 0
        if start >= len(plan):
            start = 0
        for place, (report, span) in enumerate(plan[start:], start=start + 1):
            rows, requests = await self._ask(report, span)
            items = map_each(
                [_named(row, report, span) for row in rows],
                partial(_map_row, report=report, currency=self._context.currency),
                kind="ad_spend",
                id_field="id",
                personal=frozenset(),
            )
            yield Page(items, str(place) if place < len(plan) else None, requests=requests)

    def _plan(self, window: Window) -> list[tuple[Report, Span]]:
        first = window.start.astimezone(CHINA).date()
        last = (window.end - timedelta(microseconds=1)).astimezone(CHINA).date()
        return [
            (report, span)
            for report in self._reports()
            for advertiser in self._advertisers()
            for span in _spans(report, advertiser, first, max(first, last))
        ]

    def _reports(self) -> list[Report]:
        names = self._context.config.get("ads_reports") or DEFAULT_REPORTS
        unheard = sorted(set(names) - REPORTS.keys())
        if unheard:
            raise PermanentError(f"ads_reports {unheard} are none of {', '.join(REPORTS)}")
        return [REPORTS[name] for name in names]

    def _advertisers(self) -> list[int]:
        missing = [name for name in NEEDED if not self._vault.get(name)]
        if missing:
            raise NotSetUpError(
                f"Ads are not set up for this shop: {', '.join(missing)} are missing."
            )
        ids = self._vault.get("ads_advertiser_ids").replace(" ", "").split(",")
        if not all(each.isdecimal() for each in ids):
            raise PermanentError("ads_advertiser_ids are no numbers with commas between them")
        return [int(each) for each in ids]

    async def _ask(self, report: Report, span: Span) -> tuple[list[Any], int]:
        found: list[Any] = []
        page, pages = 1, 1
        while page <= pages:
            data = await self._client.get(report.path, report.params(report, span, page))
            content = data if isinstance(data, dict) else {}
            rows = report.rows(content, span)
            if not isinstance(rows, list):
                raise TransientError(f"{report.path}: the answer is no report")
            found += rows
            pages = _page_count(content)
            page += 1
        return found, page - 1


def _spans(report: Report, advertiser: int, first: date, last: date) -> list[Span]:
    if not report.by_day:
        return [Span(advertiser, first, last)]
    days = [first + number * DAY for number in range((last - first).days + 1)]
    return [Span(advertiser, day, day) for day in days]


def _page_count(content: Mapping[str, Any]) -> int:
    info = content.get("page_info")
    pages = info.get("total_page") if isinstance(info, dict) else 1
    return pages if type(pages) is int else 1


def _named(row: Any, report: Report, span: Span) -> Any:
    """The row with what tells it from all others."""
    if not isinstance(row, dict):
        return row
    advertiser = str(span.advertiser)
    name = f"{report.channel}/{advertiser}/{str(row.get('stat_datetime'))[:10]}"
    return {**row, "id": name, "advertiser_id": advertiser}


def _map_row(row: Row, report: Report, currency: str) -> tuple[AdSpendRecord, Unknown]:
    """A day of an advertiser; `campaign` is the advertiser, because reports are by account."""
    figures = {name: _figure(row, name, field, currency) for name, field in report.metrics.items()}
    record = AdSpendRecord(
        day=_day(row),
        channel=report.channel,
        campaign=row["advertiser_id"],
        currency=currency,
        **figures,
    )
    return record, ()


def _figure(row: Row, name: str, field: str, currency: str) -> int:
    value = row.get(field)
    if name in {"spend", "amount"}:
        return minor_units(value, currency, field)
    return _count(value, field)


def _count(value: Any, field: str) -> int:
    """Counts come as 12 or as 12.0."""
    text = str(value).removesuffix(".0")
    if not text.isascii() or not text.isdecimal():
        raise MappingError(field, value, "a count")
    return int(text)


def _day(row: Row) -> date:
    text = row.get("stat_datetime")
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        raise MappingError("stat_datetime", text, "a day as yyyy-MM-dd") from None
