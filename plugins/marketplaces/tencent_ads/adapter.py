"""Reads the daily report of one advertising account, by ad group, and maps it.

Money is fen in whole numbers. Orders are ascribed to the click for 15 days (`order_clk_15d_…`).
"""

from collections.abc import AsyncIterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from core.marketplace.contract import Page, ShopContext, Window
from core.marketplace.errors import MappingError, TransientError
from core.marketplace.fields import Row
from core.marketplace.mapping import map_each, platform_id
from core.marketplace.records import AdSpendRecord
from plugins.marketplaces.tencent_ads.client import Client

CHINA = ZoneInfo("Asia/Shanghai")  # reports are by Chinese days
REPORT = "/v3.0/daily_reports/get"
CHANNEL = "tencent_ads"
SIZE = 100
FIGURES = {
    "impressions": "view_count",
    "clicks": "valid_click_count",
    "spend": "cost",
    "orders": "order_clk_15d_pv",
    "amount": "order_clk_15d_amount",
}
ASCRIBED = frozenset({"orders", "amount"})


class TencentAdsAdapter:
    """Pulls the one stream of an account."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)

    async def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """Every day that the window touches, in pages of a hundred ad groups' days."""
        number = int(resume) if resume and resume.isdecimal() and int(resume) > 0 else 1
        while True:
            data = await self._client.get(REPORT, self._params(window, number))
            rows, pages, total = _page(data)
            is_last = number >= pages
            yield Page(
                self._mapped(rows),
                None if is_last else str(number + 1),
                reported=total if is_last and resume is None else None,
            )
            if is_last:
                return
            number += 1

    def _params(self, window: Window, page: int) -> Mapping[str, Any]:
        first = window.start.astimezone(CHINA).date()
        last = (window.end - timedelta(microseconds=1)).astimezone(CHINA).date()
        return {
            "account_id": self._context.platform_id,
            "level": "REPORT_LEVEL_ADGROUP",
            "date_range": {"start_date": str(first), "end_date": str(max(first, last))},
            "group_by": ["date", "adgroup_id"],
            "fields": ["date", "adgroup_id", *FIGURES.values()],
            "page": page,
            "page_size": SIZE,
        }

    def _mapped(self, rows: list[Any]) -> Any:
        return map_each(
            [_named(row) for row in rows],
            partial(map_day, currency=self._context.currency),
            kind="ad_spend",
            id_field="id",
            personal=frozenset(),
        )


def map_day(row: Row, currency: str) -> tuple[AdSpendRecord, tuple[str, ...]]:
    """One day of an ad group, known by its number."""
    record = AdSpendRecord.model_validate(
        {
            "day": _day(row.get("date")),
            "channel": CHANNEL,
            "campaign": platform_id(row.get("adgroup_id"), "adgroup_id"),
            "currency": currency,
            **{name: _figure(row, name, field) for name, field in FIGURES.items()},
        }
    )
    return record, ()


def _figure(row: Row, name: str, field: str) -> int:
    """A whole number; the SDK leaves out what is nothing, so orders may be missing."""
    value = row.get(field)
    if value is None and name in ASCRIBED:
        return 0
    if type(value) is not int:
        raise MappingError(field, value, "a whole number")
    return value


def _page(data: Any) -> tuple[list[Any], int, int | None]:
    """Rows, how many pages there are, and how many rows in all."""
    rows = data.get("list") if isinstance(data, dict) else None
    info = data.get("page_info") if isinstance(data, dict) else None
    if rows is None and isinstance(info, dict):
        rows = []  # what is empty is left out
    if not isinstance(rows, list) or not isinstance(info, dict):
        raise TransientError(f"{REPORT}: the answer is no report")
    pages, total = info.get("total_page"), info.get("total_number")
    if type(pages) is not int:
        raise TransientError(f"{REPORT}: page_info.total_page is no number")
    return rows, pages, total if type(total) is int else None


def _named(row: Any) -> Any:
    """The row with what tells it from all others."""
    if not isinstance(row, dict):
        return row
    return {**row, "id": f"{row.get('date')}/{row.get('adgroup_id')}"}


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise MappingError("date", value, "a day as yyyy-MM-dd") from None
