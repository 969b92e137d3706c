"""Helpers every mapping needs: exact money, local times, masking, rejecting one record alone."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from operator import is_
from types import NoneType
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from core.marketplace.contract import Mapped, Payload, Rejected
from core.marketplace.errors import MappingError
from core.marketplace.records import Record
from core.money import exponent

MASK = "***"
"""What stands in a kept payload where personal data was."""
_NESTED = frozenset({dict, list})  # what decoders make of JSON objects and arrays
WATCH: ContextVar[Callable[[Any], Any] | None] = ContextVar("watch", default=None)
"""What the conformance kit gives mappings instead of a row, to see what they read; else nothing."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before online shops: a date below is a mistake
TOMORROW = timedelta(days=1)
"""How far ahead a time may lie: clocks are wrong and days start elsewhere; beyond is a mistake."""
PLANNED = timedelta(days=366)
"""How far ahead what is planned may lie: a listing, a delivery."""


def minor_units(value: Any, currency: str, where: str) -> int:
    """Exact minor units of a decimal string or number; more decimals than the currency has fail."""
    try:
        return _of_text(value, currency) if type(value) is str else _minor_units(value, currency)
    except ValueError as failure:
        raise MappingError(where, value, str(failure)) from None


@lru_cache(maxsize=65_536)
def _of_text(value: str, currency: str) -> int:
    """Prices repeat: remembering them makes an order's money four times as fast to read."""
    return _minor_units(value, currency)


def _minor_units(value: Any, currency: str) -> int:
    """ValueError says what was expected."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError("an amount as decimal text")
    try:
        amount = Decimal(value)
    except (InvalidOperation, ValueError):
        raise ValueError("an amount as decimal text") from None
    if not amount.is_finite():
        raise ValueError("an amount as decimal text")
    # Past the context's 28 digits scaleb rounds; an exponent of millions takes int() minutes.
    if len(str(value)) > 28 or abs(amount.adjusted()) > 28:
        raise ValueError("an amount of fewer digits")
    scaled = amount.scaleb(exponent(currency))
    whole = int(scaled)
    if whole != scaled or abs(whole) > 2**62:
        raise ValueError(f"an amount with the decimals of {currency}")
    return whole


def local_time(value: Any, zone: ZoneInfo, where: str, *, latest: datetime) -> datetime:
    """Aware UTC of a `yyyy-MM-dd HH:mm:ss` wall-clock text; dates nobody can mean are refused."""
    try:
        # A quarter of the time of strptime, which took longer than all else of a small order.
        local = datetime.fromisoformat(value)
        if len(value) != len("yyyy-MM-dd HH:mm:ss") or value[10] != " " or local.tzinfo:
            raise ValueError(value)
        moment = local.replace(tzinfo=zone).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise MappingError(where, value, "a time as yyyy-MM-dd HH:mm:ss") from None
    if not EARLIEST <= moment <= latest:
        raise MappingError(where, value, f"a time between 1990 and {latest:%Y-%m-%d}")
    return moment


def platform_id(value: Any, where: str) -> str:
    """An id as text: platforms send 64-bit ids as JSON numbers, others as strings."""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise MappingError(where, value, "an id as number or text")
    return str(value)


def masked(payload: dict[str, Any], personal: frozenset[str]) -> dict[str, Any]:
    """The payload with the values of personal fields replaced, at any depth.

    Parts that hold none are shared, not copied: this runs for every field of every line, and half
    as many objects is half the work for the garbage collector too.
    """
    changes: dict[str, Any] = {}
    for key in [key for key, value in payload.items() if type(value) in _NESTED]:
        clean = _masked(payload[key], personal)
        if clean is not payload[key]:
            changes[key] = clean
    for key in personal.intersection(payload):
        if payload[key] not in (None, ""):
            changes[key] = MASK
    return {**payload, **changes} if changes else payload


def _masked(value: Any, personal: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return masked(value, personal)
    if isinstance(value, list):
        clean = [_masked(item, personal) for item in value]
        return value if all(map(is_, clean, value)) else clean
    return value


_SECRET = re.compile(
    r"(?i)\b(access_?token|refresh_?token|session|app_?secret|secret|sign|authorization)"
    r"(\"?\s*[=:]\s*\"?(?:bearer\s+)?)[^\s&\",;}]+"
)


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets, and without all that looks like a token or signature."""
    for secret in filter(None, secrets):
        text = text.replace(secret, MASK)
    return _SECRET.sub(rf"\1\2{MASK}", text)


def map_each(
    objects: Iterable[Any],
    map_one: Callable[[Mapping[str, Any]], tuple[Record, tuple[str, ...]]],
    *,
    kind: str,
    id_field: str,
    personal: frozenset[str],
) -> tuple[Mapped | Rejected, ...]:
    """Map every object; one that fails is rejected alone, with the value it failed on."""
    watch = WATCH.get()
    read = map_one if watch is None else lambda item: map_one(watch(item))
    return tuple(
        _map_one(each, read, kind=kind, id_field=id_field, personal=personal) for each in objects
    )


def _map_one(
    item: Any,
    map_one: Callable[[Mapping[str, Any]], tuple[Record, tuple[str, ...]]],
    *,
    kind: str,
    id_field: str,
    personal: frozenset[str],
) -> Mapped | Rejected:
    if not isinstance(item, dict):
        # What it tells is not known by name, so nothing of it is shown.
        error = MappingError(kind, type(item).__name__, "an object")
        return Rejected(kind, _fingerprint(item), error, Payload({"value": MASK}))
    payload = Payload(masked(item, personal))
    try:
        record, unknown = map_one(item)
    except (MappingError, ValidationError) as failure:
        error = failure if isinstance(failure, MappingError) else _first_error(failure)
        is_personal = error.where.rpartition(".")[2] in personal
        error.value = MASK if is_personal else _masked(error.value, personal)
        return Rejected(kind, _identity(item, id_field), error, payload)
    except Exception as failure:  # a slip in a mapping must not cost the page it stumbles on
        error = MappingError(kind, type(failure).__name__, "a mapping that knows this object")
        return Rejected(kind, _identity(item, id_field), error, payload)
    return Mapped(record, payload, unknown)


def _identity(item: Mapping[str, Any], id_field: str) -> str:
    value = item.get(id_field)
    if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
        return str(value)[:128]
    return _fingerprint(item)


def _fingerprint(item: Any) -> str:
    return "unidentified-" + hashlib.blake2b(repr(item).encode(), digest_size=8).hexdigest()


def _first_error(failure: ValidationError) -> MappingError:
    first = failure.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    # A part of a record has names of ours, which `masked` does not know.
    value = first["input"]
    shown = value if isinstance(value, (str, int, float, NoneType)) else type(value).__name__
    return MappingError(where, shown, first["msg"])
