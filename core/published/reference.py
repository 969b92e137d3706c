"""The reference of the plugin API as Markdown, made from the code: `make reference` writes it."""

import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from core import hookspecs
from core.plugin import API_VERSION
from core.published import PARTS, PUBLISHED
from core.published.shapes import REQUIRED, found_at, hook_names, lines_of, type_text
from core.published.texts import text_of

WIDTH = 88
_START = f"""\
# The plugin API, version {API_VERSION}

Made from the code by `make reference`; a test says when it is out of date.

[Write a plugin](../plugins.md) walks through one, [versioning](../versioning.md) says how long
what stands here holds.
"""
_HOOKS = """\
## Hooks

A plugin implements some of them in the module that its entry point names. They are synchronous,
return values, and take nothing but what stands here.
"""
_RESULTS = """\
## What hooks return and are given: `core.plugin`
"""
_IMPORTS = """\
## What plugins may import besides

Names that do not stand here may change in any release, whatever module they are in.
"""


def reference() -> str:
    """The whole page."""
    parts = [_START, _HOOKS, *map(_hook, hook_names()), _RESULTS]
    parts += [_name("core.plugin", name) for name in PUBLISHED["core.plugin"]]
    parts.append(_IMPORTS)
    for module, names in PUBLISHED.items():
        if module != "core.plugin":
            parts.append(f"### `{module}`\n")
            parts += [_name(module, name, "####") for name in names]
    return "\n".join(parts)


def _hook(name: str) -> str:
    hook = getattr(hookspecs, name)
    about, _, example = (inspect.getdoc(hook) or "").partition("Example::")
    code = textwrap.dedent(example.strip("\n")).rstrip()
    shown = f"```python\n{signature_of(name, hook)}\n```\n\n{_prose(about.strip())}\n"
    return f"### `{name}`\n\n{deprecation_of(hook)}{shown}\n```python\n{code}\n```\n"


def deprecation_of(hook: Any) -> str:
    """What implementations are warned of, if the hook is deprecated."""
    warning = hook.opsgraph_spec.get("warn_on_impl")
    return f"**Deprecated.** {warning}\n\n" if warning is not None else ""


def _name(module: str, name: str, level: str = "###") -> str:
    found = found_at(module, name)
    code = "\n".join(_code(module, name, found))
    return f"{level} `{name}`\n\n```python\n{code}\n```\n\n{_prose(text_of(module, name))}\n"


def _prose(text: str) -> str:
    """Text as Markdown: what looks like a tag outside code would be swallowed."""
    parts = re.sub(r"::$", ":", text, flags=re.MULTILINE).split("`")
    return "`".join(
        each.replace("<", "\\<") if n % 2 == 0 else each for n, each in enumerate(parts)
    )


def _code(module: str, name: str, found: Any) -> Iterator[str]:
    lines = lines_of(module, name)
    if inspect.isfunction(found):
        yield signature_of(name, found)
    elif inspect.isclass(found):
        head, *body = lines
        yield f"class {name}{head.partition('class')[2].replace('()', '')}:"
        made = list(_members(f"{module}.{name}", found, body)) or ["..."]
        yield textwrap.indent("\n".join(made), "    ")
        if f"{module}.{name}" in PARTS:
            yield "    # what else it has is core's own"
    else:
        yield lines[0].removeprefix(f"{module}.")


def _members(prefix: str, cls: Any, lines: list[str]) -> Iterator[str]:
    """Fields and members, then methods."""
    methods = []
    for line in lines:
        rest = line.removeprefix(prefix).removesuffix(REQUIRED)
        if field := re.fullmatch(r"\(\d+ (\w+)\)(: .*)|\.(\w+)((?:: | = ).*|)", rest):
            yield "".join(part for part in field.groups() if part)
        elif method := re.fullmatch(r"\.(\w+)\(\) -> .*", rest):
            methods.append(method[1])
    for name in methods:
        found = inspect.getattr_static(cls, name)
        yield "def " + signature_of(name, getattr(found, "__func__", found), is_method=True)


def signature_of(name: str, function: Any, *, is_method: bool = False) -> str:
    """A function as one would write it, without its body."""
    signature = inspect.signature(function)
    given = list(signature.parameters.values())[1 if is_method else 0 :]
    shown = list(_parameters(given))
    is_async = "async " if inspect.iscoroutinefunction(function) else ""
    end = f") -> {type_text(signature.return_annotation)}"
    line = f"{is_async}{name}({', '.join(shown)}{end}"
    if len(line) <= WIDTH:
        return line
    listed = "".join(f"    {each},\n" for each in shown)
    return f"{is_async}{name}(\n{listed}{end}"


def _parameters(given: list[inspect.Parameter]) -> Iterator[str]:
    is_starred = False
    for each in given:
        if each.kind is each.KEYWORD_ONLY and not is_starred:
            is_starred = True
            yield "*"
        star = "*" if each.kind is each.VAR_POSITIONAL else ""
        is_starred = is_starred or bool(star)
        default = "" if each.default is each.empty else f" = {each.default!r}"
        yield f"{star}{each.name}: {type_text(each.annotation)}{default}"
