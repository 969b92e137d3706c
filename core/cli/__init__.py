"""The command line: `opsgraph …`. Plugins add commands with the hook `opsgraph_commands`."""

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Sequence
from typing import TypeAlias

from core import __version__
from core.cli import access, database, serve, sync
from core.cli.house import Refusal, build
from core.errors import OpsgraphError
from core.plugin import Command

COMMANDS = (
    *serve.COMMANDS,
    *database.COMMANDS,
    *sync.COMMANDS,
    *access.COMMANDS,
)

Subparsers: TypeAlias = "_SubParsersAction[ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Expected errors are one line, never a traceback."""
    try:
        parser = _parser([*COMMANDS, *build().registry.commands.values()])
        chosen = parser.parse_args(arguments)
        return _run(parser, chosen)
    except (OpsgraphError, Refusal) as error:
        print(f"opsgraph: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


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
            outer = names.add_parser(group, help=f"{group} …")
            groups[group] = outer.add_subparsers(metavar="command", required=True)
        subparsers = groups[group] if group else names
        sub = subparsers.add_parser(name, help=command.help, description=command.help)
        command.arguments(sub)
        sub.set_defaults(command=command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
