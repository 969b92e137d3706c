"""One call to the shop: its key goes along, and errors are named by what to do next."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from core.marketplace.contract import ShopContext
from core.marketplace.errors import AuthError, PermanentError, ThrottleError, TransientError

COLUMNS = (
    "order_id", "status", "currency", "ordered_at", "paid_at", "updated_at", "freight", "paid",
    "buyer", "line_id", "sku", "title", "quantity", "unit_price", "amount",
)  # fmt: skip
"""What every file begins with; the shop may add columns behind."""


@dataclass(frozen=True)
class File:
    """One answer: its rows, and how many orders the whole window has."""

    rows: list[dict[str, str]]
    total: int


class Client:
    """Calls one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        base_url = context.config.get("base_url")
        if not base_url:
            raise PermanentError("The shop's config lacks base_url, the address of its files.")
        self._url = f"{str(base_url).rstrip('/')}/orders.csv"

    async def orders(self, params: Mapping[str, str]) -> File:
        """A page of orders; MarketplaceError."""
        headers = {"X-Api-Key": self._context.credentials["api_key"]}
        try:
            response = await self._context.http.get(self._url, params=params, headers=headers)
        except httpx.HTTPError as failure:  # its text may hold the address
            raise TransientError(f"orders.csv: {type(failure).__name__}") from None
        _check(response)
        return _read(response)


def _check(response: httpx.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    if status in (401, 403):
        raise AuthError("orders.csv: the shop does not know this key; register the shop anew")
    if status == 429:
        wait = response.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isdigit() else None
        raise ThrottleError("orders.csv: too many calls", retry_after=seconds)
    if status >= 500:
        raise TransientError(f"orders.csv: the shop answered {status}")
    raise PermanentError(f"orders.csv: the shop answered {status}")


def _read(response: httpx.Response) -> File:
    """The rows of a file that is whole: an answer that was cut off is asked for again."""
    text = response.text
    reader = csv.DictReader(io.StringIO(text), strict=True)
    if not text.endswith("\n") or tuple(reader.fieldnames or ())[: len(COLUMNS)] != COLUMNS:
        raise TransientError("orders.csv: the answer is no such file, or cut off")
    try:
        rows = list(reader)
        total = int(response.headers["X-Total"])
    except (csv.Error, KeyError, ValueError):
        raise TransientError("orders.csv: the answer is broken") from None
    return File(rows, total)
