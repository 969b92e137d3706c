"""JOS's manners: system parameters, business parameters, and both kinds of refusal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

TIME = "%Y-%m-%d %H:%M:%S"


class RefusalError(Exception):
    """An `error_response` of the gateway, with its code and sentence in two languages."""

    def __init__(self, code: str, english: str, chinese: str = "") -> None:
        super().__init__(english)
        self.content = {"code": code, "zh_desc": chinese or english, "en_desc": english}


class BusinessError(Exception):
    """A call that JD understands, and whose result is a failure.

    code: JD's own, where the method has one.
    """

    def __init__(self, why: str, code: str = "10100") -> None:
        super().__init__(why)
        self.why, self.code = why, code


class Params(dict[str, str]):
    """The merged system parameters of a request."""

    def needed(self, name: str, code: str) -> str:
        value = self.get(name, "")
        if not value:
            raise RefusalError(code, f"Missing {name}")
        return value

    def business(self) -> "Business":
        """The business parameters; JD takes none as an empty object."""
        try:
            values = orjson.loads(self.get("360buy_param_json") or "{}")
        except orjson.JSONDecodeError:
            values = None
        if not isinstance(values, dict):
            raise RefusalError("9", "Invalid 360buy_param_json")
        return Business(values)


class Business(dict[str, Any]):
    """Business parameters, read as JD's types; numbers may come as text and text as numbers."""

    def needed(self, name: str) -> str:
        value = self.get(name)
        if value is None or value == "" or isinstance(value, (dict, list)):
            raise BusinessError(f"{name} is required")
        return str(value)

    def number(self, name: str, default: int | None = None, highest: int | None = None) -> int:
        value = self.get(name, default)
        text = str(value)
        if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
            raise BusinessError(f"{name} is no number")
        if int(text) < 1 or (highest is not None and int(text) > highest):
            raise BusinessError(f"{name} must be from 1 to {highest or 'anything'}")
        return int(text)

    def words(self, name: str) -> frozenset[str]:
        """A list that JD takes as text with commas."""
        text = str(self.get(name) or "")
        return frozenset(filter(None, (word.strip() for word in text.split(","))))

    def time(self, name: str) -> str:
        """A time as JD writes it, which sorts as text."""
        text = self.needed(name)
        try:
            return datetime.strptime(text, TIME).strftime(TIME)
        except ValueError:
            raise BusinessError(f"{name} is no time") from None

    def span(self, first: str, last: str) -> tuple[str, str]:
        start, end = self.time(first), self.time(last)
        if end <= start:
            raise BusinessError(f"{last} must be after {first}")
        return start, end


def chosen(row: Mapping[str, Any], names: frozenset[str] | None) -> dict[str, Any]:
    """The fields that were asked for; all if none could be. A feed's own keys are never shown."""
    return {
        name: value
        for name, value in row.items()
        if not name.startswith("_") and (names is None or name in names)
    }
