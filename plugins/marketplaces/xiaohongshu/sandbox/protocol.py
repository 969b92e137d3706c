"""ARK's manners: fields of the JSON body, refusals, and the envelopes of answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from core.marketplace.sandbox import Row

WRONG_PARAMETER = -2000400
NOT_FOUND = -2000101
THROTTLED = -9013
NO_TOKEN = 401
WRONG_SYSTEM_PARAMETER = -9000
"""Invented: ARK publishes no codes for its checks of signature, time and app. Texts tell them."""
OUT_OF_ORDER = -9999


class RefusalError(Exception):
    """An answer with `success: false`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.content = {"success": False, "error_code": code, "error_msg": message}


def wrong(name: str, why: str) -> RefusalError:
    """A value that the method itself refuses."""
    return RefusalError(WRONG_PARAMETER, f"请求参数错误：{name} {why}")


class Body(dict[str, Any]):
    """The fields of a request, read as ARK's types. Java reads numbers from text too."""

    def required(self, name: str) -> Any:
        value = self.get(name)
        if value is None or value == "":
            raise wrong(name, "不能为空")
        return value

    def text(self, name: str) -> str:
        value = self.required(name)
        if not isinstance(value, str):
            raise wrong(name, "must be text")
        return value

    def number(self, name: str, default: int | None = None, highest: int | None = None) -> int:
        """A whole number; with a `highest` one from 1 on."""
        value = self.get(name)
        value = default if value is None else value
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if type(value) is not int:
            raise wrong(name, "must be a whole number")
        if highest is not None and not 1 <= value <= highest:
            raise wrong(name, f"must be from 1 to {highest}")
        return value

    def numbers(self, name: str) -> frozenset[int]:
        value = self.get(name) or []
        if not isinstance(value, list) or not all(type(each) is int for each in value):
            raise wrong(name, "must be a list of whole numbers")
        return frozenset(value)


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def chosen(row: Row, names: Iterable[str]) -> Row:
    """The fields that a list shows of a row."""
    return {name: row[name] for name in names if name in row}


def good(data: Any) -> Row:
    """The envelope of every good answer."""
    return {"success": True, "error_code": 0, "error_msg": "", "data": data}


def good_twice(data: Mapping[str, Any]) -> Row:
    """What newer methods put into the envelope: one of their own."""
    return {"success": True, "code": 0, "msg": "成功", "data": data}
