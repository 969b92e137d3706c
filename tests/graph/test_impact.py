"""What a change of the schema means for clients, and for the documents they registered."""

import json
from pathlib import Path

import pytest
from graphql import build_schema

from core.errors import ConfigurationError
from core.graph.documents import Document, parse_document, read_documents
from core.graph.impact import BrokenDocument, Change, Impact, impact

BEFORE = """
type Query { lamp(id: ID): Lamp  lamps: [Lamp!]! }
type Lamp { id: ID!  watts: Int! }
enum Colour { RED }
"""


def compare(after: str, *documents: Document) -> Impact:
    return impact(build_schema(BEFORE), build_schema(after), documents)


def test_nothing_changes() -> None:
    """Equal schemas have no difference, in whatever order they are written."""
    found = compare("\n".join(reversed(BEFORE.strip().splitlines())), parse_document("a", "{lamp}"))

    assert (0, 0, 0, "") == (
        len(found.breaking), len(found.dangerous), len(found.additions), found.diff,
    )  # fmt: skip
    assert not found.breaks


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("watts: Int!", "volts: Int!", Change("FIELD_REMOVED", "Field Lamp.watts was removed.")),
        (
            "watts: Int!",
            "watts: Int",
            Change("FIELD_CHANGED_KIND", "Field Lamp.watts changed type from Int! to Int."),
        ),
        (
            "lamp(id: ID)",
            "lamp(id: ID, house: ID!)",
            Change("REQUIRED_ARG_ADDED", "A required argument Query.lamp(house:) was added."),
        ),
        ("enum Colour { RED }", "", Change("TYPE_REMOVED", "Colour was removed.")),
    ],
    ids=lambda value: value.kind if isinstance(value, Change) else "",
)
def test_what_breaks(old: str, new: str, change: Change) -> None:
    """What can fail for a client that works today is a breaking change."""
    found = compare(BEFORE.replace(old, new))

    assert (change,) == found.breaking
    assert found.breaks


def test_what_may_break_and_what_is_new() -> None:
    """A further enum value may surprise clients; a further field surprises nobody."""
    found = compare(
        BEFORE.replace("RED", "RED GREEN").replace("watts: Int!", 'watts: Int!  "Lux." lux: Int')
    )

    assert ["VALUE_ADDED_TO_ENUM"] == [each.kind for each in found.dangerous]
    assert ["FIELD_ADDED"] == [each.kind for each in found.additions]
    assert not found.breaks


def test_the_difference_of_the_sdl() -> None:
    """The diff shows the types that changed, by name, and leaves out all others."""
    found = compare(BEFORE.replace("watts: Int!", "watts: Int! lux: Int") + "type Shade { id: ID }")

    lines = found.diff.splitlines()
    assert ["--- before/Lamp", "--- before/Shade"] == [x for x in lines if x.startswith("---")]
    assert {"+  lux: Int", "+type Shade {"} <= set(lines)
    assert "Query" not in found.diff


def test_documents_that_break() -> None:
    """A registered document that was valid and is not any more is named with its errors."""
    used = parse_document("h1", "query Watts { lamps { watts } }")
    other = parse_document("h2", "query Ids { lamps { id } }")
    found = compare(BEFORE.replace("watts", "volts"), used, other)

    error = "Cannot query field 'watts' on type 'Lamp'. Did you mean 'volts'?"
    assert (BrokenDocument("h1", ("Watts",), (error,)),) == found.broken
    assert (2, ()) == (found.checked, found.stale)


def test_documents_that_were_broken_before() -> None:
    """A document that the schema did not know either is told apart: the change is not to blame."""
    found = compare(BEFORE, parse_document("h1", "{ torches { id } }"))

    assert ((), ("h1",)) == (found.broken, found.stale)
    assert not found.breaks


def test_documents_in_a_folder(tmp_path: Path) -> None:
    """Files and manifests are read; fragments are found in the nearest file that has them."""
    for name, text in {
        "app/lamps.graphql": "query Lamps { lamps { ...Lamp } }",
        "app/parts/lamp.gql": "fragment Lamp on Lamp { id ...Watts }",
        "other/lamp.graphql": "fragment Lamp on Lamp { nonsense }",
        "watts.graphql": "fragment Watts on Lamp { watts }",
        "other/notes.md": "not GraphQL",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "persisted.json").write_text(json.dumps({"abc": "query Ids { lamps { id } }"}))

    found = read_documents(tmp_path)

    assert [("app/lamps.graphql", ("Lamps",)), ("abc", ("Ids",))] == [
        (each.id, each.operations) for each in found
    ]
    assert () == compare(BEFORE, *found).stale


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.graphql", "query {\n lamps {", "The document a.graphql, line 2: Syntax Error"),
        ("a.json", '{"h": "query {"}', "The document h, line 1: Syntax Error"),
        ("a.json", "[1]", "a.json is no manifest of documents"),
        ("a.json", "{", "a.json is no manifest of documents"),
        ("a.json", '{"h": 1}', "a.json is no manifest of documents"),
    ],
)
def test_documents_that_cannot_be_read(tmp_path: Path, name: str, text: str, message: str) -> None:
    """A file that is not what its name says is an error that names it, not a gap."""
    (tmp_path / name).write_text(text)

    with pytest.raises(ConfigurationError, match=message):
        read_documents(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A setting that names no folder is told, or the check would pass for lack of documents."""
    with pytest.raises(ConfigurationError, match=r"OPSGRAPH_DOCUMENTS: .* is not a folder"):
        read_documents(tmp_path / "nowhere")
