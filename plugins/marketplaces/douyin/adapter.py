"""Reads one Douyin shop: which reader serves a stream, and how changes are read."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from core.marketplace.contract import Mapped, Page, Rejected, ShopContext, Window
from core.marketplace.details import Details
from core.marketplace.errors import PermanentError, TransientError
from core.marketplace.mapping import TOMORROW, map_each
from core.marketplace.paging import page_size
from plugins.marketplaces.douyin.ads import AdReports
from plugins.marketplaces.douyin.client import Client, RefusedObjectError
from plugins.marketplaces.douyin.mapping import Mapper
from plugins.marketplaces.douyin.shelves import Shelves
from plugins.marketplaces.douyin.sources import AFTER_SALE_DETAIL, CHANGES, Changes
from plugins.marketplaces.douyin.vault import Vault
from plugins.marketplaces.douyin.walk import Position, Seconds
from plugins.marketplaces.douyin.words import PAID_BACK, PERSONAL

Items = tuple[Mapped | Rejected, ...]


class DouyinAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        vault = Vault(context)
        self._client = Client(context, vault)
        self._shelves = Shelves(context, self._client)
        self._ads = AdReports(context, vault)
        self._details = Details[str, Any](self._detail)

    def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window; the one with the newest changes comes last."""
        if stream == "products":
            return self._shelves.read(resume)
        if stream == "ad_spend":
            return self._ads.read(window, resume)
        source = CHANGES[stream]
        source = replace(source, size=page_size(source.size, self._context.config))
        return self._read(source, Seconds.of(window), resume)

    async def _read(
        self, source: Changes, whole: Seconds, resume: str | None
    ) -> AsyncIterator[Page]:
        position: Position | None = Position.resumed(resume, whole, source.size)
        known: dict[str, Any] = {}
        requests, pages = 0, 0
        while position is not None:
            answer = await self._ask(source, position.span(whole), position.page)
            requests, pages = requests + 1, pages + 1
            if longer := position.grown(answer.total):
                position = longer
                continue
            following = _following(source, position, answer, whole)
            rows = _news(source, answer.rows, known)
            items, more = await self._map(source, rows)
            reported = None
            if following is None:
                is_whole = pages == 1 and resume is None
                reported = answer.total if is_whole else await self._count(source, whole)
                more += 0 if is_whole else 1
            yield Page(items, following.mark if following else None, reported, requests + more)
            requests, position = 0, following

    async def _count(self, source: Changes, whole: Seconds) -> int:
        """Rows of the window now: told with its last page, because rows that left don't count."""
        return (await self._ask(source, whole, page=1, size=1)).total

    async def _ask(
        self, source: Changes, span: Seconds, page: int, size: int | None = None
    ) -> "Answer":
        size = size or source.size
        if source.last_row and page * size > source.last_row:
            raise PermanentError(f"{source.path}: more than {source.last_row} rows in a second")
        bounds = dict(zip(source.between, span.asked, strict=True))
        asked = {**source.params, **bounds, "page": page - 1, "size": size}
        answer = Answer.of(source.path, await self._client.call(source.path, asked), source.rows)
        if page == 1 and answer.total and not answer.rows:
            raise TransientError(f"{source.path}: a total without rows")
        return answer

    async def _map(self, source: Changes, rows: list[Any]) -> tuple[Items, int]:
        requests = 0
        if source.has_details:
            rows, requests = await self._with_details(rows)
        mapper = Mapper(self._context.currency, latest=self._context.now() + TOMORROW)
        items = map_each(
            [_flat(row, source) for row in rows],
            partial(source.map_one, mapper),
            kind=source.kind,
            id_field=source.id_field,
            personal=PERSONAL,
        )
        return items, requests

    async def _with_details(self, rows: list[Any]) -> tuple[list[Any], int]:
        """The rows, those that were paid back with how much and when: lists don't tell that."""
        sales = {repr(row): row["aftersale_info"] for row in rows if _is_paid_back(row)}
        found = await self._details.of(sales)
        detailed = [
            {**row, "refund_detail": found[repr(row)]} if repr(row) in found else row
            for row in rows
        ]
        return detailed, len(sales)

    async def _detail(self, sale: Mapping[str, Any]) -> Any:
        """The after-sale's own part of its detail; a refusal in its place fails this row alone."""
        asked = {"after_sale_id": str(sale.get("aftersale_id"))}
        try:
            data = await self._client.call(AFTER_SALE_DETAIL, asked)
        except RefusedObjectError as refusal:
            return refusal.platform_code
        process = data.get("process_info") if isinstance(data, dict) else None
        return process.get("after_sale_info") if isinstance(process, dict) else None


@dataclass(frozen=True)
class Answer:
    """One page as Doudian gave it."""

    rows: list[Any]
    total: int

    @classmethod
    def of(cls, path: str, data: Any, key: str) -> "Answer":
        """The page in an answer's data; TransientError if it is none."""
        content = data if isinstance(data, dict) else {}
        total = content.get("total")
        rows = content.get(key)
        rows = [] if rows is None and total == 0 else rows
        if not isinstance(rows, list) or type(total) is not int:
            raise TransientError(f"{path}: the answer is no page of {key}")
        return cls(rows, total)


def _following(
    source: Changes, position: Position, answer: Answer, whole: Seconds
) -> Position | None:
    times = [time for time in (_time(source, row) for row in answer.rows) if time is not None]
    if position.within is None:
        if answer.total <= len(answer.rows):
            return None
        if not times or times[0] > times[-1] or max(times) < position.first - 1:
            raise TransientError(
                f"{source.path}: the rows are not those and not in the order asked"
            )
    return position.following(times, answer.total, source.size, whole.end)


def _news(source: Changes, rows: list[Any], known: dict[str, Any]) -> list[Any]:
    """Rows that have not been read as they are now: neighbouring requests share a second."""
    news = []
    for row in rows:
        identity, time = _identity(source, row), _time(source, row)
        if identity not in known or known[identity] != time:
            known[identity] = time
            news.append(row)
    return news


def _core(source: Changes, row: Any) -> Mapping[str, Any]:
    inner = row.get(source.inside) if source.inside and isinstance(row, dict) else row
    return inner if isinstance(inner, dict) else {}


def _identity(source: Changes, row: Any) -> str:
    return str(_core(source, row).get(source.id_field) or repr(row))


def _time(source: Changes, row: Any) -> int | None:
    time = _core(source, row).get("update_time")
    return time if type(time) is int else None


def _is_paid_back(row: Any) -> bool:
    sale = row.get("aftersale_info") if isinstance(row, dict) else None
    return isinstance(sale, dict) and str(sale.get("refund_status")) == PAID_BACK


def _flat(row: Any, source: Changes) -> Any:
    """The row with its id on top, where a rejected one is named by it."""
    if not source.inside or not isinstance(row, dict):
        return row
    return {**row, source.id_field: _core(source, row).get(source.id_field)}
