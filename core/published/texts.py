"""What a published name says of itself: its own docstring, or the string below a constant."""

import ast
import inspect
from dataclasses import is_dataclass
from functools import cache
from importlib import import_module
from typing import Any

from core.published.shapes import found_at


def text_of(module: str, name: str) -> str:
    """The explanation of a name; "" if nobody wrote one. Inherited texts do not count."""
    found = found_at(module, name)
    if inspect.isclass(found):
        return _class_text(found)
    if inspect.isroutine(found):
        return inspect.getdoc(found) or ""
    return _texts_below(module).get(name, "")


def _class_text(cls: type) -> str:
    text = inspect.cleandoc(vars(cls).get("__doc__") or "")
    if text and not (is_dataclass(cls) and text.startswith(f"{cls.__name__}(")):
        return text
    described: Any = getattr(cls, "__strawberry_definition__", None)
    return (described.description or "") if described is not None else ""


@cache
def _texts_below(module: str) -> dict[str, str]:
    """The string below each constant of a module, those within an `if` included."""
    found: dict[str, str] = {}
    tree = ast.parse(inspect.getsource(import_module(module)))
    _collect(tree.body, found)
    return found


def _collect(body: list[ast.stmt], found: dict[str, str]) -> None:
    for node, below in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.If):
            _collect(node.body, found)
            _collect(node.orelse, found)
        elif isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            for name in _assigned(node):
                found[name] = inspect.cleandoc(str(below.value.value))


def _assigned(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]
