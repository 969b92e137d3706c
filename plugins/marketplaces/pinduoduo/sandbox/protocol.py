"""PDD's manners: how parameters are written, and refusals with PDD's codes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import orjson

CHINA = ZoneInfo("Asia/Shanghai")
TIME = "%Y-%m-%d %H:%M:%S"


class RefusalError(Exception):
    """An `error_response`."""

    def __init__(self, code: int, msg: str, sub_msg: str = "") -> None:
        super().__init__(msg)
        self.content = {"error_code": code, "error_msg": msg, "sub_code": None, "sub_msg": sub_msg}


def invalid(name: str, why: str) -> RefusalError:
    """A parameter that cannot be used."""
    return RefusalError(10001, "参数错误", f"{name}: {why}")


class Params(dict[str, str]):
    """The parameters of a request in the texts that were signed, read as PDD's types."""

    @classmethod
    def read(cls, query: Mapping[str, str], body: bytes, content_type: str) -> "Params":
        """Of the address and of a form or JSON object, whose values are signed as texts.

        Some SDKs put the common parameters in the address (pdd-sdk 1.0.8).
        """
        if not content_type.startswith("application/json"):
            form = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
            return cls({**query, **dict(form)})
        try:
            sent = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise RefusalError(10000, "参数错误", "the body is no JSON") from None
        if not isinstance(sent, dict):
            raise RefusalError(10000, "参数错误", "the body is no JSON object")
        return cls({**query, **_texts(sent)})

    def required(self, name: str) -> str:
        value = self.get(name, "")
        if not value:
            raise invalid(name, "is required")
        return value

    def number(self, name: str, default: int | None = None, highest: int | None = None) -> int:
        """A whole number from 1; without a default it is required."""
        text = self.required(name) if default is None else self.get(name) or str(default)
        number = self._digits(name, text)
        if number < 1 or (highest is not None and number > highest):
            raise invalid(name, f"must be from 1 to {highest or 'anything'}")
        return number

    def code(self, name: str, *known: int) -> int:
        """One of the known codes."""
        number = self._digits(name, self.required(name))
        if number not in known:
            raise invalid(name, "is no such code")
        return number

    def moment(self, name: str) -> datetime:
        """Seconds since 1970, as a time in China."""
        seconds = self._digits(name, self.required(name))
        if seconds >= 10**11:
            raise invalid(name, "must be in seconds")
        return datetime.fromtimestamp(seconds, CHINA)

    def flag(self, name: str) -> bool:
        return self.get(name, "false") == "true"

    def _digits(self, name: str, text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise invalid(name, "must be a whole number")
        return int(text)


def _texts(sent: Mapping[str, Any]) -> dict[str, str]:
    told = {name: value for name, value in sent.items() if value is not None}
    return {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in told.items()
    }
