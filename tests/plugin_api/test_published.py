"""What plugins may import: it is there, it is explained, and it changes only with its version."""

from importlib import import_module

import pytest

from core.published import PARTS, PUBLISHED, is_published
from core.published.shapes import annotations_of
from core.published.texts import text_of
from tests.plugin_api.snapshot import RENEW, Snapshot, breaking, committed, complaint, current

NAMES = [(module, name) for module, names in PUBLISHED.items() for name in names]
STEP = (
    "a.f() -> int",
    "a.f(1 x): int (required)",
    "a.C: class()",
    "a.C(1 x): int (required)",
    "a.P: class(Protocol)",
    "a.P.pull() -> int",
    "opsgraph_it() -> str",
)


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_names_exist_and_are_explained(module: str, name: str) -> None:
    """Every published name can be imported, and says what it is for."""
    assert hasattr(import_module(module), name)

    text = text_of(module, name)

    assert text, f"{module}.{name} needs a docstring"


def test_names_stand_once() -> None:
    """The list has no name twice, and what is limited to parts is on it."""
    assert len(NAMES) == len(set(NAMES))
    for dotted, members in PARTS.items():
        module, _, name = dotted.rpartition(".")
        assert is_published(module, name)
        assert list(members) == sorted(set(members))
        cls = getattr(import_module(module), name)
        assert [] == [each for each in members if not hasattr(cls, each) and each not in
                      annotations_of(cls)]  # fmt: skip


def test_shapes_are_the_committed_ones() -> None:
    """Signatures, fields and members are those of the snapshot: a change of them is on purpose."""
    kept, now = committed("published"), current()

    assert kept is not None
    changed = set(kept.lines) ^ set(now.lines)

    assert (kept.version, set()) == (now.version, changed), (
        f"The plugin API changed. If that is meant, run {RENEW} and commit the difference; "
        "docs/versioning.md says how API_VERSION moves (major when something is removed or "
        "changed, minor when something is added)."
    )
    assert kept.lines == now.lines, f"Only the order changed: run {RENEW}."


def test_the_version_moves_with_the_shapes() -> None:
    """Since the last release the version has moved as far as what changed asks for."""
    assert "" == complaint(committed("released"), current())


@pytest.mark.parametrize(
    ("after", "version", "wanted"),
    [
        (STEP, "1.2", ""),
        (STEP, "1.3", "must be 1.2"),
        ((*STEP, "a.g() -> int"), "1.2", "must be 1.3"),
        ((*STEP, "a.g() -> int"), "1.3", ""),
        ((*STEP, "a.g() -> int"), "2.0", ""),
        ((*STEP, "a.f(2 y): int = 1"), "1.3", ""),
        ((*STEP, "a.f(2 y): int (required)"), "1.3", "must be 2.0"),
        ((*STEP, "a.C(2 y): int (required)"), "1.3", "must be 2.0"),
        ((*STEP, "a.D: class()", "a.D(1 y): int (required)"), "1.3", ""),
        ((*STEP, "a.P.push() -> int"), "1.3", "must be 2.0"),
        ((*STEP, "opsgraph_it(1 more): int"), "1.3", ""),
        (STEP[1:], "1.3", "must be 2.0"),
        (STEP[1:], "2.0", ""),
    ],
)
def test_which_version_a_change_asks_for(after: tuple[str, ...], version: str, wanted: str) -> None:
    """Additions ask for a minor version, everything that may break a plugin for a major one."""
    said = complaint(Snapshot("1.2", STEP), Snapshot(version, after))

    assert wanted in said
    assert bool(wanted) == bool(said)


def test_before_the_first_release() -> None:
    """Nothing was promised yet, so everything may change."""
    assert "" == complaint(None, Snapshot("1.0", STEP))


def test_what_breaks_is_named() -> None:
    """The complaint shows what is gone and what is asked in addition."""
    asked = "a.f(2 y): int (required)"

    assert [STEP[2], asked] == breaking(STEP, (*STEP[:2], *STEP[3:], asked))
