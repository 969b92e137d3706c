"""One environment with opsgraph's wheel and the wheels of all examples."""

import pytest

from tests.examples.environment import ROOT, Environment, build_wheel

EXAMPLES = sorted(each.parent for each in (ROOT / "examples").glob("*/pyproject.toml"))


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The environment, made once."""
    folder = tmp_path_factory.mktemp("examples")
    made = Environment.make(folder / "env")
    made.install(*(build_wheel(each, folder) for each in (ROOT, *EXAMPLES)))
    return made
