"""The check passes what the template makes, and says what is wrong with what breaks a rule."""

import sys
from collections.abc import Callable, Iterator
from importlib import invalidate_caches
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from core.errors import InputError
from core.kit import Finding, check
from core.kit.checks import CHECKS
from core.kit.postgres import MissingPostgresError, find_binaries
from core.kit.subject import load
from tests.databases import PostgresDatabases
from tests.kit.broken import BROKEN, INIT, MODELS, SCHEMA, TYPE, Broken
from tests.kit.made import Made, make_installed

_numbers = count(1)
Install = Callable[..., Made]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Makes a plugin of its own name that this process can load, after these edits."""
    known = set(sys.modules)

    def make(*edits: tuple[str, str, str]) -> Made:
        # A name of its own each time: tables cannot be forgotten once they are declared.
        made = make_installed(f"kit{next(_numbers)}", tmp_path)
        for file, old, new in edits:
            path, put = made.package / file, made.names.put
            text = path.read_text()
            assert put(old) in text, old
            path.write_text(text.replace(put(old), put(new)))
        monkeypatch.syspath_prepend(made.folder)
        invalidate_caches()
        return made

    yield make
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def find(made: Made, name: str, folder: Path) -> Finding:
    """How the plugin fares in one check."""
    loaded = load(made.names.plugin)
    [wanted] = [each for each in CHECKS if each.name == name]
    folder = folder / "check"
    folder.mkdir()
    return wanted.finding(loaded.subject(folder))


def test_the_template(tmp_path: Path) -> None:
    """A new plugin passes every check; the command says so, a line each."""
    made = make_installed("supplier-rating", tmp_path)

    said = made.run("core", "plugin", "check", "supplier-rating")

    assert (0, "") == (said.returncode, said.stderr), said.stdout
    lines = [line for line in said.stdout.splitlines() if line.startswith(("ok", "skipped"))]
    assert 1 + len(CHECKS) == len(lines)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: f"{each.check}: {each.says}")
def test_a_broken_rule(broken: Broken, install: Install, tmp_path: Path) -> None:
    """Who breaks a rule is told which, where, and what to do."""
    if broken.check.endswith("PostgreSQL"):
        try:
            find_binaries()
        except MissingPostgresError as reason:
            pytest.skip(str(reason))
    made = install(*broken.edits)

    found = find(made, broken.check, tmp_path)

    assert "failed" == found.outcome, found
    assert made.names.put(broken.says) in str(found)


def test_a_slow_start(install: Install, tmp_path: Path) -> None:
    """An import that takes longer than the budget is told with both times."""
    made = install((INIT, "from collections.abc", "import time\nfrom collections.abc"),
                   (INIT, "\n\n@hookimpl\ndef opsgraph_about",
                    "\ntime.sleep(0.25)\n\n\n@hookimpl\ndef opsgraph_about"))  # fmt: skip

    found = find(made, "start-up", tmp_path)

    assert "failed" == found.outcome
    assert "the budget is 200" in str(found)


def test_imports(install: Install, tmp_path: Path) -> None:
    """What is imported from opsgraph and not on the list of published names is told by its line."""
    made = install((SCHEMA, "import strawberry\n", "import strawberry\nimport core.db.pool\n"))

    found = find(made, "imports", tmp_path)

    assert "failed" == found.outcome
    assert 1 == len(found.details)
    assert found.details[0].startswith("schema.py:6: core.db.pool is not published")


def test_a_column_of_a_certain_form(install: Install, tmp_path: Path) -> None:
    """A column may say what its made-up values look like, so that the plugin can work with them."""
    made = install(
        (MODELS, 'text("")', 'text("", sa_column_kwargs={"info": {"sample": "7"}})'),
        (SCHEMA, TYPE, f'{TYPE}    size = computed(int, "Size.", ("comment",), int)\n'),
        (SCHEMA, "import change, column,", "import change, column, computed,"),
    )

    found = find(made, "answers", tmp_path)

    assert "ok" == found.outcome, found


def test_a_server_of_ones_own(
    install: Install,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgres_databases: PostgresDatabases,
) -> None:
    """Migrations are checked on the server that the environment names, and nothing stays there."""
    made, server = install(), postgres_databases.cluster.url("postgres", "postgres")
    monkeypatch.setenv("OPSGRAPH_CHECK_DATABASE_URL", server)

    found = find(made, "migrations on PostgreSQL", tmp_path)

    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT datname FROM pg_database").scalars().all()
    engine.dispose()
    assert "ok" == found.outcome, found
    assert [] == [name for name in names if name.startswith("opsgraph_check")]


def test_without_postgresql(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where PostgreSQL cannot be had, its check says that it was skipped, and what it needs."""
    made = install()
    monkeypatch.setitem(sys.modules, "psycopg", None)

    found = find(made, "migrations on PostgreSQL", tmp_path)

    assert "skipped" == found.outcome
    assert "pip install 'opsgraph[postgres]'" in str(found)


def test_one_that_does_not_load(install: Install) -> None:
    """A plugin that is put aside gets one finding: why."""
    made = install((INIT, "@hookimpl\ndef opsgraph_about", "def opsgraph_about"))

    found = check(made.names.plugin)

    assert [("loads", "failed")] == [(each.check, each.outcome) for each in found]
    assert "implement opsgraph_about" in str(found[0])


def test_one_that_is_not_there() -> None:
    """A name that no installed plugin has is refused."""
    with pytest.raises(InputError, match=r"No installed distribution has a plugin 'nobody'"):
        check("nobody")
