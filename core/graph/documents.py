"""The documents that front-end teams registered as in use, read from a folder.

`.graphql` and `.gql` files hold operations and the fragments they share; `.json` files are
manifests of persisted documents, `{hash: document}`, as GraphQL Code Generator and Relay write
them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from posixpath import commonpath

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    Visitor,
    parse,
    visit,
)

from core.errors import ConfigurationError

Fragments = Mapping[str, Sequence[tuple[str, FragmentDefinitionNode]]]
"""Fragments by name, each with the file that it stands in."""


@dataclass(frozen=True)
class Document:
    """What a client sends. id: its hash in a manifest, or its file within the folder."""

    id: str
    node: DocumentNode

    @property
    def operations(self) -> tuple[str, ...]:
        """Names of its operations; one without a name is left out."""
        found = (n for n in self.node.definitions if isinstance(n, OperationDefinitionNode))
        return tuple(each.name.value for each in found if each.name is not None)


def parse_document(id: str, text: str) -> Document:
    """A document from its text; ConfigurationError with the place where it is not GraphQL."""
    try:
        return Document(id, parse(text))
    except GraphQLSyntaxError as error:
        lines = ", ".join(f"line {place.line}" for place in error.locations or ())
        raise ConfigurationError(f"The document {id}, {lines}: {error.message}") from None


def read_documents(folder: Path) -> list[Document]:
    """All documents in a folder and below it; ConfigurationError names a file that is unusable.

    A fragment that a file does not define is taken from the nearest file that does, because
    teams keep fragments beside what shows them.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"OPSGRAPH_DOCUMENTS: {folder} is not a folder.")
    files = [_read(folder, path) for path in _files(folder, ".graphql", ".gql")]
    fragments = _fragments_of(files)
    documents = [
        Document(each.id, _completed(each, fragments))
        for each in files
        if any(isinstance(node, OperationDefinitionNode) for node in each.node.definitions)
    ]
    for path in _files(folder, ".json"):
        documents += _manifest(folder, path)
    return documents


def _files(folder: Path, *endings: str) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in endings and path.is_file())


def _text(folder: Path, path: Path) -> tuple[str, str]:
    name = path.relative_to(folder).as_posix()
    try:
        return name, path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The document {name} cannot be read: {error}") from None


def _read(folder: Path, path: Path) -> Document:
    return parse_document(*_text(folder, path))


def _manifest(folder: Path, path: Path) -> Iterator[Document]:
    name, text = _text(folder, path)
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise ConfigurationError(f"{name} is no manifest of documents: {{hash: document}}.")
    for id, document in found.items():
        yield parse_document(id, document)


def _fragments_of(files: Iterable[Document]) -> Fragments:
    found: dict[str, list[tuple[str, FragmentDefinitionNode]]] = {}
    for each in files:
        for node in each.node.definitions:
            if isinstance(node, FragmentDefinitionNode):
                found.setdefault(node.name.value, []).append((each.id, node))
    return found


def _completed(document: Document, fragments: Fragments) -> DocumentNode:
    """The document with the fragments of other files that it spreads, directly or through them."""
    definitions = list(document.node.definitions)
    known = {n.name.value for n in definitions if isinstance(n, FragmentDefinitionNode)}
    for node in definitions:  # grows as fragments spread further ones
        for name in _spread(node):
            if name not in known and name in fragments:
                known.add(name)
                definitions.append(_nearest(document.id, fragments[name]))
    return DocumentNode(definitions=tuple(definitions))


def _spread(node: object) -> list[str]:
    names: list[str] = []

    class Spreads(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
            names.append(node.name.value)

    visit(node, Spreads())  # type: ignore[arg-type]
    return names


def _nearest(
    file: str, candidates: Sequence[tuple[str, FragmentDefinitionNode]]
) -> FragmentDefinitionNode:
    """The candidate whose file shares the most folders with this file."""
    return max(candidates, key=lambda each: len(commonpath([f"/{file}", f"/{each[0]}"])))[1]
