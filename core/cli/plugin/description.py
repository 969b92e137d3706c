"""What an installation is with a given set of plugins; as a program, in a process of its own.

A process can hold one version of a plugin only, because loading it declares its tables. So the
other side of a comparison is described by `python -m core.cli.plugin.description NAME…`, as JSON
on the standard output; the settings of its environment say who is in use there.
"""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
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
    before they are right. notes: what it uses that will go.
    """

    name: str
    version: str
    summary: str
    api: str
    reason: str | None
    unset: str | None = None
    notes: list[str] = []
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


@dataclass(frozen=True)
class Choice:
    """Whom an installation uses: these third parties, and the built-ins that are not left out."""

    third_parties: tuple[str, ...]
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, plugins: Iterable[PluginState]) -> "Choice":
        """What is chosen here: whom nobody has switched off, also who is put aside."""
        found = list(plugins)
        return cls(
            tuple(each.name for each in found if not each.built_in and not each.is_off),
            tuple(each.name for each in found if each.built_in and each.is_off),
        )

    def including(self, *names: str) -> "Choice":
        """The same with these third parties."""
        return replace(self, third_parties=tuple(dict.fromkeys([*self.third_parties, *names])))

    def using(self, plugin: PluginState, *, used: bool) -> "Choice":
        """The same with or without one plugin."""
        third_parties = [name for name in self.third_parties if name != plugin.name]
        left_out = [name for name in self.left_out if name != plugin.name]
        if plugin.built_in:
            left_out += [] if used else [plugin.name]
        else:
            third_parties += [plugin.name] if used else []
        return Choice(tuple(third_parties), tuple(left_out))

    @property
    def variables(self) -> dict[str, str]:
        """The settings that say so."""
        return {
            "OPSGRAPH_PLUGINS": ",".join(self.third_parties),
            "OPSGRAPH_THIRD_PARTIES": "true",
            "OPSGRAPH_WITHOUT": ",".join(self.left_out),
        }


class Description(BaseModel):
    """An installation. schema_text: its SDL. active: plugins in use; aside: why others are not."""

    schema_text: str
    active: list[str]
    aside: dict[str, str]
    plugins: list[PluginDescription]


def describe(house: House, names: Collection[str]) -> Description:
    """This installation, with all about the plugins of these names."""
    registry = house.registry
    return Description(
        schema_text=house.schema.as_str(),
        active=[each.name for each in registry.plugins if each.active],
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
        notes=list(state.notes),
    )
    if offer is None:
        return found
    revisions, problem = _revisions(house, offer)
    return found.model_copy(
        update={
            "reason": problem,
            "unset": offer.unset,
            "contributes": list(state.contributes),
            "tables": list(state.tables),
            "component": offer.component.name if offer.component is not None else None,
            "revisions": revisions,
            "permissions": [_permission(each) for each in offer.permissions],
            "settings": _settings(offer),
        }
    )


def _revisions(house: House, offer: Offer) -> tuple[list[Revision], str | None]:
    """The plugin's migrations, or why they cannot be read."""
    for chain in house.chains:
        if chain.component is offer.component:
            try:
                found = migrate.revisions(chain)
            # A version file is a plugin's code, which may raise anything when it is imported.
            except (Exception, SystemExit) as error:
                return [], f"its version files are broken: {migrate.reason_of(error, chain)}"
            return [Revision(id=id, message=message) for id, message in found.items()], None
    return [], None


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


def describe_apart(choice: Choice, names: Sequence[str], folder: Path | None = None) -> Description:
    """An installation like this one that uses others, with all about the plugins `names`.

    folder: where a distribution was unpacked that goes before what is installed. Refusal if the
    process fails.
    """
    path = [*([str(folder)] if folder is not None else []), *(p or os.getcwd() for p in sys.path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path)} | choice.variables
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
