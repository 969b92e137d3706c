"""Documents: parsed, validated and compiled once per text, and remembered.

The key of a document is its text and operation name. What was compiled of it hangs on what may
change it from request to request: the actor's permissions, and the variables of `@skip` and
`@include`.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    parse,
    validate,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields
from graphql.execution.values import VariableValues

from core.graph.engine.arguments import variables_reader
from core.graph.engine.asking import Asking
from core.graph.engine.catalog import Catalog
from core.graph.engine.dialects import DIALECTS, Dialect
from core.graph.engine.plan import Plan
from core.graph.engine.planner import Planner
from core.graph.engine.scene import Details, Scene, TooComplexError, object_of
from core.graph.tables import TableChange, TableGroups, TableNode, TablePage
from core.security.permissions import Actor

MAX_TOKENS = 5_000
"""Longest document, in lexical tokens: far beyond any real query."""
LONGEST_KEPT = 50_000
"""Longest document that is remembered, in characters."""
MOST_TEXT = 500_000
"""Characters of all remembered documents: compiled, each takes about a hundred bytes."""
MOST_CHOICES = 100
"""Sets of permissions and directives for which one operation is kept compiled."""
MAX_ERRORS = 20
"""Errors of validation that are told; more help nobody and cost time."""


@dataclass(frozen=True)
class Entry:
    """A table-shaped field at the root or in a namespace, compiled."""

    key: str
    table: TablePage | TableGroups | TableNode | TableChange
    plan: Plan | None
    details: Details


@dataclass(frozen=True)
class Branch:
    """A namespace: an object of entries and of further constants."""

    key: str
    entries: "Sequence[Entry | Branch | Fixed]"


@dataclass(frozen=True)
class Fixed:
    """`__typename`."""

    key: str
    value: str


@dataclass
class Compiled:
    """A document for one set of permissions and one choice of its directives.

    whole: what answers the operation without graphql-core; None when a resolver takes part.
    """

    scene: Scene
    whole: Sequence[Entry | Branch | Fixed] | None = None
    plans: dict[Any, Plan] = field(default_factory=dict)
    _memory: dict[Any, Any] = field(default_factory=dict)

    def remembered(self, key: Any, make: Callable[[], Any]) -> Any:
        """What was worked out once for a place of the document."""
        found = self._memory.get(key)
        if found is None:
            found = self._memory[key] = make()
        return found

    def plan(self, table: Any, kind: str, definition: Any, details: Details) -> Plan:
        """The plan of a table-shaped entry field; made when it is first needed."""
        key = (kind, *(id(each.node) for each in details))
        found = self.plans.get(key)
        if found is None:
            planner = Planner(self.scene)
            if isinstance(table, TablePage):
                found = planner.page(table, definition, details)
            else:
                found = planner.groups(table, definition, details)
            self.plans[key] = found
        return found

    def by_key(self, type_name: str, details: Details) -> Plan:
        """The plan of rows of a type by their keys."""
        key = (type_name, "by key", *(id(each.node) for each in details))
        found = self.plans.get(key)
        if found is None:
            spec = self.scene.catalog.specs[type_name]
            found = self.plans[key] = Planner(self.scene).by_key(spec, details)
        return found


@dataclass
class Operation:
    """One operation of a document, with what was compiled of it."""

    document: DocumentNode
    node: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    choices: tuple[str, ...]
    shows_schema: bool
    variables: Callable[[Mapping[str, Any]], VariableValues | list[GraphQLError]]
    compiled: dict[Any, Compiled] = field(default_factory=dict)

    @property
    def is_mutation(self) -> bool:
        """Whether it changes something."""
        return self.node.operation is OperationType.MUTATION

    @property
    def is_subscription(self) -> bool:
        """Whether it is answered with events, and not once."""
        return self.node.operation is OperationType.SUBSCRIPTION


class DocumentError(Exception):
    """The document cannot be run; `errors` say why."""

    def __init__(self, errors: Sequence[GraphQLError], *, parsed: bool) -> None:
        super().__init__()
        self.errors = errors
        self.parsed = parsed


class Operations:
    """The operations of one schema on one database: a bounded memory, the oldest goes first."""

    def __init__(self, catalog: Catalog, dialect: str, most: int = 1000) -> None:
        self.catalog = catalog
        self.dialect: Dialect = DIALECTS[dialect]()
        self.asking = Asking(catalog.specs, self.dialect)
        self.hits = self.misses = self._size = 0
        self._most = most
        self._known: OrderedDict[tuple[str, str | None], Operation] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, text: str, name: str | None) -> Operation:
        """The operation to run; DocumentError when the document cannot be."""
        found = self._known.get((text, name))
        if found is not None:
            self.hits += 1
            self._known.move_to_end((text, name))
            return found
        self.misses += 1
        made = read_operation(self.catalog, text, name)
        if len(text) <= LONGEST_KEPT:
            self._known[text, name] = made
            self._size += len(text)
            while len(self._known) > self._most or self._size > MOST_TEXT:
                (oldest, _), _ = self._known.popitem(last=False)
                self._size -= len(oldest)
        return made

    def compiled(self, operation: Operation, actor: Actor, given: VariableValues) -> Compiled:
        """What was compiled of an operation for these permissions and directives."""
        chosen = tuple(given.coerced.get(name) for name in operation.choices)
        key = (actor.permissions, chosen)
        found = operation.compiled.get(key)
        if found is None:
            if len(operation.compiled) >= MOST_CHOICES:
                operation.compiled.clear()
            found = operation.compiled[key] = self._compile(operation, actor, given)
        return found

    def _compile(self, operation: Operation, actor: Actor, given: VariableValues) -> Compiled:
        # What is compiled is kept: it may depend on the variables of directives, and no others.
        variables = VariableValues(
            {name: given.sources[name] for name in operation.choices if name in given.sources},
            {name: given.coerced[name] for name in operation.choices if name in given.coerced},
        )
        scene = Scene(
            self.catalog,
            self.dialect,
            self.asking,
            actor,
            operation.node,
            operation.fragments,
            variables,
        )
        compiled = Compiled(scene)
        try:
            compiled.whole = _whole(compiled)
        except RecursionError:
            raise TooComplexError("The selection nests too deeply: ask for less.") from None
        return compiled


def read_operation(catalog: Catalog, text: str, name: str | None) -> Operation:
    """Parse and validate a document; DocumentError when it cannot be run."""
    try:
        document = parse(text, max_tokens=MAX_TOKENS)
        node = _chosen(document, name)
    except GraphQLError as error:
        raise DocumentError([error], parsed=False) from None
    errors = validate(catalog.schema, document, max_errors=MAX_ERRORS)
    if errors:
        raise DocumentError(errors, parsed=True)
    fragments = {
        each.name.value: FragmentDetails(each)
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    seen = _Seen()
    visit(document, seen)
    return Operation(
        document,
        node,
        fragments,
        tuple(sorted(seen.choices)),
        seen.shows_schema,
        variables_reader(catalog.schema, node),
    )


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [n for n in document.definitions if isinstance(n, OperationDefinitionNode)]
    if name is not None:
        operations = [o for o in operations if o.name and o.name.value == name]
    if len(operations) != 1:
        if name is not None:
            raise GraphQLError("The document has no operation of that name.")
        raise GraphQLError("Say with `operationName` which of the operations to run.")
    return operations[0]


class _Seen(Visitor):
    """What a document holds that matters before it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.choices: set[str] = set()
        self.shows_schema = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.shows_schema = self.shows_schema or node.name.value in ("__schema", "__type")

    def enter_directive(self, node: Any, *_: Any) -> None:
        for argument in node.arguments or ():
            if argument.value.kind == "variable":
                self.choices.add(argument.value.name.value)


def _whole(compiled: Compiled) -> Sequence[Entry | Branch | Fixed] | None:
    """The operation as compiled parts alone; None when something of it needs graphql-core."""
    scene = compiled.scene
    root = scene.catalog.schema.get_root_type(scene.operation.operation)
    assert root is not None
    fields = collect_fields(
        scene.catalog.schema, scene.fragments, scene.variables, root, scene.operation, True
    ).grouped_field_set
    return _entries(compiled, root, fields)


def _entries(
    compiled: Compiled, kind: Any, fields: Mapping[str, Details]
) -> Sequence[Entry | Branch | Fixed] | None:
    found: list[Entry | Branch | Fixed] = []
    for key, details in fields.items():
        part = _part(compiled, kind, key, details)
        if part is None:
            return None
        found.append(part)
    return found


def _part(
    compiled: Compiled, kind: Any, key: str, details: Details
) -> Entry | Branch | Fixed | None:
    scene, name = compiled.scene, details[0].node.name.value
    if name == "__typename":
        return Fixed(key, kind.name)
    table = scene.catalog.tables.get((kind.name, name))
    definition = kind.fields.get(name)
    if isinstance(table, TableNode):
        return None if table.many else Entry(key, table, None, details)
    if isinstance(table, (TablePage, TableGroups)):
        if not scene.actor.may(table.permission):
            return None
        plan = compiled.plan(table, kind.name, definition, details)
        return None if plan.partial else Entry(key, table, plan, details)
    if isinstance(table, TableChange):
        may = scene.actor.may(table.permission) and not _is_partial(compiled, table, kind, details)
        return Entry(key, table, None, details) if may else None
    permission = scene.catalog.namespaces.get((kind.name, name))
    if permission is None or (permission and not scene.actor.may(permission)):
        return None
    below = object_of(definition)
    parts = _entries(compiled, below, scene.selected(below, details))
    return None if parts is None else Branch(key, parts)


def _is_partial(compiled: Compiled, table: TableChange, kind: Any, details: Details) -> bool:
    """Whether a resolver takes part in what a mutation shows."""
    below = object_of(kind.fields[details[0].node.name.value])
    parts = compiled.scene.selected(below, details).values()
    rows = [each for each in parts if each[0].node.name.value == table.entity]
    return any(compiled.by_key(table.target, each).partial for each in rows)
