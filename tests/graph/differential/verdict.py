"""Whether two answers are the same: data to the byte and in order, errors whatever their order."""

import json
from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]


def difference(expected: Body, told: Body) -> str:
    """Where the answers differ; empty when they are the same.

    Of a document that was not executed only the codes count: the texts are graphql-core's.
    """
    if "data" not in expected or "data" not in told:
        return _between("whole", _codes(expected), _codes(told))
    if expected["data"] is None and told["data"] is None:
        return ""  # an error that took all: which others came before it is a matter of time
    return _in_data("data", expected["data"], told["data"]) or _between(
        "errors", _errors(expected), _errors(told)
    )


def _codes(body: Body) -> Any:
    codes = {error["extensions"]["code"] for error in body.get("errors", ())}
    return ["data" in body, sorted(codes)]


def _errors(body: Body) -> list[str]:
    return sorted(json.dumps(error, sort_keys=True) for error in body.get("errors", ()))


def _in_data(path: str, expected: Any, told: Any) -> str:
    """The first place at which data differ; the order of keys counts, and 1 is not 1.0."""
    if isinstance(expected, dict) and isinstance(told, dict) and list(expected) == list(told):
        pairs = ((f"{path}.{key}", expected[key], told[key]) for key in expected)
        return next((found for pair in pairs if (found := _in_data(*pair))), "")
    if isinstance(expected, list) and isinstance(told, list) and len(expected) == len(told):
        pairs = ((f"{path}[{n}]", *each) for n, each in enumerate(zip(expected, told, strict=True)))
        return next((found for pair in pairs if (found := _in_data(*pair))), "")
    return _between(path, expected, told)


def _between(path: str, expected: Any, told: Any) -> str:
    one, other = json.dumps(expected, ensure_ascii=False), json.dumps(told, ensure_ascii=False)
    return "" if one == other else f"{path}\n  expected {one}\n  answered {other}"
