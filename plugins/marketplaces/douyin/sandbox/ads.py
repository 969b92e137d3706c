"""OceanEngine's host of ad reports: a token in a header, answers with `code` 0."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from core.marketplace.sandbox import Call, Clock, Faults, RequestLog, Row, real_clock

STANDARD = "/open_api/v1.0/qianchuan/report/advertiser/get/"
WHOLE_SITE = "/open_api/v1.0/qianchuan/report/uni_promotion/get/"
CUSTOM = "/open_api/v3.0/report/custom/get/"
REFRESH = "/open_api/oauth2/refresh_token/"


class RefusalError(Exception):
    """An answer whose `code` is not 0."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Advertiser:
    """What opens an advertiser, and its days: day → metrics, as the reports show them."""

    number: int
    access_token: str = field(repr=False)
    app_id: int = 0
    secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    standard: Mapping[str, Row] = field(default_factory=dict)
    whole_site: Mapping[str, Row] = field(default_factory=dict)
    custom: Mapping[str, Row] = field(default_factory=dict)
    expires_at: datetime | None = None
    renewals: int = 0

    def renew(self) -> None:
        """Both tokens change; the old ones are void at once."""
        self.renewals += 1
        self.access_token = f"ads-access-{self.renewals}"
        self.refresh_token = f"ads-refresh-{self.renewals}"
        self.expires_at = None


class AdsSandbox:
    """The reports of some advertisers."""

    def __init__(self, *advertisers: Advertiser, clock: Clock = real_clock) -> None:
        self.advertisers = advertisers
        self.faults = Faults()
        self.log = RequestLog()
        self._clock = clock
        self._reports = {
            STANDARD: _standard,
            WHOLE_SITE: _whole_site,
            CUSTOM: _custom,
        }
        self.app = Starlette(
            routes=[
                Route("/_sandbox/faults", self._set_faults, methods=["POST"]),
                Route("/{path:path}", self._gateway, methods=["GET", "POST"]),
            ]
        )

    async def _set_faults(self, request: Request) -> Response:
        try:
            self.faults.set(await request.json())
        except (ValueError, TypeError, AttributeError) as mistake:
            return JSONResponse({"error": str(mistake)}, status_code=400)
        return Response(status_code=204)

    async def _gateway(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.log.add(Call(request.url.path, query))
        if self.faults.strikes("html"):
            return HTMLResponse("<html><body>502 Bad Gateway</body></html>")
        try:
            data = self._answer(request, query, await request.body())
        except RefusalError as refusal:
            return JSONResponse({"code": refusal.code, "message": str(refusal), "data": {}})
        return JSONResponse({"code": 0, "message": "OK", "request_id": "sandbox", "data": data})

    def _answer(self, request: Request, query: Mapping[str, str], body: bytes) -> Row:
        self._fail_on_request()
        path = request.url.path
        if path == REFRESH and request.method == "POST":
            return self._refresh(orjson.loads(body))
        report = self._reports.get(path)
        if report is None or request.method != "GET":
            raise RefusalError(40000, "no such method")
        return report(self._advertiser(request, query), query)

    def _fail_on_request(self) -> None:
        if self.faults.expire:
            self.faults.expire = False
            for advertiser in self.advertisers:
                advertiser.expires_at = self._clock()
        if self.faults.strikes("throttle"):
            raise RefusalError(40100, "too many requests")
        if self.faults.strikes("fail"):
            raise RefusalError(50000, "system error")

    def _advertiser(self, request: Request, query: Mapping[str, str]) -> Advertiser:
        token = request.headers.get("Access-Token", "")
        if not token:
            raise RefusalError(40104, "no access token")
        known = [each for each in self.advertisers if each.access_token == token]
        if not known:
            raise RefusalError(40105, "no such access token")
        for advertiser in known:
            if str(advertiser.number) == query.get("advertiser_id"):
                if advertiser.expires_at and self._clock() >= advertiser.expires_at:
                    raise RefusalError(40102, "access token expired")
                return advertiser
        raise RefusalError(40002, "no permission for this advertiser")

    def _refresh(self, body: Mapping[str, Any]) -> Row:
        for advertiser in self.advertisers:
            told = (body.get("app_id"), body.get("secret"), body.get("refresh_token"))
            if told == (advertiser.app_id, advertiser.secret, advertiser.refresh_token):
                advertiser.renew()
                return {
                    "access_token": advertiser.access_token,
                    "refresh_token": advertiser.refresh_token,
                    "expires_in": 86_400,
                    "refresh_token_expires_in": 2_592_000,
                }
        raise RefusalError(40107, "refresh token is not valid")


def _standard(advertiser: Advertiser, query: Mapping[str, str]) -> Row:
    if _json(query, "filtering").get("marketing_goal") not in {"ALL", "LIVE_PROM_GOODS"}:
        raise RefusalError(40000, "filtering.marketing_goal")
    days = _days(advertiser.standard, query, "start_date", "end_date")
    fields = _json(query, "fields")
    rows = [
        {"stat_datetime": f"{day} 00:00:00", **{name: row[name] for name in fields}}
        for day, row in days
    ]
    return _paged(rows, query, "list")


def _whole_site(advertiser: Advertiser, query: Mapping[str, str]) -> Row:
    fields = _json(query, "fields")
    days = _days(advertiser.whole_site, query, "start_date", "end_date")
    return {name: sum(row[name] for _, row in days) for name in fields} if days else {}


def _custom(advertiser: Advertiser, query: Mapping[str, str]) -> Row:
    for name in ("data_topic", "dimensions", "filters", "order_by"):
        if name not in query:
            raise RefusalError(40000, f"{name} is missing")
    metrics = _json(query, "metrics")
    rows = [
        {
            "dimensions": {"stat_time_day": day},
            "metrics": {name: str(row[name]) for name in metrics},
        }
        for day, row in _days(advertiser.custom, query, "start_time", "end_time")
    ]
    return _paged(rows, query, "rows")


def _paged(rows: list[Row], query: Mapping[str, str], key: str) -> Row:
    page, size = _json(query, "page"), _json(query, "page_size")
    if type(page) is not int or type(size) is not int or page < 1 or not 1 <= size <= 500:
        raise RefusalError(40000, "page or page_size")
    info = {
        "page": page,
        "page_size": size,
        "total_number": len(rows),
        "total_page": -(-len(rows) // size),
    }
    return {key: rows[(page - 1) * size : page * size], "page_info": info}


def _days(
    days: Mapping[str, Row], query: Mapping[str, str], start: str, end: str
) -> list[tuple[str, Row]]:
    try:
        first, last = date.fromisoformat(query[start]), date.fromisoformat(query[end])
    except (KeyError, ValueError):
        raise RefusalError(40000, f"{start} and {end} must be days") from None
    return [(day, row) for day, row in sorted(days.items()) if str(first) <= day <= str(last)]


def _json(query: Mapping[str, str], name: str) -> Any:
    try:
        return json.loads(query[name])
    except (KeyError, ValueError):
        raise RefusalError(40000, f"{name} must be JSON") from None
