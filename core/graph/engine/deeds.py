"""Carries out declared mutations: the change, and the payload with what is selected of its row."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLObjectType
from graphql.execution.values import VariableValues

from core.errors import OpsgraphError
from core.graph.engine.arguments import arguments_reader
from core.graph.engine.changes import (
    Changing,
    ask_change,
    change_in_session,
    not_found,
    read_change,
)
from core.graph.engine.run import Reading
from core.graph.engine.scene import Details, Scene, object_of
from core.graph.engine.values import Partial
from core.graph.tables import TableChange


@dataclass(frozen=True)
class Deed:
    """A mutation of a document: how its input is read, and what is selected of its payload.

    parts: by response key; entities: those of them that show the row; errors: those that show
    `userErrors`, with the field behind each response key.
    """

    kind: GraphQLObjectType
    arguments: Callable[[VariableValues], dict[str, Any]]
    parts: Mapping[str, Details]
    entities: Mapping[str, Details]
    errors: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, scene: Scene, table: TableChange, details: Details) -> "Deed":
        """The mutation at this place of a document."""
        node = details[0].node
        definition = scene.object_type("Mutation").fields[node.name.value]
        kind = object_of(definition)
        parts = scene.selected(kind, details)
        rows = {k: each for k, each in parts.items() if _name(each) == table.entity}
        of_error = scene.object_type("UserError")
        errors = {
            k: {key: _name(f) for key, f in scene.selected(of_error, each).items()}
            for k, each in parts.items()
            if _name(each) == "userErrors"
        }
        return cls(kind, arguments_reader(definition, node), parts, rows, errors)


async def carry_out(reading: Reading, table: TableChange, details: Details) -> Any:
    """The payload of one mutation; expected failures are its `userErrors`."""
    scene = reading.compiled.scene
    deed: Deed = reading.compiled.remembered(
        ("deed", id(details[0].node)), lambda: Deed.of(scene, table, details)
    )
    if deed.entities:  # nobody changes a row blindly to see it
        spec = scene.catalog.specs[table.target]
        reading.context.actor.require(spec.permission, f"The type {spec.name!r}")
    errors: list[dict[str, Any]] = []
    rows: dict[str, Any] = dict.fromkeys(deed.entities)
    try:
        given = deed.arguments(reading.variables)["input"]
        changing = read_change(scene.catalog.specs, table, given)
        rows = await _change(reading, changing, deed.entities)
    except OpsgraphError as error:
        errors = [{"code": error.code, "path": error.path, "message": error.message}]
    shown = {key: rows[key] if key in rows else _other(deed, key, errors) for key in deed.parts}
    if any(type(row) is Partial for row in rows.values()):
        return Partial(shown, deed.kind.name, None)
    return shown


def _other(deed: Deed, key: str, errors: Sequence[Mapping[str, Any]]) -> Any:
    names = deed.errors.get(key)
    if names is None:
        return deed.kind.name
    return [{k: each.get(name, "UserError") for k, name in names.items()} for each in errors]


def _name(details: Details) -> str:
    name: str = details[0].node.name.value
    return name


async def _change(
    reading: Reading, changing: Changing, entities: Mapping[str, Details]
) -> dict[str, Any]:
    """Make the change; the row as each response key selects it."""
    if len(entities) == 1 and reading.operations.dialect.changes_in_a_query:
        [(key, details)] = entities.items()
        found = await _in_one_statement(reading, changing, details)
        if found is not None:
            return {key: found[0]}
    else:
        await change_in_session(changing, reading.context)
    return {key: await _read(reading, changing, each) for key, each in entities.items()}


async def _in_one_statement(
    reading: Reading, changing: Changing, details: Details
) -> tuple[Any] | None:
    """The changed row; None when the change is made and the row is to be read by itself."""
    plan = reading.compiled.by_key(changing.spec.name, details)
    asked = [ask_change(changing, reading.operations.dialect, reading.context)]
    asked += plan.asked(reading.variables, reading.context.actor, after=1)
    sql = plan.statements(asked).rows
    if not sql:
        await change_in_session(changing, reading.context)
        return None
    rows = await reading.rows(plan, sql, asked, change=True)
    if not rows:
        raise not_found(changing)
    with suppress(Exception):  # the change is made: what cannot be shown is read once more
        [row] = reading.build(plan, rows, asked, None, None).values()
        return (row,)
    reading.be_careful()
    return None


async def _read(reading: Reading, changing: Changing, details: Details) -> Any:
    found = await reading.by_key(changing.spec, [changing.key], details)
    return next(iter(found.values()), None)
