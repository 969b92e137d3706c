"""What ads cost on Alimama (万相台无界): its report by day and campaign, through TOP.

From the field descriptions of taobao.universalbp.report.query.campaign. Figures are text, money is
yuan. Sales are ascribed to the last click within 15 days.
"""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import orjson

from core.marketplace.contract import Page, ShopContext, Window
from core.marketplace.errors import MappingError, PermanentError, TransientError
from core.marketplace.fields import Row
from core.marketplace.mapping import map_each, minor_units, platform_id
from core.marketplace.records import AdSpendRecord
from plugins.marketplaces.taobao.client import CHINA, Client

METHOD = "taobao.universalbp.report.query.campaign"
CHANNEL = "wanxiangtai"
SIZE = 100
CLICK_COUNTS_FOR = 15
"""Days; TOP offers 1, 3, 7, 15 and 30."""
BIZ_CODE = "universalBP"
"""The line of business; no source lists its values, so the shop's config may name another."""
FIGURES = {
    "impressions": "ad_pv",
    "clicks": "click",
    "spend": "charge",
    "orders": "alipay_inshop_num",
    "amount": "alipay_inshop_amt",
}
ASCRIBED = frozenset({"orders", "amount"})


class AdReports:
    """The campaigns' days of one shop."""

    def __init__(self, context: ShopContext, client: Client) -> None:
        self._context = context
        self._client = client
        self._biz_code = str(context.config.get("ads_biz_code") or BIZ_CODE)

    async def read(self, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """Every day that the window touches; `resume` is the number of rows that were read."""
        offset = int(resume) if resume and resume.isdecimal() else 0
        while True:
            content = await self._ask(window, offset)
            rows, total = _rows(content), _count(content)
            offset += len(rows)
            is_last = not rows or offset >= total
            yield Page(
                self._mapped(rows),
                None if is_last else str(offset),
                reported=total if is_last and resume is None else None,
            )
            if is_last:
                return

    async def _ask(self, window: Window, offset: int) -> Row:
        first = window.start.astimezone(CHINA).date()
        last = (window.end - timedelta(microseconds=1)).astimezone(CHINA).date()
        query = {
            "by_page": True,
            "split_type": "day",
            "unify_type": "zhai",
            "effect_equal": CLICK_COUNTS_FOR,
            "query_domains": ["date", "campaign"],
            "query_field_in_list": [_camel(name) for name in FIGURES.values()],
            "start_time": str(first),
            "end_time": str(max(first, last)),
            "offset": offset,
            "page_size": SIZE,
        }
        params = {
            "top_service_context": _json({"biz_code": self._biz_code}),
            "top_campaign_report_query_v_o": _json(query),
        }
        content = await self._client.call(METHOD, params)
        return _succeeded(content.get("result"))

    def _mapped(self, rows: list[Any]) -> Any:
        return map_each(
            [_named(row) for row in rows],
            partial(map_day, currency=self._context.currency),
            kind="ad_spend",
            id_field="id",
            personal=frozenset(),
        )


def map_day(row: Row, currency: str) -> tuple[AdSpendRecord, tuple[str, ...]]:
    """One day of a campaign, known by its number: names may change."""
    index = row.get("report_index")
    if not isinstance(index, dict):
        raise MappingError("report_index", index, "an object")
    record = AdSpendRecord.model_validate(
        {
            "day": _day(row.get("thedate")),
            "channel": CHANNEL,
            "campaign": platform_id(row.get("campaign_id"), "campaign_id"),
            "currency": currency,
            **{name: _figure(index, name, field, currency) for name, field in FIGURES.items()},
        }
    )
    return record, ()


def _figure(index: Row, name: str, field: str, currency: str) -> int:
    """A figure; of what was sold none is told when nothing was."""
    value = index.get(field)
    if value in (None, "") and name in ASCRIBED:
        return 0
    if name in {"spend", "amount"}:
        return minor_units(value, currency, field)
    text = str(value).removesuffix(".0")
    if not text.isascii() or not text.isdecimal():
        raise MappingError(field, value, "a count")
    return int(text)


def _succeeded(result: Any) -> Row:
    """The result; `info` says whether it is one."""
    info = result.get("info") if isinstance(result, dict) else None
    if not isinstance(info, dict):
        raise TransientError(f"{METHOD}: the answer has no info")
    if info.get("ok") is not True:
        code = str(info.get("error_code") or "")
        raise PermanentError(f"{METHOD}: {code} {info.get('message', '')}", platform_code=code)
    found: Row = result.get("top_report_v_o_top_bulk_data") or {}
    return found


def _rows(content: Row) -> list[Any]:
    """TOP wraps lists, and leaves out empty ones."""
    rows = content.get("top_report_v_o_list") or []
    if isinstance(rows, dict):
        rows = next(iter(rows.values()), [])
    if not isinstance(rows, list):
        raise TransientError(f"{METHOD}: top_report_v_o_list is no list")
    return rows


def _count(content: Row) -> int:
    count = content.get("count", 0)
    if type(count) is not int:
        raise TransientError(f"{METHOD}: count is no number")
    return count


def _named(row: Any) -> Any:
    """The row with what tells it from all others."""
    if not isinstance(row, dict):
        return row
    return {**row, "id": f"{str(row.get('thedate'))[:10]}/{row.get('campaign_id')}"}


def _day(value: Any) -> date:
    """A day as `yyyy-MM-dd` or `yyyyMMdd`, a time behind it ignored."""
    try:
        return date.fromisoformat(str(value)[:10].strip())
    except ValueError:
        raise MappingError("thedate", value, "a day as yyyy-MM-dd") from None


def _camel(name: str) -> str:
    """`adPv` of `ad_pv`: TOP wants to be asked in the one, and answers in the other."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
