"""`opsgraph plugin impact` and `install`: what a plugin would change, before it does."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
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


def stamp(file: Path, revision: str) -> None:
    """Note a revision, as a migration of the component `lamps` would."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE opsgraph_version_lamps (version_num TEXT)")
        connection.execute("INSERT INTO opsgraph_version_lamps VALUES (?)", [revision])


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


def test_a_source_folder(empty_shell: Shell, tmp_path: Path) -> None:
    """A plugin that is still being written is weighed from its folder, without a database."""
    folder = write_source(tmp_path / "work", "lamps", LAMPS)

    code, report = weigh(empty_shell, folder)

    assert (0, False) == (code, report["breaks"])
    assert {"TYPE_ADDED", "FIELD_ADDED"} == set(kinds(report["impact"]["additions"]))


@pytest.mark.parametrize("allowed", [None, "none"])
def test_an_installed_plugin(
    empty_shell: Shell,
    distributions: Distributions,
    monkeypatch: pytest.MonkeyPatch,
    allowed: str | None,
) -> None:
    """An installed plugin is weighed against the others, whether it is in use or off."""
    distributions.install("lamps", LAMPS)
    if allowed is not None:
        monkeypatch.setenv("OPSGRAPH_PLUGINS", allowed)

    code, report = weigh(empty_shell, "lamps")

    assert 0 == code
    assert "--- before/LampsQuery" in report["impact"]["diff"]
    assert [None] == [each["reason"] for each in report["plugins"]]


@pytest.mark.parametrize("without", ["", "risk"])
def test_a_built_in(empty_shell: Shell, monkeypatch: pytest.MonkeyPatch, without: str) -> None:
    """A plugin that comes with opsgraph is weighed too, whether it is in use or left out."""
    monkeypatch.setenv("OPSGRAPH_WITHOUT", without)

    code, report = weigh(empty_shell, "risk")

    assert 0 == code
    assert "--- before/RiskQuery" in report["impact"]["diff"]
    assert ["risk:read"] == [each["name"] for each in report["plugins"][0]["permissions"]]


def test_an_upgrade(
    empty_shell: Shell,
    distributions: Distributions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A newer version is compared to the one in use; documents that it would break are named."""
    distributions.install("lamps", LAMPS)
    wheel = build_wheel(tmp_path, "lamps", NEWER, "2.0")
    register(
        tmp_path / "used", monkeypatch,
        h1="query Count { lamps { count } }", h2="{ viewer { role } }", h3="{ nonsense }",
    )  # fmt: skip

    code, report = weigh(empty_shell, wheel)
    said = empty_shell("plugin", "impact", str(wheel))

    assert (1, True, ["FIELD_REMOVED"]) == (
        code, report["breaks"], kinds(report["impact"]["breaking"]),
    )  # fmt: skip
    error = "Cannot query field 'count' on type 'LampsQuery'."
    assert [{"id": "h1", "operations": ["Count"], "errors": [error]}] == report["impact"]["broken"]
    assert (3, ["h3"]) == (report["impact"]["checked"], report["impact"]["stale"])
    assert said.out.startswith("lamps 2.0 (now 1.0)\n")
    assert f"  h1 (Count)\n    {error}\n" in said.out


def test_compared_with_a_saved_schema(empty_shell: Shell, tmp_path: Path) -> None:
    """With `--schema` the change counts from what was printed some time ago."""
    wheel = build_wheel(tmp_path, "lamps", NEWER)
    (tmp_path / "saved.graphql").write_text(
        empty_shell("schema").out + "\ntype LampsQuery { count: Int }\n"
    )

    code, report = weigh(empty_shell, wheel, "--schema", str(tmp_path / "saved.graphql"))

    assert 1 == code
    assert ["FIELD_REMOVED"] == kinds(report["impact"]["breaking"])


@pytest.fixture
def gateway(shell: Shell) -> Iterator[str]:
    """The address of a gateway that runs over the shell's database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "core", "serve", "--no-worker", "--port", str(port)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment) as server:
        for _ in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.tells("output", "token", reason="the command shows the new token, once")
def test_compared_with_a_running_gateway(
    shell: Shell,
    distributions: Distributions,
    gateway: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With `--url` the change counts from what runs there, for who may see the schema."""
    token = shell("merchant", "create", "Lantern Goods").out.rpartition(": ")[2].strip()
    distributions.install("lamps", LAMPS)

    strange = shell("plugin", "impact", "lamps", "--url", gateway)
    monkeypatch.setenv("OPSGRAPH_TOKEN", token)
    code, report = weigh(shell, "lamps", "--url", gateway)

    assert f"{gateway}/schema.graphql answers 401 Unauthorized: name a token" in strange.err
    assert (0, []) == (code, report["impact"]["breaking"])
    assert "--- before/LampsQuery" in report["impact"]["diff"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--schema", "nowhere.graphql"], "The schema nowhere.graphql cannot be read"),
        (["--schema", "pyproject.toml"], "The schema to compare with is not GraphQL"),
        (["--url", "file:///etc"], "is not an address that starts with http"),
        (["--url", "http://127.0.0.1:9"], "does not answer"),
    ],
)
def test_what_cannot_be_compared_with(
    empty_shell: Shell, tmp_path: Path, options: list[str], message: str
) -> None:
    """A schema that cannot be had is one line on the error channel."""
    folder = write_source(tmp_path, "lamps", LAMPS)

    said = empty_shell("plugin", "impact", str(folder), *options)

    assert (1, "", 1) == (said.code, said.out, said.err.count("\n"))
    assert message in said.err


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no lamp')", "RuntimeError: no lamp"),
        (
            "\n@hookimpl\ndef opsgraph_about():\n    return About(api='>=7')",
            "works with the plugin API >=7, and this is 1.0",
        ),
    ],
    ids=["raises", "other API"],
)
def test_a_plugin_that_would_not_load(
    empty_shell: Shell, tmp_path: Path, source: str, reason: str
) -> None:
    """A plugin that would be put aside is found out before, with its reason and exit code 1."""
    folder = write_source(tmp_path / "work", "lamps", source)

    said = empty_shell("plugin", "impact", str(folder))

    assert 1 == said.code
    assert "  would not load: " in said.out
    assert reason in said.out


def test_a_plugin_that_displaces_another(
    empty_shell: Shell, distributions: Distributions, tmp_path: Path
) -> None:
    """A plugin that takes a name first would put another one aside: its clients break."""
    distributions.install("lamps", LAMPS)
    folder = write_source(tmp_path / "work", "candles", CLASH)

    code, report = weigh(empty_shell, folder)

    assert 1 == code
    assert ["lamps"] == [*report["displaced"]]
    assert "which 'candles' has already" in report["displaced"]["lamps"]
    assert "TYPE_REMOVED" in kinds(report["impact"]["breaking"])


def test_settings_that_are_not_there_yet(empty_shell: Shell, tmp_path: Path) -> None:
    """What a plugin would change is told before its settings are; so is what they are."""
    folder = write_source(tmp_path / "work", "lamps", LAMPS + SETTINGS)

    said = empty_shell("plugin", "impact", str(folder))

    assert 1 == said.code
    assert "is not set up: OPSGRAPH_PLUGIN_LAMPS_API_KEY: Field required" in said.out
    assert "OPSGRAPH_PLUGIN_LAMPS_API_KEY (required): Key of the lamp service." in said.out
    assert "    OPSGRAPH_PLUGIN_LAMPS_LIMIT: \n" in said.out
    assert "+type LampsQuery {" in said.out


@pytest.mark.parametrize(
    ("at", "migrations", "reason"),
    [
        (None, [{"id": "lamps_0001", "message": "First tables."}], None),
        ("lamps_0001", [], None),
        ("lamps_0002", [], "its tables are at lamps_0002, which this version does not know"),
    ],
)
def test_tables_and_migrations(
    shell: Shell, tmp_path: Path, at: str | None, migrations: list[object], reason: str | None
) -> None:
    """The tables of a plugin, and the migrations that the database lacks for it."""
    folder = write_source(tmp_path / "work", "lamps", TABLES)
    (folder / "lamps" / "migrations").mkdir()
    (folder / "lamps" / "migrations" / "lamps_0001.py").write_text(MIGRATION)
    if at is not None:
        stamp(tmp_path / "data" / "opsgraph.sqlite3", at)

    code, report = weigh(shell, folder)

    [lamps] = report["plugins"]
    assert (int(reason is not None), ["lamps_lamps"]) == (code, lamps["tables"])
    assert (migrations, reason) == (lamps["migrations"], lamps["reason"])


def test_what_is_needed_besides(empty_shell: Shell, tmp_path: Path) -> None:
    """What a distribution needs and the environment lacks is named."""
    needs = (
        '"opsgraph>=99", "pydantic>=1", "no-such-thing>=2", "left-out; sys_platform == \'none\'"'
    )
    folder = write_source(tmp_path / "work", "lamps", LAMPS, needs=needs)

    code, report = weigh(empty_shell, folder)

    assert (1, ["opsgraph>=99", "no-such-thing>=2"]) == (code, report["unmet"])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere", "There is no plugin 'nowhere'"),
        ("empty", "has no pyproject.toml"),
        ("broken.whl", "broken.whl is not a wheel"),
        ("ours", "brings core, which would overwrite opsgraph's own code"),
        ("none", "brings no plugin"),
    ],
)
def test_what_cannot_be_weighed(
    empty_shell: Shell, tmp_path: Path, target: str, message: str
) -> None:
    """A target that is no plugin is refused with one line that says why."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.whl").write_text("no zip file")
    write_source(tmp_path / "ours", "core", "")
    project = write_source(tmp_path / "none", "lamps", "") / "pyproject.toml"
    project.write_text(project.read_text().replace("points.opsgraph]", "points.other]"))

    said = empty_shell("plugin", "impact", target)

    assert (1, "") == (said.code, said.out)
    assert message in said.err
    assert 1 == said.err.count("\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pip installs in a test, and finds packages: nothing leaves the test's folder."""
    pytest.importorskip("pip")
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "target"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return tmp_path / "target"


@pytest.mark.parametrize("package", ["lamps", "lamps-1.2-py3-none-any.whl"])
def test_install(
    empty_shell: Shell, tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """A wheel, or a package that pip finds, is shown, installed, and followed by what to do."""
    build_wheel(tmp_path, "lamps", LAMPS + SETTINGS, "1.2")
    monkeypatch.setenv("OPSGRAPH_PLUGINS", "torches")

    said = empty_shell("plugin", "install", package, "--yes")

    assert 0 == said.code, said.err
    assert (site / "lamps" / "__init__.py").is_file()
    assert "+type LampsQuery {" in said.out
    assert said.out.endswith(
        "Installed. Next:\n  add lamps to OPSGRAPH_PLUGINS\n  set OPSGRAPH_PLUGIN_LAMPS_API_KEY\n"
        "  restart the gateway and the workers\n"
    )


def test_install_asks(
    empty_shell: Shell, tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `--yes` a terminal is asked; anything but yes, or no terminal, installs nothing."""
    wheel = str(build_wheel(tmp_path, "lamps", LAMPS))
    master, slave = os.openpty()
    os.write(master, b"no\n")

    unasked = empty_shell("plugin", "install", wheel)
    with os.fdopen(slave) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        asked = empty_shell("plugin", "install", wheel)
    os.close(master)

    assert (1, 1) == (unasked.code, asked.code)
    assert "say --yes" in unasked.err
    assert asked.out.endswith("Install it? [y/N] Nothing was installed.\n")
    assert not site.exists()


@pytest.mark.parametrize(
    ("source", "needs", "message"),
    [
        ("raise RuntimeError('no lamp')", "", "lamps would not load; nothing was installed"),
        (LAMPS, '"opsgraph>=99"', "It is made for another version of opsgraph"),
    ],
    ids=["does not load", "other opsgraph"],
)
def test_what_is_not_installed(
    empty_shell: Shell, tmp_path: Path, site: Path, source: str, needs: str, message: str
) -> None:
    """What could not work is not installed, even with `--yes`."""
    wheel = build_wheel(tmp_path, "lamps", source, needs=needs)

    said = empty_shell("plugin", "install", str(wheel), "--yes")

    assert 1 == said.code
    assert message in said.err
    assert not site.exists()


def test_install_without_pip(
    empty_shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no pip, the impact of a wheel is shown, and the command that installs it."""
    wheel = build_wheel(tmp_path, "lamps", LAMPS)
    monkeypatch.setitem(sys.modules, "pip", None)  # type: ignore[arg-type]

    local, named = (
        empty_shell("plugin", "install", each, "--yes") for each in (str(wheel), "lamps")
    )

    assert "+type LampsQuery {" in local.out
    assert f"Run: uv pip install --python {sys.executable} --no-deps {wheel}\n" in local.err
    assert "There is no pip in this environment to fetch 'lamps'" in named.err


def test_a_package_that_pip_does_not_find(empty_shell: Shell, site: Path) -> None:
    """What pip cannot find is its own message, and ours that it failed."""
    said = empty_shell("plugin", "install", "no-such-lamps", "--yes")

    assert (1, "opsgraph: pip failed with exit code 1; see above.\n") == (said.code, said.err)


def test_migrations_that_are_broken(empty_shell: Shell, tmp_path: Path) -> None:
    """A version file that cannot be imported is found out before the upgrade meets it."""
    folder = write_source(tmp_path / "work", "lamps", TABLES)
    (folder / "lamps" / "migrations").mkdir()
    (folder / "lamps" / "migrations" / "lamps_0001.py").write_text("raise RuntimeError('dark')")

    said = empty_shell("plugin", "impact", str(folder))

    assert 1 == said.code
    assert "  would not load: its version files are broken: RuntimeError: dark" in said.out
