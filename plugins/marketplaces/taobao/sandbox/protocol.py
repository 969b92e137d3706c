"""TOP's manners: parameters, refusals with TOP's codes, and the choice of fields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.marketplace.sandbox import Row


class RefusalError(Exception):
    """An `error_response`."""

    def __init__(self, code: int, msg: str, sub_code: str = "", sub_msg: str = "") -> None:
        super().__init__(msg)
        told = {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg}
        self.content = {name: value for name, value in told.items() if value}


def invalid(name: str, why: str) -> RefusalError:
    """A value that the method itself refuses."""
    return RefusalError(15, "Remote service error", "isv.invalid-parameter", f"{name}: {why}")


class Params(dict[str, str]):
    """The merged parameters of a request, read as TOP's types."""

    def required(self, name: str) -> str:
        value = self.get(name, "")
        if not value:
            raise RefusalError(40, f"Missing Required Arguments:{name}")
        return value

    def number(self, name: str, default: int, highest: int | None = None) -> int:
        text = self.get(name) or str(default)
        if not text.isascii() or not text.isdigit():
            raise RefusalError(41, f"Invalid Arguments:{name}")
        number = int(text)
        if number < 1 or (highest is not None and number > highest):
            raise invalid(name, f"must be from 1 to {highest or 'anything'}")
        return number

    def flag(self, name: str) -> bool:
        return self.get(name, "false") == "true"

    def words(self, name: str, default: str = "") -> frozenset[str]:
        text = self.get(name) or default
        return frozenset(filter(None, (word.strip() for word in text.split(","))))

    def time(self, name: str) -> str | None:
        """A time as TOP writes it, which sorts as text; None when it was not sent."""
        text = self.get(name)
        if not text:
            return None
        try:
            return datetime.strptime(text, TIME).strftime(TIME)
        except ValueError:
            raise RefusalError(41, f"Invalid Arguments:{name}") from None


TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Nested:
    """A list inside a row: `fields` names it `asked`, the row holds it under `outer.inner`."""

    asked: str
    outer: str
    inner: str


class Selection:
    """Only fields that were asked for are shown: `tid`, `orders` whole, or `orders.oid`."""

    def __init__(self, asked: Iterable[str], nested: Nested | None = None) -> None:
        self._names = frozenset(asked)
        self._nested = nested
        prefix = f"{nested.asked}." if nested else "."
        self._parts = frozenset(
            name.removeprefix(prefix) for name in self._names if name.startswith(prefix)
        )

    def of(self, row: Row) -> Row:
        chosen = {name: value for name, value in row.items() if name in self._names}
        nested = self._nested
        if nested is None or nested.outer not in row:
            return chosen
        if nested.asked in self._names:
            chosen[nested.outer] = row[nested.outer]
        elif self._parts:
            chosen[nested.outer] = self._narrowed(row[nested.outer], nested.inner)
        return chosen

    def _narrowed(self, content: Any, inner: str) -> Any:
        """The asked parts of a well-formed list; anything else goes out as it is."""
        rows = content.get(inner) if isinstance(content, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return content
        return {inner: self._shown(rows)}

    def _shown(self, rows: list[Mapping[str, Any]]) -> list[Row]:
        parts = self._parts
        return [{name: each[name] for name in each if name in parts} for each in rows]
