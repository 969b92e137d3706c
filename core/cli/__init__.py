"""The command line: `opsgraph …`. Plugins add commands with the hook `opsgraph_commands`."""

import os
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Sequence
from typing import TypeAlias

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from core import __version__
from core.cli import access, database, explain, hooks, importing, person, plugin, serve, shops, sync
from core.cli.house import Refusal, build
from core.errors import OpsgraphError
from core.plugin import Command
from core.registry import Registry
from core.settings import Settings

COMMANDS = (
    *serve.COMMANDS,
    *database.COMMANDS,
    *sync.COMMANDS,
    *importing.COMMANDS,
    *shops.COMMANDS,
    *hooks.COMMANDS,
    *access.COMMANDS,
    *explain.COMMANDS,
    *plugin.COMMANDS,
    *person.COMMANDS,
)

GROUPS = {
    "db": "Migrate the database and see where it stands.",
    "merchant": "Make and list merchants.",
    "token": "Make API tokens.",
    "person": "Forget customers.",
    "plugin": "Make, check, weigh and switch plugins.",
    "keys": "Renew the keys that seal credentials.",
}

Subparsers: TypeAlias = "_SubParsersAction[ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Expected errors are one line, never a traceback."""
    try:
        parser = _parser(_commands(build().registry))
        chosen = parser.parse_args(arguments)
        return _run(parser, chosen)
    except (OpsgraphError, Refusal) as error:
        print(f"opsgraph: {error}", file=sys.stderr)
        return 1
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        for each in error.errors():  # without the values: they may be secrets
            name = f"OPSGRAPH_{'.'.join(map(str, each['loc']))}".upper()
            print(f"opsgraph: {name}: {each['msg']}.", file=sys.stderr)
        return 1
    except DBAPIError as error:
        # The first line only: further ones may show a row.
        reason = str(error.orig).partition("\n")[0]
        print(f"opsgraph: the database refused this: {reason}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `| head` has seen enough
        return 0
    except KeyboardInterrupt:
        return 130


def _commands(registry: Registry) -> list[Command]:
    """Core's commands, and the plugins' that have names of their own."""
    commands = list(COMMANDS)
    for command in registry.commands.values():
        if any(_clash(command.name, other.name) for other in commands):
            owner = registry.owners["command", command.name]
            print(
                f"opsgraph: plugin {owner!r} offers the command {command.name!r}, "
                "which clashes with another one; it is left out.",
                file=sys.stderr,
            )
        else:
            commands.append(command)
    return commands


def _clash(name: str, other: str) -> bool:
    """Whether both are the same, or one is the other's group."""
    return name == other or name.startswith(f"{other} ") or other.startswith(f"{name} ")


def _run(parser: ArgumentParser, chosen: Namespace) -> int:
    if not hasattr(chosen, "command"):
        parser.print_help()
        return 2
    command: Command = chosen.command
    return command.run(chosen)


def _parser(commands: Sequence[Command]) -> ArgumentParser:
    parser = ArgumentParser("opsgraph", description="One GraphQL API over all your shops.")
    parser.add_argument("--version", action="version", version=__version__)
    names: Subparsers = parser.add_subparsers(metavar="command")
    groups: dict[str, Subparsers] = {}
    for command in commands:
        group, _, name = command.name.rpartition(" ")
        if group and group not in groups:
            outer = names.add_parser(group, help=GROUPS.get(group, f"{group} …"))
            groups[group] = outer.add_subparsers(metavar="command", required=True)
        subparsers = groups[group] if group else names
        sub = subparsers.add_parser(name, help=command.help, description=command.help)
        command.arguments(sub)
        sub.set_defaults(command=command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
