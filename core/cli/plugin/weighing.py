"""Compares an installation without a plugin (or with its old version) to one with it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from graphql import GraphQLError, GraphQLSchema, build_schema
from pydantic import BaseModel, Field, computed_field

from core.cli.house import Refusal, build
from core.cli.plugin.description import (
    Choice,
    Description,
    PluginDescription,
    Revision,
    describe,
    describe_apart,
)
from core.cli.plugin.package import Package, unpack
from core.db import migrate
from core.graph.documents import Document, read_documents
from core.graph.impact import Impact, impact
from core.house import House
from core.plugin import Component


class Weighed(PluginDescription):
    """A plugin as it would be. installed: the version that is there now.

    migrations: what `opsgraph db upgrade` would run for it.
    """

    installed: str | None = None
    migrations: list[Revision] = Field(default_factory=list)


class Report(BaseModel):
    """What a plugin would change. displaced: others that it would put aside, and why.

    unmet: what its distribution needs that the environment lacks.
    """

    target: str
    plugins: list[Weighed]
    unmet: list[str]
    needs_other_opsgraph: bool
    displaced: dict[str, str]
    impact: Impact

    @computed_field  # type: ignore[prop-decorator]
    @property
    def breaks(self) -> bool:
        """Whether clients, other plugins or the plugin itself would not work."""
        obstacles = [each.name for each in self.plugins if each.obstacle is not None]
        return bool(self.impact.breaks or self.displaced or self.unmet or obstacles)


def weigh(target: str, saved: str | None = None) -> Report:
    """What a plugin, or a distribution that is not installed, would change.

    saved: the SDL to compare with; default: what this installation is without the target.
    """
    house = build()
    documents = _documents(house)
    known = {each.name: each for each in house.registry.plugins}
    if target not in known:
        return _weigh_package(house, Path(target), documents, saved)
    active = known[target].active
    other = Choice.of(known.values()).using(known[target], used=not active)
    if active:
        before, after = describe_apart(other, []), describe(house, [target])
    else:
        before, after = describe(house, []), describe_apart(other, [target])
    return _report(house, target, before, after, documents, saved)


def _weigh_package(
    house: House, path: Path, documents: list[Document], saved: str | None
) -> Report:
    with TemporaryDirectory(prefix="opsgraph-") as folder:
        package = unpack(path, Path(folder))
        choice = Choice.of(house.registry.plugins).including(*package.plugins)
        after = describe_apart(choice, package.plugins, Path(folder))
    return _report(house, path.name, describe(house, []), after, documents, saved, package)


def _documents(house: House) -> list[Document]:
    folder = house.settings.documents
    return read_documents(folder) if folder is not None else []


def _report(
    house: House,
    target: str,
    before: Description,
    after: Description,
    documents: list[Document],
    saved: str | None,
    package: Package | None = None,
) -> Report:
    names = {each.name for each in after.plugins}
    gone = [name for name in before.active if name not in names and name not in after.active]
    return Report(
        target=target,
        plugins=[_weighed(house, each) for each in after.plugins],
        unmet=list(package.unmet) if package is not None else [],
        needs_other_opsgraph=package is not None and package.needs_other_opsgraph,
        displaced={name: after.aside.get(name, "it is not there any more") for name in gone},
        impact=impact(
            _schema(before.schema_text if saved is None else saved),
            _schema(after.schema_text),
            documents,
        ),
    )


def _schema(text: str) -> GraphQLSchema:
    try:
        return build_schema(text)
    except (GraphQLError, TypeError) as error:
        reason = error.message if isinstance(error, GraphQLError) else error
        raise Refusal(f"The schema to compare with is not GraphQL: {reason}") from None


def _weighed(house: House, found: PluginDescription) -> Weighed:
    installed = [e.version for e in house.registry.plugins if e.name == found.name]
    weighed = Weighed(**found.model_dump(), installed=installed[0] if installed else None)
    if found.component is None or found.reason is not None:
        return weighed
    at = migrate.standing(house.db.read_engine, Component(found.component, "", frozenset()))
    ids = [each.id for each in found.revisions]
    if at is not None and at not in ids:
        reason = f"its tables are at {at}, which this version does not know"
        return weighed.model_copy(update={"reason": reason})
    left = found.revisions[ids.index(at) + 1 :] if at is not None else found.revisions
    return weighed.model_copy(update={"migrations": left})
