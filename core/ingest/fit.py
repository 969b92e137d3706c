"""Whether a row fits its table on both databases.

SQLite takes a text of any length, and any character in it; PostgreSQL refuses both, and the whole
page along with the one row. So a row that does not fit is found before, and quarantined alone.
"""

import math
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, String
from sqlmodel import SQLModel

from core.db.upsert import Row, table_of
from core.marketplace.errors import MappingError
from core.marketplace.mapping import MASK
from core.models import personal_columns

NUL = "\x00"
_LARGEST = 2**63


def misfit(table: type[SQLModel], row: Row) -> MappingError | None:
    """What is wrong with a row; None when it can be stored. Personal values are not shown."""
    texts, numbers = _columns(table)
    for name, length in texts:
        value = row[name]
        if value is not None and (len(value) > length or NUL in value):
            shown = MASK if name in personal_columns(table) else value
            wanted = "text without NUL" if NUL in value else f"at most {length} characters"
            return MappingError(name, shown, wanted)
    for name in numbers:
        value = row[name]
        if value is not None and not -_LARGEST <= value < _LARGEST:
            return MappingError(name, value, "a whole number of at most 63 bits")
    return None


@cache
def _columns(table: type[SQLModel]) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
    columns = table_of(table).columns
    texts = [(c.name, c.type.length or math.inf) for c in columns if isinstance(c.type, String)]
    return tuple(texts), tuple(c.name for c in columns if isinstance(c.type, BigInteger))


def storable(value: Any) -> Any:
    """A JSON-like value without what no JSON column takes: NUL, lone surrogates, NaN."""
    match value:
        case str():
            return value.replace(NUL, "\ufffd").encode(errors="replace").decode()
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {storable(str(key)): storable(each) for key, each in value.items()}
        case list() | tuple():
            return [storable(each) for each in value]
        case _:
            return value
