"""A plugin's settings come from the environment, are typed, and keep their secrets."""

import pytest
from pydantic import SecretStr

import gateway
from core.registry import load_plugins
from tests.databases import on_sqlite
from tests.distributions import Distributions
from tests.graphql import Api
from tests.runtime.lamps import SOURCE

SECRET = "k-9f8e7d"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSGRAPH_PLUGIN_LAMPS_WATTS", "40")
    monkeypatch.setenv("OPSGRAPH_PLUGIN_LAMPS_KEY", SECRET)


@on_sqlite
@pytest.mark.anyio
async def test_resolvers_find_them(house: Api, merchant_id: int) -> None:
    """A resolver gets the values of its own plugin."""
    answer = await house.ask("{ lamps { watts } }", token=house.token(merchant_id))

    assert {"lamps": {"watts": 40}} == answer.data


def test_secrets_are_secret(distributions: Distributions) -> None:
    """A secret stands in no text of the settings, and is there for the plugin."""
    distributions.install("lamps", SOURCE)

    settings = load_plugins(gateway.BUILT_IN).settings["lamps"]

    assert SECRET not in f"{settings!r} {settings}"
    key = settings.key  # type: ignore[attr-defined]
    assert isinstance(key, SecretStr)
    assert SECRET == key.get_secret_value()


@pytest.mark.parametrize("value", ["bright", "-5"])
def test_a_value_that_does_not_fit(
    distributions: Distributions, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """The plugin is put aside with the name of the variable, not with its value."""
    monkeypatch.setenv("OPSGRAPH_PLUGIN_LAMPS_WATTS", value)
    distributions.install("lamps", SOURCE)

    state = load_plugins(gateway.BUILT_IN).plugins[-1]

    assert "Plugin 'lamps' is not set up: OPSGRAPH_PLUGIN_LAMPS_WATTS: " in f"{state.reason}"
    assert value not in f"{state.reason}"
