"""The shape of published names: one line for each thing that a plugin may have written down.

A class gives a line per field, member and method, a function one per parameter, so that a
comparison of two versions tells additions from changes. `REQUIRED` marks what callers must give;
a number before a parameter says that it may be given by position.
"""

import collections.abc
import inspect
import re
import types
import warnings
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from importlib import import_module
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from sqlmodel import SQLModel

from core import hookspecs
from core.db.upsert import table_of
from core.published import PARTS, PUBLISHED
from core.published.deprecation import PluginApiDeprecationWarning

REQUIRED = " (required)"
_PUBLISHED_NAMES = {name for names in PUBLISHED.values() for name in names}
_STARS: dict[Any, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def all_lines() -> list[str]:
    """Every hook's and every published name's lines, in the order of the list."""
    lines = [line for name in hook_names() for line in hook_lines(name)]
    for module, names in PUBLISHED.items():
        for name in names:
            lines += lines_of(module, name)
    return lines


def hook_names() -> list[str]:
    """The hooks, in the order in which they are declared."""
    return [name for name in vars(hookspecs) if name.startswith("opsgraph_")]


def hook_lines(name: str) -> list[str]:
    """The lines of a hook; implementations may take fewer parameters, so none is required."""
    lines = _function_lines(name, getattr(hookspecs, name))
    return [line.removesuffix(REQUIRED) for line in lines]


def found_at(module: str, name: str) -> Any:
    """What a name stands for, old or not; of a pytest fixture the function behind it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginApiDeprecationWarning)
        found = getattr(import_module(module), name)
    return found if inspect.isclass(found) else inspect.unwrap(found)


def lines_of(module: str, name: str) -> list[str]:
    """The lines of one published name."""
    found = found_at(module, name)
    prefix = f"{module}.{name}"
    if inspect.isclass(found):
        return list(_class_lines(prefix, found))
    if inspect.isfunction(found):
        return list(_function_lines(prefix, found))
    return [f"{prefix}: {_constant(found)}"]


def type_text(annotation: Any) -> str:
    """An annotation as it is written in code, the same on every version of Python."""
    if isinstance(annotation, str):
        return re.sub(r"\b[a-z_]\w*\.", "", annotation)
    if annotation is None or annotation is type(None):
        return "None"
    if annotation is Ellipsis:
        return "..."
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, list):  # the parameters of a Callable
        return f"[{', '.join(map(type_text, annotation))}]"
    if origin is Annotated:
        return type_text(arguments[0])
    if origin in (Union, types.UnionType):
        return " | ".join(map(type_text, arguments))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is collections.abc.Callable and len(arguments) == 2:
        taken = "..." if arguments[0] is Ellipsis else type_text(arguments[0])
        return f"Callable[{taken}, {type_text(arguments[1])}]"
    if origin is not None and arguments:
        return f"{type_text(origin)}[{', '.join(map(type_text, arguments))}]"
    return getattr(annotation, "__name__", None) or re.sub(r"\w+\.", "", str(annotation))


def members_of(prefix: str, cls: type) -> list[str]:
    """Names of a class's published members: its own public ones, unless `PARTS` says which."""
    if prefix in PARTS:
        return list(PARTS[prefix])
    named = [*inspect.get_annotations(cls), *vars(cls)]
    return [name for name in dict.fromkeys(named) if not name.startswith("_")]


def annotations_of(cls: type) -> dict[str, Any]:
    """The annotations of a class and its bases, as they are written."""
    found: dict[str, Any] = {}
    for each in reversed(cls.__mro__):
        found |= inspect.get_annotations(each)
    return found


# --- classes ---------------------------------------------------------------------------------


def _class_lines(prefix: str, cls: type) -> Iterator[str]:
    bases = ", ".join(base.__name__ for base in cls.__bases__ if _is_shown(base))
    yield f"{prefix}: class({bases})"
    if issubclass(cls, Enum):
        yield from (f"{prefix}.{each.name} = {each.value!r}" for each in cls)
    elif issubclass(cls, SQLModel):
        yield from _table_lines(prefix, cls)
    elif issubclass(cls, BaseModel):
        yield from _model_lines(prefix, cls)
    else:
        yield from _plain_lines(prefix, cls)


def _is_shown(base: type) -> bool:
    """Whether a base is no business of core's alone."""
    ours = base.__module__.startswith("core.")
    return base is not object and (not ours or base.__name__ in _PUBLISHED_NAMES)


def _table_lines(prefix: str, cls: type[SQLModel]) -> Iterator[str]:
    if not hasattr(cls, "__table__"):
        yield from (f"{prefix}.{name}" for name in cls.model_fields)
        return
    for column in table_of(cls).columns:
        kind = type(column.type).__name__
        length = getattr(column.type, "length", None)
        size, null = f"({length})" if length else "", " | None" if column.nullable else ""
        yield f"{prefix}.{column.name}: {kind}{size}{null}"


def _model_lines(prefix: str, cls: type[BaseModel]) -> Iterator[str]:
    for name, info in cls.model_fields.items():
        factory = info.default_factory is not None
        default = MISSING if info.default is PydanticUndefined and not factory else info.default
        yield _line(f"{prefix}.{name}", info.annotation, "..." if factory else default)
    yield from _method_lines(prefix, cls, members_of(prefix, cls))


def _plain_lines(prefix: str, cls: type) -> Iterator[str]:
    members = members_of(prefix, cls)
    annotations = annotations_of(cls)
    if prefix in PARTS:
        yield from (
            f"{prefix}.{n}: {type_text(annotations[n])}" for n in members if n in annotations
        )
    elif is_dataclass(cls):
        yield from _field_lines(prefix, cls)
        members = [name for name in members if name not in cls.__dataclass_fields__]
    elif "__init__" in vars(cls) and Protocol not in cls.__bases__:
        yield from _function_lines(f"{prefix}.__init__", vars(cls)["__init__"], is_method=True)
    if not is_dataclass(cls) and prefix not in PARTS:
        own = [name for name in members if name in inspect.get_annotations(cls)]
        yield from (f"{prefix}.{name}: {type_text(annotations[name])}" for name in own)
    yield from _method_lines(prefix, cls, members)


def _field_lines(prefix: str, cls: Any) -> Iterator[str]:
    """The fields of a dataclass, which are also its constructor's parameters."""
    annotations = annotations_of(cls)
    shown = [each for each in fields(cls) if each.init and not each.name.startswith("_")]
    for position, each in enumerate(shown, 1):
        default = each.default if each.default_factory is MISSING else "..."
        yield _line(f"{prefix}({position} {each.name})", annotations[each.name], default)


def _method_lines(prefix: str, cls: type, members: list[str]) -> Iterator[str]:
    for name in members:
        found = inspect.getattr_static(cls, name, None)
        is_static = isinstance(found, staticmethod)
        if isinstance(found, (staticmethod, classmethod)):
            found = found.__func__
        if isinstance(found, property):
            returned = inspect.get_annotations(found.fget)["return"] if found.fget else None
            yield f"{prefix}.{name}: {type_text(returned)}"
        elif inspect.isfunction(found):
            yield from _function_lines(f"{prefix}.{name}", found, is_method=not is_static)
        elif isinstance(found, str) and name not in inspect.get_annotations(cls):
            yield f"{prefix}.{name} = {found!r}"


# --- functions and constants -----------------------------------------------------------------


def _function_lines(prefix: str, function: Any, *, is_method: bool = False) -> Iterator[str]:
    signature = inspect.signature(function)
    is_async = "async " if inspect.iscoroutinefunction(function) else ""
    yield f"{prefix}() -> {is_async}{type_text(signature.return_annotation)}"
    parameters = list(signature.parameters.values())[1 if is_method else 0 :]
    for position, each in enumerate(parameters, 1):
        star = _STARS.get(each.kind, "")
        place = f"{position} " if each.kind is each.POSITIONAL_OR_KEYWORD else star
        default = MISSING if each.default is each.empty else each.default
        yield _line(f"{prefix}({place}{each.name})", each.annotation, "..." if star else default)


def _line(prefix: str, annotation: Any, default: Any) -> str:
    if default is MISSING:
        return f"{prefix}: {type_text(annotation)}{REQUIRED}"
    shown = "..." if default == "..." or callable(default) else _value(default)
    return f"{prefix}: {type_text(annotation)} = {shown}"


def _value(value: Any) -> str:
    return (
        f"{type(value).__name__}.{value.name}"
        if isinstance(value, Enum)
        else repr(value).removeprefix("datetime.")
    )


def _constant(found: Any) -> str:
    """What a constant is; a name for a type says which."""
    if get_origin(found) is not None or isinstance(found, types.UnionType):
        return type_text(found)
    return type(found).__name__ if not hasattr(found, "__supertype__") else "NewType"
