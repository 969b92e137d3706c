"""Third parties' clients, installed once."""

import os

import pytest

from tests.real.clients import Clients, MissingIndexError


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Clients:
    """The clients; without an index the tests are skipped, but never in CI."""
    try:
        return Clients.install(tmp_path_factory.mktemp("clients") / "env")
    except MissingIndexError as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(f"third parties' clients are not installable: {reason}")
