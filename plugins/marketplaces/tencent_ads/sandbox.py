"""Tencent Ads for tests: the token's own path, the daily report, and answers with a `code`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.marketplace.sandbox import Clock, Row, Sandbox, real_clock

LEVELS = frozenset({"REPORT_LEVEL_ADVERTISER", "REPORT_LEVEL_ADGROUP", "REPORT_LEVEL_CHANNEL"})
LARGEST_PAGE = 2000
SKEW = 300


class RefusalError(Exception):
    """An answer whose `code` is not 0."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Account:
    """What opens an advertising account, and its rows by day and ad group."""

    number: str
    access_token: str = field(repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    rows: Sequence[Row] = ()
    expires_at: datetime | None = None
    renewals: int = 0

    def renew(self) -> None:
        """A new token; the refresh token stays, as the SDK's samples show it."""
        self.renewals += 1
        self.access_token = f"tencent-access-{self.renewals}"
        self.expires_at = None


class TencentAdsSandbox(Sandbox):
    """The reports of some accounts."""

    secret_params = frozenset({"access_token", "refresh_token", "client_secret"})

    def __init__(self, *accounts: Account, clock: Clock = real_clock) -> None:
        super().__init__(clock)
        self.accounts = accounts
        self._nonces: set[str] = set()
        self.app = Starlette(
            routes=[
                self.fault_route,
                Route("/oauth/token", self._token, methods=["GET"]),
                Route("/v3.0/daily_reports/get", self._report, methods=["GET"]),
            ]
        )

    async def _token(self, request: Request) -> Response:
        return await self._answered(request, self._renewed)

    async def _report(self, request: Request) -> Response:
        return await self._answered(request, self._daily)

    async def _answered(self, request: Request, answer: Any) -> Response:
        query = dict(request.query_params)
        self._log(request.url.path, query)
        return await self._reply(lambda: self._enveloped(answer, query))

    def _enveloped(self, answer: Any, query: Mapping[str, str]) -> Row:
        try:
            self._fail_on_request()
            self._check(query)
            data = answer(query)
            if self._has_bad_row(data):
                raise RefusalError(10000, "system busy")
        except RefusalError as refusal:
            return {"code": refusal.code, "message": str(refusal), "message_cn": "", "errors": []}
        return {"code": 0, "message": "", "message_cn": "", "data": data}

    def _fail_on_request(self) -> None:
        if self.faults.ends_sessions():
            for account in self.accounts:
                account.expires_at = self._clock()
        if self.faults.strikes("throttle"):
            raise RefusalError(11017, "request frequency limited")
        if self.faults.strikes("fail"):
            raise RefusalError(10000, "system busy")

    def _check(self, query: Mapping[str, str]) -> None:
        """Every call has a time near now, and a random word that was never used before."""
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        now = self._clock().timestamp()
        if not timestamp.isdecimal() or abs(int(timestamp) - now) > SKEW:
            raise RefusalError(12001, "timestamp")
        if not nonce or len(nonce) > 32 or nonce in self._nonces:
            raise RefusalError(12001, "nonce")
        self._nonces.add(nonce)

    def _renewed(self, query: Mapping[str, str]) -> Row:
        asked = tuple(map(query.get, ("client_id", "client_secret", "refresh_token")))
        if query.get("grant_type") != "refresh_token":
            raise RefusalError(12001, "grant_type")
        for account in self.accounts:
            if asked == (account.client_id, account.client_secret, account.refresh_token):
                account.renew()
                return {
                    "access_token": account.access_token,
                    "refresh_token": account.refresh_token,
                    "access_token_expires_in": 86_400,
                    "refresh_token_expires_in": 2_592_000,
                }
        raise RefusalError(11012, "refresh token is not valid")

    def _daily(self, query: Mapping[str, str]) -> Row:
        account = self._account(query)
        if query.get("level") not in LEVELS:
            raise RefusalError(12001, "level")
        days, groups = _json(query, "date_range", dict), _json(query, "group_by", list)
        fields = _json(query, "fields", list)
        if "date" not in groups:
            raise RefusalError(12001, "this sandbox reports days only")
        size, page = int(query.get("page_size", 10)), int(query.get("page", 1))
        if not (1 <= size <= LARGEST_PAGE and page >= 1):
            raise RefusalError(12001, "page")
        rows = [
            {name: value for name, value in row.items() if name in fields}
            for row in account.rows
            if days["start_date"] <= row["date"] <= days["end_date"]
        ]
        info = {
            "page": page,
            "page_size": size,
            "total_number": len(rows),
            "total_page": -(-len(rows) // size),
        }
        return {"list": rows[(page - 1) * size : page * size], "page_info": info}

    def _account(self, query: Mapping[str, str]) -> Account:
        for account in self.accounts:
            is_open = account.expires_at is None or self._clock() < account.expires_at
            if account.access_token == query.get("access_token") and is_open:
                if account.number == query.get("account_id"):
                    return account
                raise RefusalError(12002, "no permission for this account")
        raise RefusalError(11002, "access token is not valid")


def _json(query: Mapping[str, str], name: str, kind: type) -> Any:
    try:
        value = json.loads(query.get(name, ""))
    except ValueError:
        raise RefusalError(12001, f"{name} is no JSON") from None
    if not isinstance(value, kind):
        raise RefusalError(12001, name)
    return value
