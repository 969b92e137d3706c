"""`opsgraph plugin new`: a plugin to start from, whose tests, types and checks pass."""

from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path

from core.cli.house import Refusal, build
from core.plugin import Command


def new(arguments: Namespace) -> int:
    """Write a new plugin, and say what to do next."""
    # By name: the kit brings a whole gateway, which no other command should wait for.
    making = import_module("core.kit.making")
    names = making.Names(arguments.name)
    taken = {key: owner for (_, key), owner in build().registry.owners.items()}
    taken |= {each.name: each.name for each in build().registry.plugins} | {"core": "core"}
    for name in (names.plugin, names.snake):
        if name in taken:
            raise Refusal(f"The name {name!r} is taken by {taken[name]!r}: choose another one.")
    folder = making.make_plugin(arguments.name, arguments.into)
    print(
        f"{folder} is made. Next:\n"
        f"  cd {folder}\n"
        '  pip install -e ".[dev]"\n'
        "  ruff check . && ruff format --check . && mypy && pytest\n"
        f"  opsgraph plugin check {names.plugin}"
    )
    return 0


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", help="e.g. supplier: lower case, digits, - and _")
    parser.add_argument(
        "--into", type=Path, default=Path(), metavar="DIR", help="the folder it is made in"
    )


COMMANDS = (Command("plugin new", "Make a plugin to start from.", new, _arguments),)
