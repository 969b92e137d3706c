"""The pytest plugin: every test fails that made the product tell a secret or a personal datum.

`@pytest.mark.tells("answer", "token", reason="…")` is for a test in which something is told on
purpose to the one who may know it: through which channel, of what kinds (tests/scan/markers.py),
and why.
"""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from tests.scan.channels import CHANNELS, listen
from tests.scan.hearing import HEARING
from tests.scan.markers import KINDS
from tests.scan.rows import hear_file, hear_postgres

MARK = "tells"


class LeakError(AssertionError):
    """Something was told that must not be."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{MARK}(channel, *kinds, reason): what is told on purpose, and why"
    )
    listen()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when != "teardown":  # its report tells again what was judged already
        for _, text in report.sections:
            HEARING.hear("output", text)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Databases are read while they are there; the verdict waits for what fixtures say at last."""
    for read, place in _databases(item):
        read(place)
    yield
    told = HEARING.verdict(_allowed(item))
    if told:
        raise LeakError(f"This test made the product tell what nobody may know:\n{told}")


def _allowed(item: pytest.Item) -> set[tuple[str, str]]:
    """Channels and kinds that the test's marks name."""
    allowed: set[tuple[str, str]] = set()
    for mark in item.iter_markers(MARK):
        channel, *kinds = mark.args
        if channel not in CHANNELS or set(kinds) - set(KINDS) or not mark.kwargs.get("reason"):
            raise pytest.UsageError(
                f"{item.nodeid}: {MARK} wants a channel of {CHANNELS}, kinds of {KINDS}, a reason."
            )
        allowed |= {(channel, kind) for kind in kinds}
    return allowed


def _databases(item: pytest.Item) -> Iterator[tuple[Any, Any]]:
    """Those that the test's fixtures made: files in its folders, and PostgreSQL's."""
    values = getattr(item, "funcargs", {}).values()
    files: set[Path] = set()
    for value in values:
        if isinstance(value, Path) and value.is_dir():
            files.update(value.rglob("*.sqlite3"))
        elif isinstance(value, Settings):
            if value.database_url is None:
                files.update(value.data_dir.glob("*.sqlite3"))
            else:
                yield hear_postgres, _as_superuser(value)
    yield from ((hear_file, path) for path in sorted(files))


def _as_superuser(settings: Settings) -> str:
    """The URL of the login that row-level security does not hold."""
    assert settings.database_url is not None
    return re.sub("//[^@/]*@", "//postgres@", settings.database_url.get_secret_value(), count=1)
