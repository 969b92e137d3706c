"""`opsgraph plugin revision`: write a plugin's next migration from its changed models."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

from core.cli.house import Refusal, build, owning
from core.db import migrate
from core.house import House
from core.plugin import Command


def revision(arguments: Namespace) -> int:
    """Write a version file that makes the plugin's tables what its models say."""
    house, name = build(), arguments.name
    offer = house.registry.offers.get(name)
    if offer is None:
        reasons = [each.reason for each in house.registry.plugins if each.name == name]
        raise Refusal(f"Plugin {name!r} is not in use: {(reasons or ['not installed'])[0]}.")
    if offer.component is None:
        raise Refusal(f"Plugin {name!r} names no tables: implement opsgraph_component.")
    chain = chain_of(house.chains, offer.component.name)
    return write(house, chain, arguments.message, empty=arguments.empty)


def chain_of(chains: Sequence[migrate.Chain], component: str) -> migrate.Chain:
    """The chain of a component."""
    found = [chain for chain in chains if chain.name == component]
    if not found:
        known = ", ".join(chain.name for chain in chains)
        raise Refusal(f"There is no component {component!r}; there are: {known}.")
    return found[0]


def write(house: House, chain: migrate.Chain, message: str, *, empty: bool) -> int:
    """Write the chain's next version file, where its package can be written to."""
    owner = house.registry.owners.get(("component", chain.name))
    module = house.registry.offers[owner].module if owner is not None else "core"
    _require_writable(chain, module)
    with owning(house) as engine:
        path = migrate.revision(engine, chain, message, empty=empty)
    if path is None:
        print(f"The models of {chain.name} and the database agree: nothing to write.")
        return 0
    print(f"Wrote {path}: read it, then opsgraph db upgrade.")
    return 0


def _require_writable(chain: migrate.Chain, module: str) -> None:
    """Refuse where the file could not be written, or would be lost with the next install."""
    if any(_brought(each, module) for each in _distributions(module)):
        raise Refusal(
            f"{chain.name} is installed as a copy, in which a new file would be lost: "
            "install it from its source with pip install --editable, and try again."
        )
    folder = Path(chain.component.migrations)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"The folder {folder} cannot be made: {error.strerror}.") from None
    if not os.access(folder, os.W_OK):
        raise Refusal(f"The folder {folder} cannot be written to.")


def _distributions(module: str) -> Iterator[Distribution]:
    for name in packages_distributions().get(module.partition(".")[0], ()):
        yield distribution(name)


def _brought(found: Distribution, module: str) -> bool:
    """Whether a distribution holds the module's file itself; an editable one points elsewhere."""
    place = Path(sys.modules[module].__file__ or "").resolve()
    return any(Path(str(found.locate_file(each))).resolve() == place for each in found.files or ())


def add_message(parser: ArgumentParser) -> None:
    """What a version file needs to be told."""
    parser.add_argument("message", help="what the migration does")
    parser.add_argument(
        "--empty", action="store_true", help="write it although no model changed, to fill in"
    )


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", help="the plugin's")
    add_message(parser)


COMMANDS = (Command("plugin revision", "Write a plugin's next migration.", revision, _arguments),)
