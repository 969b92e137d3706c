"""`opsgraph plugin impact` and `install`: what a plugin would change, before it does."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.distributions import Distributions, build_wheel, write_source
from tests.shell import Shell

LAMPS = """
import strawberry
from core.graph.fields import field

@strawberry.type(description="Lamps.")
class LampsQuery:
    @field(permission="lamps:read", description="How many there are.")
    async def count(self) -> int:
        return 0

@hookimpl
def opsgraph_schema():
    return SchemaPart(namespace="lamps", query=LampsQuery, permission="lamps:read",
                      description="What shines.")

@hookimpl
def opsgraph_permissions():
    return [Permission("lamps:read", "See lamps.", roles=("support",))]
"""
NEWER = LAMPS.replace("count", "total")
CLASH = """
@hookimpl
def opsgraph_permissions():
    return [Permission("lamps:read", "See lamps, too.")]
"""
SETTINGS = """
from pydantic import Field, SecretStr

class LampSettings(PluginSettings):
    api_key: SecretStr = Field(description="Key of the lamp service.")
    limit: int = 5

@hookimpl
def opsgraph_settings():
    return LampSettings
"""
TABLES = """
from pathlib import Path
from core.models.base import MerchantTable, word

class Lamp(MerchantTable, table=True):
    __tablename__ = "lamps_lamps"
    colour: str = word(3)

    id: int = __import__("sqlmodel").Field(primary_key=True)

@hookimpl
def opsgraph_component():
    return Component(name="lamps", migrations=str(Path(__file__).parent / "migrations"),
                     tables=frozenset({"lamps_lamps"}))
"""
MIGRATION = '''"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "lamps_0001"
down_revision = None


def upgrade() -> None:
    op.create_table("lamps_lamps", sa.Column("id", sa.BigInteger, primary_key=True))
'''


def weigh(shell: Shell, target: object, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and what `--json` says."""
    said = shell("plugin", "impact", str(target), "--json", *options)
    assert said.out, said.err
    return said.code, json.loads(said.out)


def kinds(changes: list[dict[str, str]]) -> list[str]:
    return [each["kind"] for each in changes]


def register(folder: Path, monkeypatch: pytest.MonkeyPatch, **documents: str) -> None:
    """A manifest of documents that front ends use."""
    folder.mkdir()
    (folder / "persisted.json").write_text(json.dumps(documents))
    monkeypatch.setenv("OPSGRAPH_DOCUMENTS", str(folder))


def test_a_wheel_that_is_not_installed(shell: Shell, tmp_path: Path) -> None:
    """What a built wheel would add is told, and it is not installed by telling."""
    wheel = build_wheel(tmp_path, "lamps", LAMPS, "1.2")

    said = shell("plugin", "impact", str(wheel))

    assert (0, "") == (said.code, said.err)
    assert said.out.startswith("lamps 1.2\n  loads\n  plugin API >=1.0,<2 (this is 1.0)\n")
    for text in (
        "    lamps:read (owner, support): See lamps.",
        "Breaking changes: none",
        "  LampsQuery was added. [TYPE_ADDED]",
        "+type LampsQuery {",
        "Registered documents: 0 checked, 0 would break",
    ):
        assert text in said.out
    assert "lamps" not in shell("plugins").out


def test_a_source_folder(shell: Shell, tmp_path: Path) -> None:
    """A plugin that is still being written can be weighed from its source folder."""
    folder = write_source(tmp_path / "work", "lamps", LAMPS)

    code, report = weigh(shell, folder)

    assert (0, False) == (code, report["breaks"])
    assert {"TYPE_ADDED", "FIELD_ADDED"} == set(kinds(report["impact"]["additions"]))


@pytest.mark.parametrize("allowed", [None, "none"])
def test_an_installed_plugin(
    shell: Shell, distributions: Distributions, monkeypatch: pytest.MonkeyPatch, allowed: str | None
) -> None:
    """An installed plugin is weighed against the others, whether it is in use or off."""
    distributions.install("lamps", LAMPS)
    if allowed is not None:
        monkeypatch.setenv("OPSGRAPH_PLUGINS", allowed)

    code, report = weigh(shell, "lamps")

    assert 0 == code
    assert "--- before/LampsQuery" in report["impact"]["diff"]
    assert [None] == [each["reason"] for each in report["plugins"]]


def test_an_upgrade(
    shell: Shell, distributions: Distributions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer version is compared to the one in use; documents that it would break are named."""
    distributions.install("lamps", LAMPS)
    wheel = build_wheel(tmp_path, "lamps", NEWER, "2.0")
    register(
        tmp_path / "used", monkeypatch,
        h1="query Count { lamps { count } }", h2="{ viewer { role } }", h3="{ nonsense }",
    )  # fmt: skip

    code, report = weigh(shell, wheel)
    said = shell("plugin", "impact", str(wheel))

    assert (1, True, ["FIELD_REMOVED"]) == (
        code, report["breaks"], kinds(report["impact"]["breaking"]),
    )  # fmt: skip
    error = "Cannot query field 'count' on type 'LampsQuery'."
    assert [{"id": "h1", "operations": ["Count"], "errors": [error]}] == report["impact"]["broken"]
    assert (3, ["h3"]) == (report["impact"]["checked"], report["impact"]["stale"])
    assert said.out.startswith("lamps 2.0 (now 1.0)\n")
    assert f"  h1 (Count)\n    {error}\n" in said.out


def test_compared_with_a_saved_schema(shell: Shell, tmp_path: Path) -> None:
    """With `--schema` the change counts from what was printed some time ago."""
    wheel = build_wheel(tmp_path, "lamps", NEWER)
    (tmp_path / "saved.graphql").write_text(
        shell("schema").out + "\ntype LampsQuery { count: Int }\n"
    )

    code, report = weigh(shell, wheel, "--schema", str(tmp_path / "saved.graphql"))

    assert 1 == code
    assert ["FIELD_REMOVED"] == kinds(report["impact"]["breaking"])


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no lamp')", "RuntimeError: no lamp"),
        (CLASH.replace("lamps:read", "tokens:write"), "which 'core' has already."),
        (
            "\n@hookimpl\ndef opsgraph_about():\n    return About(api='>=7')",
            "works with the plugin API >=7, and this is 1.0",
        ),
        ("import no_such_module", "No module named 'no_such_module'"),
    ],
    ids=["raises", "clashes", "other API", "lacks a module"],
)
def test_a_plugin_that_would_not_load(
    shell: Shell, tmp_path: Path, source: str, reason: str
) -> None:
    """A plugin that would be put aside is found out before, with its reason and exit code 1."""
    folder = write_source(tmp_path / "work", "lamps", source)

    said = shell("plugin", "impact", str(folder))

    assert 1 == said.code
    assert "  would not load: " in said.out
    assert reason in said.out


def test_a_plugin_that_displaces_another(
    shell: Shell, distributions: Distributions, tmp_path: Path
) -> None:
    """A plugin that takes a name first would put another one aside: its clients break."""
    distributions.install("lamps", LAMPS)
    folder = write_source(tmp_path / "work", "candles", CLASH)

    code, report = weigh(shell, folder)

    assert 1 == code
    assert ["lamps"] == [*report["displaced"]]
    assert "which 'candles' has already" in report["displaced"]["lamps"]
    assert "TYPE_REMOVED" in kinds(report["impact"]["breaking"])


def test_settings_that_are_not_there_yet(shell: Shell, tmp_path: Path) -> None:
    """What a plugin would change is told before its settings are; so is what they are."""
    folder = write_source(tmp_path / "work", "lamps", LAMPS + SETTINGS)

    said = shell("plugin", "impact", str(folder))

    assert 1 == said.code
    assert "is not set up: OPSGRAPH_PLUGIN_LAMPS_API_KEY: Field required" in said.out
    assert "OPSGRAPH_PLUGIN_LAMPS_API_KEY (required): Key of the lamp service." in said.out
    assert "    OPSGRAPH_PLUGIN_LAMPS_LIMIT: \n" in said.out
    assert "+type LampsQuery {" in said.out


def test_tables_and_migrations(shell: Shell, tmp_path: Path) -> None:
    """The tables of a plugin, and the migrations that the database lacks for it."""
    folder = write_source(tmp_path / "work", "lamps", TABLES)
    (folder / "lamps" / "migrations").mkdir()
    (folder / "lamps" / "migrations" / "lamps_0001.py").write_text(MIGRATION)

    code, report = weigh(shell, folder)

    [lamps] = report["plugins"]
    assert (0, ["lamps_lamps"]) == (code, lamps["tables"])
    assert [{"id": "lamps_0001", "message": "First tables."}] == lamps["migrations"]


def test_what_is_needed_besides(shell: Shell, tmp_path: Path) -> None:
    """What a distribution needs and the environment lacks is named."""
    needs = (
        '"opsgraph>=99", "pydantic>=1", "no-such-thing>=2", "left-out; sys_platform == \'none\'"'
    )
    folder = write_source(tmp_path / "work", "lamps", LAMPS, needs=needs)

    code, report = weigh(shell, folder)

    assert (1, ["opsgraph>=99", "no-such-thing>=2"]) == (code, report["unmet"])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere", "There is no plugin 'nowhere'"),
        ("traffic", "comes with opsgraph: it is always in use"),
        ("empty", "has no pyproject.toml"),
        ("broken.whl", "broken.whl is not a wheel"),
        ("ours", "brings core, which would overwrite opsgraph's own code"),
        ("none", "brings no plugin"),
    ],
)
def test_what_cannot_be_weighed(shell: Shell, tmp_path: Path, target: str, message: str) -> None:
    """A target that is no plugin is refused with one line that says why."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.whl").write_text("no zip file")
    write_source(tmp_path / "ours", "core", "")
    project = write_source(tmp_path / "none", "lamps", "") / "pyproject.toml"
    project.write_text(project.read_text().replace("points.opsgraph]", "points.other]"))

    said = shell("plugin", "impact", target)

    assert (1, "") == (said.code, said.out)
    assert message in said.err
    assert 1 == said.err.count("\n")
