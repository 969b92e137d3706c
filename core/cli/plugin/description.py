"""What an installation is with a given set of plugins; as a program, in a process of its own.

A process can hold one version of a plugin only, because loading it declares its tables. So the
other side of a comparison is described by `python -m core.cli.plugin.description NAME…`, as JSON
on the standard output; `OPSGRAPH_PLUGINS` says who is in use there.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

from pydantic import BaseModel

from core.cli.house import Refusal
from core.db import migrate
from core.house import House, build_house
from core.plugin import Permission
from core.registry import Offer, PluginState
from core.registry.offer import settings_prefix
from core.security.permissions import OWNER, ROLES
from core.settings import Settings

PATIENCE = 120.0
"""Seconds that the other process may take."""


class SettingDescription(BaseModel):
    """A setting of a plugin, never its value."""

    variable: str
    required: bool
    description: str


class PermissionDescription(BaseModel):
    """A permission of a plugin, and the roles that have it from the start."""

    name: str
    description: str
    roles: list[str]


class Revision(BaseModel):
    """A migration: its id, and what it does."""

    id: str
    message: str


class PluginDescription(BaseModel):
    """What one plugin is and brings.

    reason: why it does not load. unset: what is wrong with its settings, so that it does not load
    before they are right.
    """

    name: str
    version: str
    summary: str
    api: str
    reason: str | None
    unset: str | None = None
    contributes: list[str] = []
    tables: list[str] = []
    component: str | None = None
    revisions: list[Revision] = []
    permissions: list[PermissionDescription] = []
    settings: list[SettingDescription] = []

    @property
    def obstacle(self) -> str | None:
        """Why it would not load as things are."""
        return self.reason or self.unset


class Description(BaseModel):
    """An installation. schema_text: its SDL. active: third parties in use; aside: why not."""

    schema_text: str
    active: list[str]
    aside: dict[str, str]
    plugins: list[PluginDescription]


def describe(house: House, names: Iterable[str]) -> Description:
    """This installation, with all about the plugins of these names."""
    registry = house.registry
    return Description(
        schema_text=house.schema.as_str(),
        active=registry.third_parties,
        aside={each.name: each.reason or "" for each in registry.plugins if not each.active},
        plugins=[
            _plugin(house, each, registry.offers.get(each.name) if each.active else None)
            for each in registry.plugins
            if each.name in names
        ],
    )


def _plugin(house: House, state: PluginState, offer: Offer | None) -> PluginDescription:
    found = PluginDescription(
        name=state.name,
        version=state.version,
        summary=state.summary,
        api=state.api,
        reason=state.reason,
    )
    if offer is None:
        return found
    return found.model_copy(
        update={
            "unset": offer.unset,
            "contributes": list(state.contributes),
            "tables": list(state.tables),
            "component": offer.component.name if offer.component is not None else None,
            "revisions": _revisions(house, offer),
            "permissions": [_permission(each) for each in offer.permissions],
            "settings": _settings(offer),
        }
    )


def _revisions(house: House, offer: Offer) -> list[Revision]:
    return [
        Revision(id=id, message=message)
        for chain in house.chains
        if chain.component is offer.component
        for id, message in migrate.revisions(chain).items()
    ]


def _permission(given: Permission) -> PermissionDescription:
    roles = [role for role in ROLES if role == OWNER or role in given.roles]
    return PermissionDescription(name=given.name, description=given.description, roles=roles)


def _settings(offer: Offer) -> list[SettingDescription]:
    if offer.settings is None:
        return []
    prefix = settings_prefix(offer.name)
    return [
        SettingDescription(
            variable=f"{prefix}{name.upper()}",
            required=info.is_required(),
            description=info.description or "",
        )
        for name, info in type(offer.settings).model_fields.items()
    ]


def describe_apart(
    in_use: Iterable[str], names: Sequence[str], folder: Path | None = None
) -> Description:
    """An installation like this one, with these third parties in use, and all about `names`.

    folder: where a distribution was unpacked that goes before what is installed. Refusal if the
    process fails.
    """
    path = [*([str(folder)] if folder is not None else []), *(p or os.getcwd() for p in sys.path)]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path),
        "OPSGRAPH_PLUGINS": ",".join(in_use),
        "OPSGRAPH_THIRD_PARTIES": "true",
    }
    try:
        done = subprocess.run(  # noqa: S603  (this interpreter, our own module)
            [sys.executable, "-P", "-m", __name__, *names],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refusal(f"Loading the plugins took longer than {PATIENCE:g} seconds.") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Refusal(f"An installation with {', '.join(names)} cannot be made: {reason}")
    return Description.model_validate_json(done.stdout)


def main() -> None:
    """Describe this installation as JSON."""
    with redirect_stdout(sys.stderr):  # plugins may print
        house = build_house(Settings(), import_module("gateway").BUILT_IN, draft=True)
        found = describe(house, sys.argv[1:])
    json.dump(found.model_dump(), sys.stdout)


if __name__ == "__main__":
    main()
