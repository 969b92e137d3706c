"""Doudian's manners: business parameters with their types, and refusals with its codes."""

from typing import Any

from core.marketplace.sandbox import Row


class RefusalError(Exception):
    """An answer whose `code` is not 10000."""

    def __init__(self, code: int, msg: str, sub_code: str = "", sub_msg: str = "") -> None:
        super().__init__(msg)
        self.content = {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg}


def missing(name: str) -> RefusalError:
    """A parameter that the method needs."""
    return RefusalError(40002, "缺少参数", f"isv.missing-parameter:{name}", f"{name} is missing")


def invalid(name: str, why: str) -> RefusalError:
    """A value that the method refuses."""
    return RefusalError(40004, "参数不合法", f"isv.parameter-invalid:{name}", f"{name} {why}")


def refused(sub_code: str, why: str) -> RefusalError:
    """What the platform checks before any method: 40003."""
    return RefusalError(40003, "平台校验失败", sub_code, why)


def no_such(name: str) -> RefusalError:
    """A business refusal: the object that was asked for is not there."""
    return RefusalError(50002, "业务处理失败", f"isv.business-failed:{name}", f"no such {name}")


class Params(dict[str, Any]):
    """The business parameters, read strictly: a number in a text is no number."""

    def number(self, name: str, lowest: int = 0, highest: int | None = None) -> int:
        if name not in self:
            raise missing(name)
        value = self[name]
        if type(value) is not int:
            raise invalid(name, "must be a whole number")
        if value < lowest or (highest is not None and value > highest):
            raise invalid(name, f"must be from {lowest} to {highest or 'anything'}")
        return value

    def number_if_any(self, name: str) -> int | None:
        return self.number(name) if self.get(name) is not None else None

    def text(self, name: str) -> str:
        if name not in self:
            raise missing(name)
        if not isinstance(self[name], str):
            raise invalid(name, "must be text")
        return str(self[name])

    def text_needed(self, name: str) -> str:
        return self.text(name) or _refuse(missing(name))

    def span(self, start: str, end: str) -> tuple[int | None, int | None]:
        first, last = self.number_if_any(start), self.number_if_any(end)
        if first is not None and last is not None and last <= first:
            raise invalid(end, f"must be after {start}")
        return first, last


def _refuse(refusal: RefusalError) -> Any:
    raise refusal


def page_of(shown: list[Row], number: int, size: int) -> list[Row]:
    """A page, counted from 0."""
    return shown[number * size : (number + 1) * size]
