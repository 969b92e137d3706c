"""The same document once more: by another role, with other values in its variables.

The engine remembers what it compiled of a document; whoever comes next must not get the answer
that was meant for another.
"""

from collections.abc import Iterator
from typing import Any

from graphql import (
    ListTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    parse,
)

from tests.graph.differential.dice import Dice

ABSENT = object()
WRONG_SHARE = 4
"""Of a hundred variables so many get a value of any sort, most of them of the wrong one."""
ANYTHING: tuple[Any, ...] = (
    "x", "", 5, 2.0, 1.5, True, {}, [], [None], [[]], {"nope": 1}, {"eq": {}}, 2**31, -1, 1e300,
    None, "20261231", "2026-W53-5", "2026-11-20", "2026-11-20T24:00:00Z", "ASC", "field", ABSENT,
)  # fmt: skip


def other_values(document: str, values: dict[str, Any], dice: Dice) -> dict[str, Any]:
    """Values for a document's variables, some of them changed, a few beyond what they may be."""
    drawn = {
        definition.variable.name.value: _other(definition, values, dice)
        for operation in parse(document).definitions
        if isinstance(operation, OperationDefinitionNode)
        for definition in operation.variable_definitions or ()
    }
    return {name: value for name, value in drawn.items() if value is not ABSENT}


def _other(definition: VariableDefinitionNode, values: dict[str, Any], dice: Dice) -> Any:
    old = values.get(definition.variable.name.value, ABSENT)
    if dice.chance(WRONG_SHARE):
        return dice.pick(ANYTHING)
    return dice.pick([old, *_options(definition, old)])


def _options(definition: VariableDefinitionNode, old: Any) -> Iterator[Any]:
    kind: Any = definition.type
    if not isinstance(kind, NonNullTypeNode):
        # A variable with a default may stand where null is refused: that is an error, too.
        yield from (ABSENT, None)
    elif definition.default_value is not None:
        yield ABSENT
        kind = kind.type
    else:
        kind = kind.type
    if isinstance(kind, ListTypeNode):
        yield []
    elif kind.name.value == "Boolean" and isinstance(old, bool):
        yield not old
    elif kind.name.value == "Int":
        yield from (0, 2, -1)
    elif isinstance(old, dict):
        yield from ({each: old[each]} for each in old if len(old) > 1)
