"""Reads Doudian's values strictly: fen, unix seconds, 64-bit ids, codes; or says what is wrong."""

from datetime import datetime

from core.marketplace.errors import MappingError
from core.marketplace.fields import Row, unix_time
from core.marketplace.mapping import platform_id

LARGEST = 2**62


def fen(row: Row, field: str) -> int:
    """An amount in fen, which is the minor unit of yuan."""
    value = row.get(field)
    if type(value) is not int or abs(value) > LARGEST:
        raise MappingError(field, value, "an amount in whole fen")
    return value


def fen_if_any(row: Row, field: str) -> int:
    """An amount in fen; none is nothing."""
    return 0 if row.get(field) is None else fen(row, field)


def moment(row: Row, field: str, latest: datetime) -> datetime:
    """Aware UTC of unix seconds."""
    return unix_time(row.get(field), field, "seconds", latest=latest)


def moment_if_any(row: Row, field: str, latest: datetime) -> datetime | None:
    """Aware UTC of unix seconds; Doudian writes 0 where there is no time."""
    return moment(row, field, latest) if row.get(field) not in (None, 0) else None


def identity(row: Row, field: str) -> str:
    """An id as text, whatever it was sent as."""
    return platform_id(row.get(field), field)


def identity_if_any(row: Row, *fields: str) -> str | None:
    """The first of these ids that is there; Doudian writes 0 or "" where there is none."""
    for field in fields:
        if row.get(field) not in (None, "", 0, "0"):
            return identity(row, field)
    return None
