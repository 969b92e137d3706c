"""`opsgraph plugin check`: whether a plugin does what every plugin must do."""

from argparse import ArgumentParser, Namespace
from importlib import import_module

from core.plugin import Command


def check(arguments: Namespace) -> int:
    """Print a line per check; exit code 1 when one failed."""
    # By name: the kit brings a whole gateway, which no other command should wait for.
    findings = import_module("core.kit").check(arguments.name)
    for finding in findings:
        print(finding)
    failed = sum(each.outcome == "failed" for each in findings)
    skipped = sum(each.outcome == "skipped" for each in findings)
    print(f"\n{len(findings)} checks: {failed} failed, {skipped} skipped.")
    return 1 if failed else 0


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", help="an installed plugin: opsgraph plugins")


COMMANDS = (Command("plugin check", "See whether a plugin keeps the rules.", check, _arguments),)
