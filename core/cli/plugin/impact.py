"""`opsgraph plugin impact`: what a plugin would change for clients, before it is in use."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from core.cli.house import Refusal
from core.cli.plugin.weighing import Report, Weighed, weigh
from core.graph.impact import Change, Impact
from core.plugin import API_VERSION, Command

PATIENCE = 30.0
"""Seconds that the running gateway may take over its schema."""


def show_impact(arguments: Namespace) -> int:
    """Show what a plugin would change; exit code 1 when something would break."""
    report = weigh(arguments.target, _saved(arguments))
    print(report.model_dump_json(indent=2) if arguments.json else as_text(report))
    return 1 if report.breaks else 0


def _saved(arguments: Namespace) -> str | None:
    """The SDL that the caller names."""
    if arguments.url is not None:
        token = arguments.token or os.environ.get("OPSGRAPH_TOKEN", "")
        return _fetch(arguments.url.rstrip("/") + "/schema.graphql", token)
    if arguments.schema is None:
        return None
    try:
        return Path(arguments.schema).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"The schema {arguments.schema} cannot be read: {error}") from None


def _fetch(url: str, token: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise Refusal(f"{url} is not an address that starts with http:// or https://.")
    request = Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    try:
        with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            text: str = answer.read().decode()
            return text
    except HTTPError as error:
        hint = ": name a token with --token or OPSGRAPH_TOKEN" if error.code in (401, 403) else ""
        raise Refusal(f"{url} answers {error.code} {error.reason}{hint}.") from None
    except (URLError, OSError) as error:
        raise Refusal(f"{url} does not answer: {getattr(error, 'reason', error)}.") from None


def as_text(report: Report) -> str:
    """A report for people."""
    lines: list[str] = []
    for each in report.plugins:
        lines += _plugin(each)
    lines += _titled("Needs what is not installed", report.unmet)
    lines += _titled(
        "Puts aside other plugins", [f"{name}: {why}" for name, why in report.displaced.items()]
    )
    lines += _impact(report.impact)
    return "\n".join(lines)


def _plugin(plugin: Weighed) -> Iterator[str]:
    there = plugin.installed is not None and plugin.installed != plugin.version
    yield f"{plugin.name} {plugin.version}" + (f" (now {plugin.installed})" if there else "")
    yield f"  would not load: {plugin.obstacle}" if plugin.obstacle else "  loads"
    if plugin.api:
        yield f"  plugin API {plugin.api} (this is {API_VERSION})"
    parts = [
        f"{each.name} ({', '.join(each.roles)}): {each.description}" for each in plugin.permissions
    ]
    yield from _nested("permissions, and the roles that get them", parts)
    yield from _nested(
        "settings",
        [
            f"{each.variable}{' (required)' if each.required else ''}: {each.description}"
            for each in plugin.settings
        ],
    )
    yield from _nested("uses what will go", plugin.notes)
    yield from _nested("tables", plugin.tables)
    yield from _nested("migrations to run", [f"{e.id}: {e.message}" for e in plugin.migrations])
    others = [e for e in plugin.contributes if not e.startswith("permission ")]
    yield from _nested("contributes", others)


def _impact(found: Impact) -> Iterator[str]:
    yield from _titled("Breaking changes", _changes(found.breaking), always=True)
    yield from _titled("Dangerous changes", _changes(found.dangerous))
    yield from _titled("Additions", _changes(found.additions))
    yield f"Registered documents: {found.checked} checked, {len(found.broken)} would break"
    for each in found.broken:
        names = f" ({', '.join(each.operations)})" if each.operations else ""
        yield from _nested(f"{each.id}{names}", each.errors)
    yield from _nested("not valid before either", found.stale)
    if found.diff:
        yield "Difference of the schema, changed types only"
        yield found.diff


def _changes(changes: Sequence[Change]) -> list[str]:
    return [f"{each.description} [{each.kind}]" for each in changes]


def _titled(title: str, lines: Sequence[str], *, always: bool = False) -> Iterator[str]:
    if lines or always:
        yield f"{title}: {len(lines) or 'none'}"
        yield from (f"  {each}" for each in lines)


def _nested(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"  {title}"
        yield from (f"    {each}" for each in lines)


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", help="an installed plugin, a wheel, or a source folder")
    parser.add_argument("--schema", metavar="FILE", help="compare with this SDL")
    parser.add_argument("--url", help="compare with the gateway that runs there")
    parser.add_argument("--token", help="for --url; default: OPSGRAPH_TOKEN")
    parser.add_argument("--json", action="store_true", help="for programs")


COMMANDS = (Command("plugin impact", "Show what a plugin would change.", show_impact, _arguments),)
