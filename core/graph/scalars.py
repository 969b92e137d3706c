"""Money, big integers and global ids as GraphQL shows them."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NewType, TypeAlias

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from core.errors import InputError
from core.money import decimal_text


@dataclass(frozen=True)
class UploadedFile:
    """A file that came with a request."""

    name: str
    content: bytes = field(repr=False)


if TYPE_CHECKING:
    BigInt: TypeAlias = int
    Upload: TypeAlias = UploadedFile
else:
    BigInt = NewType("BigInt", int)
    """A whole number of up to 64 bits: GraphQL's own Int ends at 32."""
    Upload = NewType("Upload", UploadedFile)
    """A file of a multipart request; no JSON value can be one."""


def _whole(value: object) -> int:
    """5, and 5.0 too, which some clients write for it; never "5", 5.5 or true."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise GraphQLError("BigInt is a whole number.")
    return value


def _uploaded(value: object) -> UploadedFile:
    if not isinstance(value, UploadedFile):
        raise GraphQLError("Upload is a file: send the request as multipart/form-data.")
    return value


def _never_shown(value: object) -> str:
    raise GraphQLError("An Upload is not shown.")


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="An integer of up to 2^53, as a JSON number.",
        serialize=int,
        parse_value=_whole,
    ),
    Upload: strawberry.scalar(
        name="Upload",
        description="A file, sent as the GraphQL multipart request specification says.",
        specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
        serialize=_never_shown,
        parse_value=_uploaded,
    ),
}
"""Our scalars, for the schema's configuration."""


@strawberry.type(description="An amount of money in one currency. Currencies are never added up.")
class Money:
    amount: Decimal = strawberry.field(
        description='The amount as decimal text with the currency\'s decimals, e.g. "12.30".'
    )
    currency: str = strawberry.field(description="ISO 4217 code, e.g. CNY.")


def money(minor: int, currency: str) -> Money:
    """Minor units as the GraphQL type."""
    return Money(amount=Decimal(decimal_text(minor, currency)), currency=currency)


def as_utc(moment: datetime) -> datetime:
    """A moment in UTC; ValueError when it has no zone, or no year in UTC (0 or 10000)."""
    if moment.tzinfo is None:
        raise ValueError("A time needs a zone.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("A time lies before the year 1 or after 9999.") from None


def moment(given: datetime, path: list[str]) -> datetime:
    """A moment that a client gave, in UTC; InputError when it cannot be told which it is."""
    try:
        return as_utc(given)
    except ValueError as error:
        message = f"{error} Write it like 2026-11-22T08:00:00+08:00."
        raise InputError(message, path=path) from None


def global_id(type_name: str, *keys: object) -> strawberry.ID:
    """The id of a node: opaque to clients, the same for ever."""
    plain = [key if isinstance(key, int) else str(key) for key in keys]
    text = json.dumps([type_name, *plain], separators=(",", ":"), ensure_ascii=False)
    return strawberry.ID(base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


def split_id(value: str) -> tuple[str, list[int | str]]:
    """Type name and key values of a global id; InputError when it is not one of ours."""
    try:
        padded = value + "=" * (-len(value) % 4)
        # orjson: unlike json it refuses lone surrogates, which no database stores.
        name, *keys = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(name, str) or not all(_is_key(key) for key in keys):
            raise ValueError
    except (binascii.Error, ValueError, TypeError):
        raise InputError(f"{value[:40]!r} is not an id of this server.", path=["id"]) from None
    return name, keys


def parse_id(value: str, expected: str) -> int:
    """Row id of a global id of this type."""
    name, keys = split_id(value)
    if name != expected:
        raise InputError(f"This is the id of {name[:40]}, not of {expected}.", path=["id"])
    if len(keys) != 1 or not isinstance(keys[0], int):
        raise InputError(f"{value[:40]!r} is not an id of this server.", path=["id"])
    return keys[0]


def _is_key(key: object) -> bool:
    if isinstance(key, bool):
        return False
    if isinstance(key, int):
        return 0 <= key < 2**63
    return isinstance(key, str) and "\0" not in key  # PostgreSQL stores no NUL
