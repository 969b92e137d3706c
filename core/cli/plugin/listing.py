"""`opsgraph plugins`: which plugins there are, how they fare, and what each brings."""

from argparse import ArgumentParser, Namespace

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from core.cli.house import Refusal, build
from core.plugin import API_VERSION, Command, PluginSettings
from core.registry import PluginState, Registry
from core.registry.offer import settings_prefix


def list_plugins(arguments: Namespace) -> int:
    """Show all plugins, or everything about one."""
    registry = build().registry
    if arguments.name is not None:
        return _show(registry, arguments.name)
    header = ("plugin", "version", "API", "state", "what for / why not")
    table = Table(*header, *(("ms",) if arguments.trace else ()))
    for each in registry.plugins:
        took = (f"{each.milliseconds:.1f}",) if arguments.trace else ()
        text = "\n".join([each.reason or each.summary, *each.notes])
        table.add_row(each.name, each.version, each.api, each.word, text, *took)
    Console().print(table)
    return 0


def _show(registry: Registry, name: str) -> int:
    found = [each for each in registry.plugins if each.name == name]
    if not found:
        known = ", ".join(each.name for each in registry.plugins)
        raise Refusal(f"There is no plugin {name!r}; there are: {known}.")
    table = Table.grid(padding=(0, 2))
    for title, text in _facts(registry, found[0]):
        table.add_row(title, text)
    Console().print(table)
    return 0


def _facts(registry: Registry, state: PluginState) -> list[tuple[str, str]]:
    facts = [
        ("plugin", f"{state.name} {state.version}"),
        ("state", state.word),
        ("what for", state.summary),
        ("why not", state.reason or ""),
        ("plugin API", f"{state.api} (this is {API_VERSION})" if state.api else ""),
        ("note", "\n".join(state.notes)),
        ("contributes", "\n".join(state.contributes)),
        ("tables", "\n".join(state.tables)),
        ("settings", "\n".join(_settings(state.name, registry.settings.get(state.name)))),
        ("loaded in", f"{state.milliseconds:.1f} ms"),
    ]
    return [(title, text) for title, text in facts if text]


def _settings(name: str, settings: PluginSettings | None) -> list[str]:
    """Variables with their values; secrets show only whether they are set."""
    if settings is None:
        return []
    lines = []
    for field, info in type(settings).model_fields.items():
        value = getattr(settings, field)
        shown = "(secret, set)" if isinstance(value, SecretStr) else repr(value)
        text = f"  {info.description}" if info.description else ""
        lines.append(f"{settings_prefix(name)}{field.upper()} = {shown}{text}")
    return lines


def _plugins(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="everything about this one")
    parser.add_argument("--trace", action="store_true", help="how long each took to load")


COMMANDS = (Command("plugins", "Show the plugins, or all about one.", list_plugins, _plugins),)
